"""With its core compiled the detector means the same."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from detector.simulate import Traffic, simulate
from tests.integration.live import Live, alert_ids
from tests.integration.test_crash import expected_ids
from tests.servers.compiled import compiled_code, with_code

ROOT = Path(__file__).parents[2]
# An engine of compiled code takes no weak reference, by which this one sees that it is gone.
NOT_COMPILED = (
    "tests/core/test_list_conditions.py"
    "::test_an_engine_that_is_replaced_is_gone_at_once_and_its_lists_with_it"
)
TESTS = (
    "tests/core",
    "tests/state/test_codec.py",
    "tests/properties/test_meaning.py",
    "tests/properties/test_rounds.py",
)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled_code(tmp_path_factory.mktemp("code"))


def test_the_tests_of_the_core_and_those_against_the_twin_pass_with_it(code: Path, tmp_path: Path) -> None:
    # Given the tests beside nothing but the compiled code
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")
    environment = os.environ | with_code(code)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--deselect", NOT_COMPILED, *TESTS],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3_000:]


async def test_a_worker_raises_the_alerts_of_a_backtest_that_is_interpreted(live: Live, code: Path) -> None:
    events = [item.event for item in simulate(Traffic(users=1_000, events=20_000, seed=9, fraud=0.05))]
    await live.send(events)
    worker = live.start(**with_code(code))
    try:
        await worker.ready()
        assert "detector started, compiled" in worker.log.read_text()
        await live.has_drained()
        assert worker.stop() == 0
    finally:
        worker.kill()
    standing, _ = alert_ids(await live.read("alerts"))
    assert standing == expected_ids(events)


def test_what_every_event_goes_through_is_compiled_and_no_class_of_msgspec_is(code: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    compiled = [module for module in code.rglob("*.py") if list(module.parent.glob(f"{module.stem}.*.so"))]
    assert len(compiled) >= len(hook["include"])
    assert not [module.name for module in compiled if "msgspec.Struct" in module.read_text()]
