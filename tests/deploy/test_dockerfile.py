"""The Dockerfile: what it may and may not do. test_stack.py does what it says, and runs what comes of it."""

import re

import pytest

from detector.config import HttpSettings
from tests.deploy.detector_files import ROOT, assert_command_exists
from tests.deploy.dockerfile import Stage, arguments, stages

STAGES = stages()
LAST = STAGES[-1]
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]


def _named(name: str) -> Stage:
    [found] = [stage for stage in STAGES if stage.name == name]
    return found


def test_every_stage_stands_on_the_one_base_or_on_another_stage() -> None:
    names = {stage.name for stage in STAGES}
    bases = {stage.base.replace("${CORE}", arguments()["CORE"]) for stage in STAGES}
    assert bases - names == {"${PYTHON_IMAGE}"}
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", arguments()["PYTHON_IMAGE"])


def test_both_cores_can_be_asked_for() -> None:
    cores = {stage.name.removeprefix("core-") for stage in STAGES if stage.name.startswith("core-")}
    assert cores == {"interpreted", "compiled"}
    assert arguments()["CORE"] in cores
    [wheel] = [
        run.text for run in _named("core-compiled").of("RUN") if "pip --python /opt/tools wheel" in run.text
    ]
    assert wheel.startswith("HATCH_BUILD_HOOK_ENABLE_MYPYC=1 ")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name or "image")
def test_pip_takes_from_an_index_what_a_lock_names_with_its_hash_and_nothing_else(stage: Stage) -> None:
    for run in stage.of("RUN"):
        for command in re.split(r"&&", run.text):
            if " install " in command and "pip " in command:
                assert "--no-deps" in command
                is_ours = command.strip().endswith((" .", "/dist/*.whl"))
                assert is_ours or "--require-hashes --only-binary :all:" in command, command


def test_what_is_copied_is_there_and_is_not_ignored() -> None:
    copied = [word for stage in STAGES for copy in stage.of("COPY") for word in copy.text.split()[:-1]]
    sources = {word for word in copied if not word.startswith(("--from", "/opt"))}
    assert sources
    assert IGNORED[0] == "*"
    allowed = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    assert allowed == sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_has_no_compiler_and_no_cache() -> None:
    commands = " ".join(run.text for run in LAST.of("RUN"))
    assert not re.search(r"\b(apt-get|pip|gcc|curl)\b", commands)
    assert [copy.text for copy in LAST.of("COPY")] == ["--from=core /opt/detector /opt/detector"]
    assert _named("packages").environment()["PIP_NO_CACHE_DIR"] == "1"


def test_the_image_runs_the_worker_as_nobody_in_particular() -> None:
    [user] = LAST.of("USER")
    uid, gid = user.text.split(":")
    assert int(uid) > 0 and int(gid) > 0
    [account] = [run.text for run in LAST.of("RUN") if "useradd" in run.text]
    assert f"--gid {gid} " in account and f"--uid {uid} " in account
    [entrypoint], [command] = LAST.of("ENTRYPOINT"), LAST.of("CMD")
    assert entrypoint.words() == ["detector"]
    assert_command_exists(command.words())
    last_run = max(number for number, found in enumerate(LAST.instructions) if found.name == "RUN")
    assert LAST.instructions.index(user) < last_run, "whether it starts is tried as another user"


def test_the_address_is_seen_from_outside_and_the_health_check_asks_there() -> None:
    assert LAST.environment()["DETECTOR_HTTP__HOST"] == "0.0.0.0"
    port = HttpSettings().port
    assert [expose.text for expose in LAST.of("EXPOSE")] == [str(port)]
    [check] = LAST.of("HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/livez" in check.text
