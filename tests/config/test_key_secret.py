"""The secret that keeps ids out of the names of keys in Redis."""

from pathlib import Path

import pytest

from detector.config import ConfigError, describe, load_settings

SECRET = "0123456789abcdef" * 2


def test_it_may_come_from_a_file_and_is_masked(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    settings = load_settings(None, {"redis": {"key_secret_file": str(tmp_path / "key")}})
    assert settings.redis.key_secret is not None
    assert settings.redis.key_secret.get_secret_value() == SECRET
    assert SECRET not in describe(settings) + repr(settings)


def test_one_that_is_quickly_guessed_is_refused_and_not_told() -> None:
    with pytest.raises(ConfigError, match=r"fewer than 32 characters.*openssl rand -hex 32") as refused:
        load_settings(None, {"redis": {"key_secret": SECRET[:31]}})
    assert SECRET[:31] not in str(refused.value)
