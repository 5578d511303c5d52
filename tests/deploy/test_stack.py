"""The stack of docker-compose.yml starts: from the image's own commands to a row that Grafana may read."""

import json
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.compose import SERVICES
from tests.deploy.stack import Stack, running_stack
from tests.integration.live import eventually

# It installs the image's packages first.
pytestmark = pytest.mark.timeout(1_200)

VICTIM = "u-of-the-test"


@pytest.fixture
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="detector-stack-", ignore_cleanup_errors=True) as folder:
        # The image's user is not ours.
        Path(folder).chmod(0o755)
        with running_stack(Path(folder)) as running:
            yield running


async def test_the_stack_starts_and_an_alert_becomes_a_row_that_grafana_reads(stack: Stack) -> None:
    # Given the topics, and after them all that waits for them
    stack.start("topics")
    await eventually(lambda: stack.has_ended_well("topics"))
    for service in ("detector", "archive", "traffic"):
        stack.start(service)
    for service in ("detector", "archive"):
        await eventually(lambda s=service: stack.is_healthy(s), 60)

    # When simulated traffic flows, and a burst of no-password debits is in it
    sent = stack.run("traffic", ["detector", "send", "-"], _burst())
    assert sent[0] == 0, sent[1]

    # Then Grafana reads the alert, with the role and the password that it is given
    with _as_grafana(stack) as grafana:
        rows = await eventually(lambda: _rows_of_the_victim(grafana))
        assert "no-password debits" in rows["no-password-burst"]
        for statement in ("DELETE FROM fraud.alerts", "CREATE TABLE fraud.mine ()", "CREATE TABLE mine ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                grafana.execute(statement)
    # And the traffic is as young as the clock
    await eventually(lambda: _sum(stack, "detector_events_total") > 100)
    assert _sum(stack, "detector_late_events_total") == 0
    assert _sum(stack, "detector_dead_letters_total") == 0

    # And all end as they are told to, in time
    assert stack.stop("traffic") == -15
    assert stack.stop("detector") == 0
    assert stack.stop("archive") == 0


def _burst() -> str:
    now = int(time.time() * 1000)
    debit = {
        "type": "debit",
        "user_id": VICTIM,
        "amount": 900,
        "currency": "CNY",
        "merchant_id": "m1",
        "auth_method": "none",
    }
    events = [debit | {"event_id": f"e{number}", "event_time": now + number} for number in range(5)]
    return "\n".join(map(json.dumps, events))


def _as_grafana(stack: Stack) -> psycopg.Connection:
    given = SERVICES["grafana"]["environment"]
    return psycopg.connect(
        host="127.0.0.1",
        port=stack.postgres.port,
        dbname=given["POSTGRES_DATABASE"],
        user=given["POSTGRES_USER"],
        password=stack.password("grafana_reader_password"),
        autocommit=True,
    )


def _rows_of_the_victim(connection: psycopg.Connection) -> dict[str, str]:
    try:
        found = connection.execute(
            "SELECT rule_id, explanation_en FROM fraud.alert_rows WHERE user_id = %s", [VICTIM]
        )
    except psycopg.errors.UndefinedTable:
        return {}
    return dict(found.fetchall())


def _sum(stack: Stack, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.ports['detector']}/metrics", timeout=5) as reply:
        families = text_string_to_metric_families(reply.read().decode())
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)
