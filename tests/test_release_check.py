"""What `make release-check` makes of a lock, an SBOM and an audit; the tools themselves need the network."""

from pathlib import Path
from typing import Any

import pytest

from scripts.release_check import Locked, faults_of_audit, faults_of_sbom, locked_in

ROOT = Path(__file__).parents[1]
LOCKS = [*ROOT.glob("requirements*.lock"), ROOT / "bench/peers/requirements.txt"]
ONE, TWO = "1" * 64, "2" * 64
LOCK = f"""\
aiokafka[lz4]==0.14.0 ; sys_platform != 'win32' \\
    --hash=sha256:{ONE} \\
    --hash=sha256:{TWO}
    # via streaming-fraud-detector (pyproject.toml)
redis==8.0.1 \\
    --hash=sha256:{TWO}
"""
LOCKED = {"aiokafka": Locked("0.14.0", frozenset({ONE, TWO})), "redis": Locked("8.0.1", frozenset({TWO}))}


def component(name: str, version: str, *hashes: str) -> dict[str, Any]:
    found = [{"alg": "SHA-256", "content": digest} for digest in hashes]
    return {"name": name, "version": version, "externalReferences": [{"url": "any", "hashes": found}]}


WHOLE = [component("aiokafka", "0.14.0", TWO, ONE), component("redis", "8.0.1", TWO)]


def test_a_lock_is_read_with_versions_and_hashes() -> None:
    assert locked_in(LOCK) == LOCKED


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_in_every_lock_has_hashes_and_no_lock_an_address(path: Path) -> None:
    text = path.read_text()
    locked = locked_in(text)
    # Whatever begins a line is a package.
    assert len(locked) == sum(line[:1].isalnum() for line in text.splitlines())
    assert all(package.hashes for package in locked.values())
    assert "://" not in text


def test_an_sbom_that_says_what_the_lock_says_has_no_fault() -> None:
    assert faults_of_sbom({"components": WHOLE}, LOCKED) == []


@pytest.mark.parametrize(
    ("components", "name"),
    [
        ([component("aiokafka", "0.14.0", ONE, TWO)], "redis"),
        ([component("aiokafka", "0.14.0", ONE, TWO), component("redis", "8.0.2", TWO)], "redis"),
        ([component("aiokafka", "0.14.0", ONE), component("redis", "8.0.1", TWO)], "aiokafka"),
        ([*WHOLE, component("more", "1", ONE)], "more"),
    ],
)
def test_an_sbom_that_says_else_is_named(components: list[dict[str, Any]], name: str) -> None:
    assert faults_of_sbom({"components": components}, LOCKED) == [
        f"{name}: the SBOM does not say what the lock says"
    ]


def test_a_lock_without_a_hash_is_named() -> None:
    bare = {"redis": Locked("8.0.1", frozenset())}
    sbom = {"components": [component("redis", "8.0.1")]}
    assert faults_of_sbom(sbom, bare) == ["redis: the lock has no hash"]


def test_an_audit_tells_what_is_vulnerable_and_where_that_is_mended() -> None:
    report = {
        "dependencies": [
            {"name": "redis", "version": "8.0.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["8.0.2"]}]},
            {"name": "yarl", "version": "1.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]},
            {"name": "rich", "version": "15.0.0", "vulns": []},
            {"name": "other", "skip_reason": "not found"},
        ]
    }
    assert faults_of_audit(report) == [
        "other: could not be audited",
        "redis 8.0.1: PYSEC-1, mended in 8.0.2",
        "yarl 1.0: PYSEC-2, mended in no release yet",
    ]
    assert faults_of_audit({"dependencies": report["dependencies"][2:3]}) == []


def test_an_audit_that_learnt_nothing_is_no_pass() -> None:
    [fault] = faults_of_audit({"dependencies": [{"name": "redis", "skip_reason": "not found"}]})
    assert "nothing was audited" in fault
