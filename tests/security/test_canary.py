"""What users' events hold is found in no log, metric, probe or header, whatever happens to the worker."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
import redis

from detector.embedded import free_port
from tests.integration.live import Live, Worker, eventually, live_on
from tests.security.canaries import (
    HEADER_VALUE,
    MARK,
    People,
    bad_records,
    canary,
    ended,
    leaks,
    records,
    send_all,
)
from tests.servers.kafka import RunningKafka
from tests.servers.redis import own_redis
from tests.servers.topics import Topics
from tests.stream.given import TRACE

ADDED_TO_DEAD_LETTERS = {
    "__connect.errors.topic",
    "__connect.errors.partition",
    "__connect.errors.offset",
    "__connect.errors.exception.class.name",
    "__connect.errors.exception.message",
    "detector.reason",
}
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
BY_DEVICE = f"""
id: watched-device
by: user_id
window:
  event: debit
  where: {{device_id: {{in_list: watched}}, card_id: "{canary("card_id")}"}}
  within: 1h
when: {{count: {{gte: 2}}}}
tests:
  - name: two on a watched device fire
    lists: {{watched: [d1]}}
    events: [{{at: 0s, type: debit, device_id: d1, card_id: "{canary("card_id")}", repeat: 2, every: 1m}}]
    alerts: [{{at: 1m}}]
"""


@pytest_asyncio.fixture
async def live(kafka: RunningKafka, redis_url: str, topics: Topics, tmp_path: Path) -> AsyncIterator[Live]:
    async with live_on(kafka.bootstrap, redis_url, topics, tmp_path) as found:
        yield found


def served(worker: Worker) -> list[str]:
    """All that the worker serves: metrics in both formats, probes."""
    request = urllib.request.Request(f"{worker.url}/metrics", headers={"Accept": OPENMETRICS})
    with urllib.request.urlopen(request, timeout=5) as reply:
        assert reply.headers["Content-Type"].startswith("application/openmetrics-text")
        openmetrics = reply.read().decode()
    return [openmetrics, *(worker.get(path) or "" for path in ("/metrics", "/readyz", "/livez"))]


def quiet(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """A command that has ended, without a canary in what it said beside its data."""
    assert leaks(done.stderr) == []
    return done


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
async def test_nothing_of_any_event_is_told_but_in_alerts_and_dead_letters(live: Live, level: str) -> None:
    # Given lists that hold canaries, a rule that asks one, and a worker that logs at this level
    live.extra["DETECTOR_LOG__LEVEL"] = level
    live.use_rules(**{"watched-device": BY_DEVICE})
    quiet(live.command("lists", "set", "watched", canary("device")))
    quiet(live.command("lists", "set", "user_tier", f"{canary('user')}=elderly"))
    with ended(live.start()) as worker:
        await worker.ready()

        # When all that can come comes, and rules and lists change amid it
        people = People()
        expected = await send_all(live, people)
        await live.has_drained()
        quiet(live.command("lists", "set", "watched", canary("another-device")))
        (live.folder / "rules" / "watched-device.yaml").write_text(BY_DEVICE.replace("gte: 2", "gte: 99"))
        worker.process.send_signal(signal.SIGHUP)
        await eventually(lambda: worker.metric("detector_rules_reload_total", outcome="refused"))
        await live.send(people.burst("after-reload", minute=60))
        await live.has_drained()

        # Then the dead letters are as they came, and what was added to them holds none of it
        letters = await live.read("dead_letters")
        reasons: dict[str, int] = {}
        for letter in letters:
            added = [pair for pair in letter.headers if pair[0] in ADDED_TO_DEAD_LETTERS]
            assert letter.headers[:-6] == ((f"{MARK}-name", HEADER_VALUE), ("traceparent", TRACE))
            assert {name for name, _ in added} == ADDED_TO_DEAD_LETTERS
            assert [leaks(value) for _, value in added] == [[]] * 6
            reason = dict(added)["detector.reason"].decode()
            reasons[reason] = reasons.get(reason, 0) + 1
        assert reasons == expected
        assert leaks(quiet(live.command("dead-letters", "show", "--json")).stdout) == []

        # And alerts are raised and withdrawn, whose headers hold none of it either
        alerts = await live.read("alerts")
        told = [json.loads(alert.value) for alert in alerts]
        assert {"raised", "withdrawn"} == {alert["status"] for alert in told}
        assert {"watched-device", "no-password-burst"} <= {alert["rule_id"] for alert in told}
        for alert in alerts:
            assert leaks(repr(alert.headers)) == []
        assert any(alert["entity"] == {"user_id": canary("after-reload")} for alert in told)

        # And nothing that is served, to the end of the log
        for text in served(worker):
            assert leaks(text) == []
        assert worker.stop() == 0


async def test_a_header_that_is_no_trace_does_not_pass_into_an_alert(live: Live) -> None:
    with ended(live.start()) as worker:
        await worker.ready()
        await live.send(People().burst(), headers=[("traceparent", HEADER_VALUE)])
        await live.has_drained()
        [alert, *_] = await live.read("alerts")
        assert leaks(repr(alert.headers)) == []


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        ("round_breaks", "in fail"),
        ("task_breaks", "in fail"),
        ("callback_breaks", "in fail"),
        ("thread_breaks", "in fail"),
        ("deletion_breaks", "in __del__"),
        ("publisher_breaks", "in fail"),
    ],
)
async def test_an_error_that_quotes_events_is_logged_without_them(live: Live, fault: str, place: str) -> None:
    with ended(live.start(module="tests.security.broken", FAULT=fault)) as worker:
        await worker.ready()
        await live.send(People().burst())
        await eventually(lambda: worker.process.poll() is not None)
        assert worker.process.returncode == 1
        # The log names the error and where it was raised.
        assert "KeyError" in worker.log.read_text()
        assert place in worker.log.read_text()


@pytest.mark.parametrize("role", ["alerts", "dead_letters"])
async def test_a_record_that_kafka_refuses_is_not_quoted(live: Live, topics: Topics, role: str) -> None:
    live.names[role] = await topics("narrow", partitions=4, max_message_bytes="10")
    with ended(live.start()) as worker:
        await worker.ready()
        people = People()
        await live.send(people.burst())
        await live.send_records(records(live.names["payments"], bad_records(people)))
        await eventually(lambda: worker.process.poll() is not None, 60)
        assert "MessageSizeTooLarge" in worker.log.read_text()


async def test_a_worker_that_is_killed_amid_alerts_and_its_heir_tell_nothing(live: Live) -> None:
    # Given a worker that died when it had committed alerts and not published them
    people = People()
    with ended(live.start(module="tests.security.broken", FAULT="publisher_breaks")) as worker:
        await worker.ready()
        await live.send([*people.burst(), *people.remote_session()])
        await eventually(lambda: worker.process.poll() is not None)
    # Then one that breaks over them when it takes the partition says what broke, and nothing of them
    with ended(live.start(module="tests.security.broken", FAULT="takeover_breaks")) as worker:
        await eventually(lambda: worker.process.poll() is not None)
        assert "could not be read or reached: KeyError" in worker.log.read_text()
    # And its heir publishes them
    with ended(live.start(DETECTOR_LOG__LEVEL="DEBUG")) as heir:
        await heir.ready()
        assert "alerts left over" in heir.log.read_text()


async def test_a_worker_whose_redis_goes_away_tells_nothing(live: Live, tmp_path: Path) -> None:
    with own_redis(tmp_path) as port:
        live.redis_url = f"redis://127.0.0.1:{port}/0"
        with ended(live.start(module="tests.security.broken", FAULT="impatient")) as worker:
            await worker.ready()
            with redis.Redis(port=port) as client:
                client.shutdown(nosave=True)
            await live.send(People().burst())
            await eventually(lambda: worker.process.poll() is not None, 60)
            assert "gave no usable answer" in worker.log.read_text()


def _forbid_set(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-set")


def _forbid_keys(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "resetkeys", "~nothing")


@pytest.mark.parametrize("forbid", [_forbid_set, _forbid_keys])
async def test_a_redis_that_refuses_a_command_is_not_quoted(live: Live, tmp_path: Path, forbid) -> None:
    with own_redis(tmp_path) as port:
        live.redis_url = f"redis://127.0.0.1:{port}/0"
        with ended(live.start()) as worker:
            await worker.ready()
            with redis.Redis(port=port) as client:
                forbid(client)
            await live.send(People().burst())
            await eventually(lambda: worker.process.poll() is not None)
            assert "refused a command" in worker.log.read_text()


def _break_history(client: redis.Redis, key: bytes) -> None:
    client.set(key, f'"{canary("history")}"')


def _break_outbox(client: redis.Redis, key: bytes) -> None:
    client.rpush(key.partition(b"}")[0] + b"}:outbox", f'["{canary("entry")}"]')


@pytest.mark.parametrize("spoil", [_break_history, _break_outbox])
async def test_state_that_cannot_be_read_is_not_quoted(live: Live, spoil) -> None:
    # Given state that a worker left, and that something else has written to
    people = People()
    with ended(live.start()) as worker:
        await worker.ready()
        await live.send(people.burst())
        await live.has_drained()
        assert worker.stop() == 0
    with live.state() as client:
        spoil(client, next(client.scan_iter(f"{live.prefix}:*:h:{canary('user')}")))
    # Then the next one ends, and names neither the user nor what is there
    with ended(live.start()) as heir:
        await live.send(people.burst(minute=10))
        await eventually(lambda: heir.process.poll() is not None, 60)
        assert heir.process.returncode == 1
        assert heir.log.read_text().strip()


def _lines(folder: Path) -> str:
    file = folder / "events.ndjson"
    values: Sequence[bytes] = [bad.value for bad in bad_records(People()) if bad.value is not None]
    file.write_bytes(b"\n".join(values))
    return str(file)


async def test_commands_quote_nothing_of_what_they_refuse(live: Live) -> None:
    # Of events
    events = _lines(live.folder)
    sent = quiet(live.command("send", events))
    assert (sent.returncode, sent.stderr.count("bad_field")) == (1, 13)
    tested = quiet(live.command("backtest", "--events", events, "--strict"))
    assert tested.returncode == 1 and "refused lines" in tested.stderr
    # Of lists
    members = live.folder / "members.csv"
    members.write_text(f"{canary('user')}\n{canary('user')},{canary('tier')}\n")
    assert quiet(live.command("lists", "import", "user_tier", str(members))).returncode == 1
    assert quiet(live.command("lists", "remove", "watched", canary("user"))).returncode == 1
    assert quiet(live.command("lists", "get", "watched", canary("user"))).returncode == 1
    # Of a topic of alerts that holds something else
    await live.send_records([(live.names["alerts"], canary("key").encode(), canary("value").encode())])
    command = [sys.executable, "-m", "detector", "alerts", "tail", "--from-beginning"]
    with subprocess.Popen(command, env=live.environment(), stderr=subprocess.PIPE, text=True) as tail:
        assert tail.stderr is not None
        assert leaks(tail.stderr.readline()) == []
        tail.terminate()


async def test_a_start_that_is_refused_tells_nothing(live: Live) -> None:
    # Given state, lists and an address that a worker refuses, one after the other
    quiet(live.command("lists", "set", "user_tier", f"{canary('user')}=elderly"))
    with live.state() as client:
        [key] = client.scan_iter(f"{live.prefix}:*:m:user_tier:*")
        client.hset(key, canary("user"), canary("tier"))
    refusals = [quiet(live.command("run"))]
    quiet(live.command("lists", "delete", "user_tier"))
    live.use_rules(**{"watched-device": BY_DEVICE.replace("gte: 2", "gte: 99")})
    refusals.append(quiet(live.command("run")))
    live.redis_url = f"redis://127.0.0.1:{free_port()}/0"
    refusals.append(quiet(live.command("run")))
    assert [refusal.returncode for refusal in refusals] == [1, 1, 1]
    assert "user_tier" in refusals[0].stderr
    assert "watched-device" in refusals[1].stderr
