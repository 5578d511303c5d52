"""The end of every run: all is processed, what was counted is told, and what stands is judged."""

from collections.abc import Iterable

from tests.faults.load import Event, Load, record
from tests.faults.oracle import Expected
from tests.faults.verdict import Verdict, verdict
from tests.integration.live import Live

_DRAIN_S = 90.0


async def send(live: Live, events: Iterable[Event]) -> int:
    """Send events to the topics of their types; gives how many."""
    return await live.send_records((live.topic(event["type"]), *record(event)) for event in events)


async def settled(live: Live, sent: Load, expected: Expected, seconds: float = _DRAIN_S) -> Verdict:
    """Let the workers finish, ask what was counted, and judge; `sent` has been sent but for its audit."""
    await let_finish(live, sent, seconds)
    return await verdict(live, sent.log, expected)


async def let_finish(live: Live, sent: Load, seconds: float = _DRAIN_S) -> None:
    """Let the workers finish, and have them tell what they counted; fails where they take longer."""
    await live.has_drained(seconds)
    await send(live, sent.audit)
    await live.has_drained(seconds)
