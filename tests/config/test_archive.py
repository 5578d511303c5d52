"""The settings of the archive."""

from pathlib import Path
from typing import Any

import pytest

from detector.config import ArchiveSettings, ConfigError, describe, load_settings


def load(**archive: Any) -> ArchiveSettings:
    return load_settings(None, {"archive": archive}).archive


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = load()

    assert (settings.address, settings.database) == (("localhost", 5432), "fraud")
    assert (settings.group, settings.http_port, settings.sslmode) == ("fraud-archive", 8081, "prefer")
    assert settings.keep == 400 * 86_400_000


def test_a_url_names_host_port_and_database() -> None:
    settings = load(url="postgresql://[::1]:6432/alerts")

    assert (settings.address, settings.database) == (("::1", 6432), "alerts")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("postgresql://u:secret@h/fraud", "leave user and password out of it"),
        ("postgresql://h:5432", "expected postgresql://HOST:PORT/DATABASE"),
        ("postgresql:///fraud", "expected postgresql://HOST:PORT/DATABASE"),
        ("postgres://h/fraud", "expected postgresql://HOST:PORT/DATABASE"),
        ("postgresql://h/fraud?sslmode=disable", "options in the URL are not read"),
        ("postgresql://h:99999/fraud", "out of range"),
    ],
)
def test_another_url_is_refused(url: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault) as refused:
        load(url=url)

    assert "secret" not in str(refused.value)


def test_a_certificate_is_checked_against_an_authority_or_not_at_all(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("-")
    with pytest.raises(ConfigError, match="sslmode verify-full needs ssl_cafile"):
        load(sslmode="verify-full")
    with pytest.raises(ConfigError, match="ssl_cafile would not be used with sslmode require"):
        load(sslmode="require", ssl_cafile=authority)

    assert load(sslmode="verify-ca", ssl_cafile=authority).ssl_cafile == authority


def test_keeping_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="keep 0s would delete each alert"):
        load(keep="0s")


def test_the_password_is_masked_and_an_unknown_key_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")

    settings = load_settings(None, {"archive": {"username": "a", "password_file": str(secret)}})

    assert settings.archive.password is not None
    assert settings.archive.password.get_secret_value() == "hunter2"
    assert "hunter2" not in describe(settings)
    assert "password: '**********'" in describe(settings)
    with pytest.raises(ConfigError, match=r"archive.user: no such setting; did you mean username\?"):
        load(user="a")
