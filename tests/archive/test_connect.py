"""Connections to a real PostgreSQL: passwords, TLS, and errors in one line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from detector.archive.connect import connect, connect_or_fail, describe_address
from detector.archive.errors import ArchiveError
from detector.config import ArchiveSettings
from detector.embedded import free_port
from tests.servers.certificates import make_certificates
from tests.servers.postgres import RunningPostgres, running_postgres


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostgres, Path]]:
    """A server that wants TLS and a password, not of its superuser, and the authority of its certificate."""
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"), "IP:127.0.0.1")

    def prepare(data: Path) -> dict[str, str]:
        file = shutil.copy(certificates.server, data)
        shutil.chown(file, data.stat().st_uid, data.stat().st_gid)
        Path(file).chmod(0o600)
        (data / "pg_hba.conf").write_text(
            "host all postgres 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        return {"ssl": "on", "ssl_cert_file": Path(file).name, "ssl_key_file": Path(file).name}

    with running_postgres(prepare) as running:
        with running.connect("postgres") as admin:
            admin.execute("CREATE ROLE archiver LOGIN PASSWORD 'right'")
        yield running, certificates.authority


def settings(strict: tuple[RunningPostgres, Path], **others: object) -> ArchiveSettings:
    postgres, authority = strict
    own = {"username": "archiver", "password": "right", "sslmode": "verify-full"}
    return postgres.settings_of("postgres", **(own | {"ssl_cafile": authority} | others))


async def test_a_password_and_a_certificate_let_it_in(strict: tuple[RunningPostgres, Path]) -> None:
    async with await connect(settings(strict)) as connection:
        found = await connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert await found.fetchone() == (True,)


async def test_another_authority_is_refused(strict: tuple[RunningPostgres, Path], tmp_path: Path) -> None:
    other = make_certificates(tmp_path, "IP:127.0.0.1").authority
    with pytest.raises(ArchiveError, match=r"^PostgreSQL at .*certificate verify failed$"):
        await connect_or_fail(settings(strict, ssl_cafile=other))


async def test_a_wrong_password_is_one_line_that_does_not_hold_it(
    strict: tuple[RunningPostgres, Path],
) -> None:
    with pytest.raises(ArchiveError, match=r"^PostgreSQL at .*password authentication failed.*$") as refused:
        await connect_or_fail(settings(strict, password="wrong"))

    assert "wrong" not in str(refused.value)


async def test_without_tls_it_is_not_let_in(strict: tuple[RunningPostgres, Path]) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        await connect(settings(strict, sslmode="disable", ssl_cafile=None))


async def test_nobody_there_is_one_line() -> None:
    nobody = ArchiveSettings(url=f"postgresql://127.0.0.1:{free_port()}/fraud")

    with pytest.raises(ArchiveError, match=r"^PostgreSQL at 127.0.0.1:\d+/fraud: .*refused$"):
        await connect_or_fail(nobody)


def test_an_address_of_ip_version_6_stands_in_brackets() -> None:
    assert (
        describe_address(ArchiveSettings(url="postgresql://[::1]/fraud")) == "PostgreSQL at [::1]:5432/fraud"
    )
