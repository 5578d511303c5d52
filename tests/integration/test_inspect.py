"""`detector inspect` on a real Redis after a live worker: it finds the key, and changes nothing."""

import json
import time
from typing import Any

from tests.integration.live import Live, Worker

MINUTE = 60_000


def debits(n: int, user: str, start: int, **fields: Any) -> list[dict[str, Any]]:
    paid = {"type": "debit", "amount": 900, "currency": "CNY", "merchant_id": "shop", "auth_method": "none"}
    return [
        {
            "event_id": f"{user}-{number}",
            "event_time": start + number * 1000,
            "user_id": user,
            **paid,
            **fields,
        }
        for number in range(n)
    ]


def face_too_late(user: str, start: int) -> list[dict[str, Any]]:
    common = {"user_id": user}
    return [
        {"event_id": "s", "type": "remote_session_started", "event_time": start, "session_id": "x", **common},
        {
            "event_id": "f",
            "type": "face_verification",
            "event_time": start + 30 * MINUTE + 40_000,
            "result": "passed",
            **common,
        },
    ]


def contents(live: Live) -> dict[bytes, Any]:
    """All that Redis holds, histories byte for byte."""
    with live.state() as client:
        return {key: client.dump(key) for key in client.scan_iter(f"{live.prefix}:*") if b":turn" not in key}


async def test_what_a_live_worker_keeps_of_users_and_merchants_is_explained(
    live: Live, worker: Worker
) -> None:
    start = int(time.time() * 1000) - 60 * MINUTE
    await live.send([*debits(5, "burst", start), *debits(4, "nearly", start), *face_too_late("faced", start)])
    await live.has_drained()
    worker.stop()
    before = contents(live)

    burst = json.loads(live.command("inspect", "burst", "--explain", "no-password-burst", "--json").stdout)
    [held] = burst["held"]
    assert held["event"]["event_id"] == "burst-4"
    assert held["said"]["stands"]
    assert held["said"]["revision"] == 1

    nearly = live.command("inspect", "nearly", "--explain", "no-password-burst", "--lang", "en")
    assert (nearly.returncode, nearly.stderr) == (0, "")
    assert "✗ count 4 of 5 (1 short)" in nearly.stdout

    faced = live.command("inspect", "faced", "--lang", "en")
    assert "1 of 3 steps completed; face_verification came 40 s too late" in faced.stdout

    shop = json.loads(live.command("inspect", "shop", "--by", "merchant_id", "--json").stdout)
    assert shop["events_total"] == 9
    [surge] = [rule for rule in shop["rules"] if rule["rule_id"] == "merchant-surge"]
    assert surge["window"]["latest"]["watches"][0]["total"] == 9

    then = live.command("inspect", "faced", "--at", "s", "--lang", "en")
    assert "user_id faced: events in the history: 1" in then.stdout
    assert then.stderr.startswith("Redis keeps events only as long as rules can still need them")

    nobody = live.command("inspect", "nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr == "Redis has no history of user_id nobody; of a merchant: --by merchant_id\n"
    assert contents(live) == before


async def test_an_alert_is_explained_from_what_redis_keeps(live: Live, worker: Worker) -> None:
    start = int(time.time() * 1000) - 60 * MINUTE
    await live.send(debits(5, "burst", start))
    await live.has_drained()
    tailed = await live.read("alerts")
    [alert] = [json.loads(record.value) for record in tailed]
    file = live.folder / "alerts.ndjson"
    file.write_text(json.dumps(alert))

    done = live.command("alerts", "explain", alert["alert_id"], "--alerts", str(file), "--json")

    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data["doubts"] == []
    [held] = data["explanation"]["held"]
    assert (held["alert_id"], held["event"]["event_id"]) == (alert["alert_id"], "burst-4")


async def test_with_a_key_secret_the_key_is_found_with_it_alone(live: Live) -> None:
    live.extra["DETECTOR_REDIS__KEY_SECRET"] = "a secret of thirty-two characters"
    running = live.start()
    try:
        await running.ready()
        await live.send(debits(2, "burst", int(time.time() * 1000)))
        await live.has_drained()
        assert (
            "user_id burst: events in the history: 2"
            in live.command("inspect", "burst", "--lang", "en").stdout
        )
        del live.extra["DETECTOR_REDIS__KEY_SECRET"]
        without = live.command("inspect", "burst")
    finally:
        running.kill()
    assert without.returncode == 1
    assert without.stderr.startswith("the state was written with a redis.key_secret")


async def test_without_a_redis_it_is_one_line(live: Live) -> None:
    live.extra["DETECTOR_REDIS__URL"] = "redis://127.0.0.1:1/0"
    done = live.command("inspect", "u1")
    assert done.returncode == 1
    assert done.stderr.startswith("Redis at 127.0.0.1:1 gave no usable answer for 10 s")
    assert len(done.stderr.splitlines()) == 1
