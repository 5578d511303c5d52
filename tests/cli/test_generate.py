"""`detector generate` at the pace of life."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest


def test_with_a_rate_each_event_is_printed_when_it_happens() -> None:
    options = ("--users", "100", "--events", "100000", "--fraud", "0.1", "--rate", "10")
    command = [sys.executable, "-m", "detector", "generate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as generate:
        assert generate.stdout is not None
        delays = []
        for _ in range(15):
            event = json.loads(generate.stdout.readline())
            delays.append(time.time() - event["event_time"] / 1000)
        generate.kill()
    # A buffer that is not flushed would hold back hundreds of events, ten a second.
    assert all(0 <= delay < 3 for delay in delays), delays


def test_a_rate_that_leaves_no_time_for_frauds_is_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "detector", "generate", "--events", "20000", "--rate", "50"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "frauds need" in done.stderr
    assert done.stderr.count("\n") == 1


def generate(*options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "detector", "generate", *options]
    return subprocess.run(command, capture_output=True, check=False)


def test_without_options_the_traffic_is_what_it_was() -> None:
    printed = generate().stdout
    assert printed.count(b"\n") == 20_000
    assert hashlib.sha256(printed).hexdigest().startswith("a998c73334c083f8")


def test_the_scenario_set_is_printed_in_the_order_of_arrival_with_a_label_for_each_event(
    tmp_path: Path,
) -> None:
    labels = tmp_path / "labels.ndjson"
    size = ("--users", "500", "--events", "3000", "--fraud", "0.04")
    done = generate("--scenarios", "lost-phone:retries,slow-drip:late", *size, "--labels", str(labels))
    assert done.returncode == 0
    events = [json.loads(line) for line in done.stdout.splitlines()]
    labelled = [json.loads(line) for line in labels.read_bytes().splitlines()]
    assert len(events) == 3_000
    assert {(one["kind"], one["variant"]) for one in labelled} == {
        ("lost-phone", "retries"),
        ("slow-drip", "late"),
    }
    ids = [one["event_id"] for one in labelled]
    assert len(set(ids)) == len(ids), "an event that is sent twice has one label"
    assert set(ids) <= {event["event_id"] for event in events}
    times = [event["event_time"] for event in events]
    assert times != sorted(times)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            ("--scenarios", "lost-fone"),
            1,
            "'lost-fone' is no kind of fraud; there are: all, no-password-burst",
        ),
        (("--scenarios", "all", "--rate", "5"), 2, "leave out --rate, or --scenarios"),
        (("--look-alikes", "1"), 2, "with --scenarios"),
        (
            ("--scenarios", "all", "--fraud", "1"),
            1,
            "1000 frauds do not fit into 20000 events (room for 333)",
        ),
    ],
)
def test_a_set_that_cannot_be_is_refused(options: tuple[str, ...], code: int, message: str) -> None:
    done = generate(*options)
    assert done.returncode == code
    assert message in done.stderr.decode()
    assert done.stdout == b""
