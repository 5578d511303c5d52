"""`detector generate` at the pace of life."""

import json
import subprocess
import sys
import time


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
