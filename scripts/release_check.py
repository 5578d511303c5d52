"""Looks at the locked packages before a release: are any known to be vulnerable, and what is in it (an SBOM).

Run by `make release-check`, in an environment that has `pip-audit` and `cyclonedx-py`. Every fault is a
line on stderr; exit 1 where there is one, also where nothing could be asked.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

LOCK = Path("requirements.lock")
_BIN = Path(sys.executable).parent
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Locked(NamedTuple):
    """A locked package: its version, and the SHA-256 of each of its files."""

    version: str
    hashes: frozenset[str]


def locked_in(text: str) -> dict[str, Locked]:
    """The packages of a lock, by name."""
    _, *parts = _PINNED.split(text)
    return {
        name: Locked(version, frozenset(_HASH.findall(rest)))
        for name, version, rest in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


def faults_of_sbom(sbom: Mapping[str, Any], locked: Mapping[str, Locked]) -> list[str]:
    """What a CycloneDX document leaves out of a lock, or has beside it."""
    told = {
        part["name"]: Locked(
            part["version"],
            frozenset(
                found["content"] for place in part["externalReferences"] for found in place.get("hashes", ())
            ),
        )
        for part in sbom["components"]
    }
    differing = [name for name in locked.keys() | told.keys() if told.get(name) != locked.get(name)]
    without = [name for name, package in locked.items() if not package.hashes]
    return [
        *(f"{name}: the SBOM does not say what the lock says" for name in sorted(differing)),
        *(f"{name}: the lock has no hash" for name in sorted(without)),
    ]


def faults_of_audit(report: Mapping[str, Any]) -> list[str]:
    """Known vulnerabilities in what `pip-audit` reports, and packages of which nothing could be learnt."""
    packages = report["dependencies"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped and len(skipped) == len(packages):
        return ["nothing was audited: the vulnerability service cannot be reached, or knows no package"]
    return [
        *(f"{name}: could not be audited" for name in skipped),
        *(
            f"{package['name']} {package['version']}: {found['id']}, mended in "
            f"{', '.join(found['fix_versions']) or 'no release yet'}"
            for package in packages
            for found in package.get("vulns", ())
        ),
    ]


def audit(folder: Path) -> list[str]:
    """Ask for known vulnerabilities of what is locked."""
    report = folder / "audit.json"
    report.unlink(missing_ok=True)
    command = ["pip-audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"]
    options = ["--progress-spinner", "off", "--format", "json", "--output", str(report)]
    done = _run([*command, *options])
    if not report.exists():
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return [f"nothing was audited: pip-audit ended with exit code {done.returncode}: {reason}"]
    return faults_of_audit(json.loads(report.read_text()))


def write_sbom(path: Path) -> list[str]:
    """Write the SBOM of what is locked, and look whether it is whole."""
    options = ["--pyproject", "pyproject.toml", "--output-reproducible", "--output-file", str(path)]
    done = _run(["cyclonedx-py", "requirements", str(LOCK), *options])
    if done.returncode:
        return [f"no SBOM: {done.stderr.strip()}"]
    return faults_of_sbom(json.loads(path.read_text()), locked_in(LOCK.read_text()))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(_BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False)


def main() -> None:
    """Check both, and end with 1 where something is wrong."""
    build, dist = Path("build"), Path("dist")
    for folder in (build, dist):
        folder.mkdir(exist_ok=True)
    sbom = dist / "sbom.cdx.json"
    faults = write_sbom(sbom)
    print(f"{sbom}: {len(locked_in(LOCK.read_text()))} packages", file=sys.stderr)
    faults += audit(build)
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
