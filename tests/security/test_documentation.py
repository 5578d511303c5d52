"""What docs/security.md tells to set."""

import re
import subprocess
from pathlib import Path

from detector.config import load_settings
from tests.security.platform import ANALYST, DEPLOY, EDITOR, PASSWORDS, WORKER, redis_users

TEXT = (DEPLOY.parent / "docs" / "security.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_the_settings_are_accepted_and_name_the_shipped_users(tmp_path: Path) -> None:
    [text] = blocks("yaml")
    for path in set(re.findall(r"file: (\S+)$", text, flags=re.MULTILINE)):
        here = tmp_path / Path(path).name
        here.write_text("any")
        text = text.replace(path, str(here))
    file = tmp_path / "detector.yaml"
    file.write_text(text)
    settings = load_settings(file, {})
    assert settings.kafka.uses_tls
    assert settings.redis.uses_tls
    assert settings.kafka.sasl_username == settings.redis.username == settings.kafka.group == WORKER


def test_passwords_come_into_the_users_of_redis_as_shown(tmp_path: Path) -> None:
    [command] = [block for block in blocks("sh") if "users.acl" in block]
    (tmp_path / "deploy").symlink_to(DEPLOY)
    (tmp_path / "worker-password").write_text(PASSWORDS[WORKER] + "\n")
    (tmp_path / "lists-password").write_text(PASSWORDS[EDITOR] + "\n")
    (tmp_path / "analyst-password").write_text(PASSWORDS[ANALYST] + "\n")
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    made = (tmp_path / "users.acl").read_text().splitlines()
    assert made == redis_users().splitlines()[:-1]
