"""How a peer is watched."""

import time
from itertools import chain, repeat
from pathlib import Path

import pytest

from bench import peer as measured
from bench.errors import BenchFailed
from bench.peer import PeerRun, Watch
from bench.peer_programs import PeerName, Program, Work, programs
from bench.peer_runs import PeerRuns, too_short
from bench.peers.progress import Progress, read_progress
from detector.embedded.process import running_server


class Reader:
    """The ids of alerts in portions, one a look, then nothing more."""

    def __init__(self, *portions: set[str]) -> None:
        self._portions = chain(portions, repeat(set()))

    def take(self, seconds: float) -> set[str]:
        time.sleep(0.01)
        return next(self._portions)


def work(folder: Path) -> Work:
    return Work("127.0.0.1:1", "events", "alerts", folder)


def run_of(rate: float, cpu: float, redis: float = 0.0) -> PeerRun:
    return PeerRun(1_000, 1_000 / rate, cpu, redis, None)


def test_progress_is_told_while_events_are_counted(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress")
    assert read_progress(tmp_path / "progress") == 0
    for _ in range(3):
        progress.count()
    deadline = time.monotonic() + 10
    while read_progress(tmp_path / "progress") != 3:
        assert time.monotonic() < deadline


def test_a_file_that_says_nothing_yet_is_no_progress(tmp_path: Path) -> None:
    (tmp_path / "progress").touch()
    assert read_progress(tmp_path / "progress") == 0


def test_the_clock_stops_when_all_events_are_done_and_all_alerts_are_there(tmp_path: Path) -> None:
    work(tmp_path).progress.write_text("9\n")
    with running_server(["sleep", "600"], tmp_path, lambda: True, timeout=10) as group:
        watch = Watch("peer", work(tmp_path), group, Reader(set(), {"a"}, {"a", "b"}))
        look = watch.until(9, {"a", "b"}, 10)
    assert look.events == 9
    assert watch.ids == {"a", "b"}


def test_a_peer_that_stops_in_its_tracks_is_no_measure(tmp_path: Path) -> None:
    work(tmp_path).progress.write_text("4\n")
    with running_server(["sleep", "600"], tmp_path, lambda: True, timeout=10) as group:
        watch = Watch("peer", work(tmp_path), group, Reader({"a"}))
        with pytest.raises(
            BenchFailed, match=r"^peer came to a stop at 4 events, 1 alerts missing: no output$"
        ):
            watch.until(9, {"a", "b"}, 0.2)


def test_a_peer_that_ended_is_told_with_its_last_words(tmp_path: Path) -> None:
    work(tmp_path).progress.write_text("4\n")
    command = ["sh", "-c", "echo the broker is gone; exit 1"]
    with running_server(
        command, tmp_path, lambda: work(tmp_path).log.stat().st_size > 0, timeout=10
    ) as group:
        watch = Watch("peer", work(tmp_path), group, Reader())
        with pytest.raises(BenchFailed, match=r"^peer ended: the broker is gone$"):
            watch.until(9, (), 10)


@pytest.mark.parametrize(
    ("done", "found", "message"),
    [
        (11, {"a"}, "decided on 11 events where there are 10"),
        (10, {"a", "b"}, "not those of a backtest over the same events: 1 too many"),
    ],
)
def test_what_did_other_work_is_no_measure(done: int, found: set[str], message: str) -> None:
    with pytest.raises(BenchFailed, match=message):
        measured.check_last("peer", done, 10, found, {"a"})


def test_a_first_look_that_shows_most_of_the_events_is_no_measure() -> None:
    measured.check_first("peer", 2, 10)
    with pytest.raises(BenchFailed, match="take more --events"):
        measured.check_first("peer", 3, 10)


def test_a_peers_rates_are_the_medians_of_its_runs() -> None:
    runs = PeerRuns("peer", "1", 7, [run_of(10, 2), run_of(30, 4, redis=1), run_of(20, 5, redis=5)])
    assert (runs.rate, runs.cpu_rate, runs.whole_cpu_rate) == (20, 250, 200)


def test_runs_that_end_before_a_peer_has_often_written_its_state_are_told() -> None:
    runs = PeerRuns("quix", "1", 7, [run_of(1_000 / 24, 1), run_of(10, 1)])
    told = too_short(Program("quix", "1", lambda _: [], 5.0), runs)
    assert told is not None
    assert "every 5 s" in told
    assert "a run of 24 s" in told
    assert too_short(Program("quix", "1", lambda _: [], 4.0), runs) is None
    assert too_short(Program("quix", "1", lambda _: []), runs) is None


def test_a_peer_that_cannot_be_had_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(BenchFailed, match=r"^mvn is not on PATH: .*JDK 17.*--peer[^\n]*$"):
        programs([PeerName.FLINK_HEAP])


def test_packages_that_cannot_be_installed_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(
        BenchFailed, match=r"^the peers' packages cannot be installed \(no output\): .*--peer[^\n]*$"
    ):
        programs([PeerName.QUIX])
    # Nothing is left that would pass for an environment.
    assert list((tmp_path / "cache").glob("*/*")) == []


def test_every_peer_has_a_version_and_a_command(tmp_path: Path) -> None:
    found = programs([PeerName.FAUST])
    assert [(type(program), program.name) for program in found] == [(Program, "faust")]
    assert "bench.peers.faust_app" in found[0].command(work(tmp_path))
