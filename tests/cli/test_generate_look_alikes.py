"""`detector generate --look-alike-labels`: which events are of a look-alike, in a file of its own."""

import json
import subprocess
import sys
from pathlib import Path

GENERATE = (sys.executable, "-m", "detector", "generate")


def lines_of(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


def test_look_alikes_are_told_in_a_file_that_holds_no_fraud(tmp_path: Path) -> None:
    labels, alike = tmp_path / "labels.ndjson", tmp_path / "alike.ndjson"
    asked = ("--scenarios", "all", "--users", "600", "--events", "6000", "--fraud", "0.01")
    options = (*asked, "--labels", str(labels), "--look-alike-labels", str(alike))
    done = subprocess.run([*GENERATE, *options], capture_output=True, text=True, check=True)
    users = {event["event_id"]: event["user_id"] for event in lines_of(done.stdout)}
    told = lines_of(alike.read_text())
    assert {"taxi-driver", "canteen-guest"} <= {one["look_alike"] for one in told}
    assert all(users[one["event_id"]] == one["user_id"] for one in told)
    frauds = {label["event_id"] for label in lines_of(labels.read_text())}
    assert frauds
    assert not frauds & {one["event_id"] for one in told}


def test_a_file_that_cannot_be_written_and_plain_traffic_are_refused(tmp_path: Path) -> None:
    unwritable = str(tmp_path / "none" / "alike.ndjson")
    for options, code in (
        (("--scenarios", "all", "--look-alike-labels", unwritable), 1),
        (("--labels", unwritable), 1),
        (("--look-alike-labels", str(tmp_path / "alike.ndjson")), 2),
    ):
        done = subprocess.run([*GENERATE, *options], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert not done.stdout
