"""The settings in force, as `config show` prints them."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from detector.config import Settings, describe, load_settings


def test_secrets_are_masked_wherever_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    monkeypatch.setenv("DETECTOR_REDIS__SENTINEL_PASSWORD", "hunter2")
    redis = {"password": "hunter2"}
    kafka = {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_username": "detector",
        "sasl_password_file": str(secret),
    }

    text = describe(load_settings(None, {"redis": redis, "kafka": kafka}))

    assert "hunter2" not in text
    assert text.count("'**********'") == 3


def test_each_setting_says_where_it_came_from_unless_it_is_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "detector.yaml"
    file.write_text("log:\n  level: DEBUG\n")
    monkeypatch.setenv("DETECTOR_HTTP__PORT", "9000")

    text = describe(load_settings(file, {"http": {"host": "0.0.0.0"}}))
    lines = [" ".join(line.split()) for line in text.splitlines()]

    assert f"level: DEBUG # {file}:2" in lines
    assert "port: 9000 # environment DETECTOR_HTTP__PORT" in lines
    assert "host: 0.0.0.0 # command line" in lines
    assert "format: auto" in lines


def test_what_is_shown_can_be_read_back(tmp_path: Path) -> None:
    file = tmp_path / "detector.yaml"
    file.write_text(describe(load_settings(None, {"state": {"allowed_lateness": "90s"}})))

    shown = load_settings(file, {})

    assert shown.state.allowed_lateness == 90_000
    assert shown.kafka == Settings().kafka
    assert set(YAML(typ="safe").load(file)) == set(Settings.model_fields)


@pytest.mark.parametrize(
    ("written", "shown"), [("60s", "1m"), ("90s", "90s"), ("48h", "2d"), ("0s", "0s"), ("1500ms", "1500ms")]
)
def test_a_duration_is_shown_in_the_largest_unit_that_divides_it(written: str, shown: str) -> None:
    text = describe(load_settings(None, {"state": {"keep_after": written}}))

    assert f"keep_after: {shown} " in text
