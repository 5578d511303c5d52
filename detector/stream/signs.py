"""Signs of life: what shows that the worker's parts work, and since when each has not been seen.

Whatever the cause of a stall, a sign of life is missing; so no list of causes need be complete. After
`UNREADY_AFTER_S` without one the worker is unready, and says why. After `ENDS_AFTER_S` its process is ended,
also where Kafka or Redis is what does not answer. That loses nothing, for both hold all that counts. From
inside, an outage looks like a client that has lost its way: clients were seen to stay silent after all
brokers had been away, and they go on asking at addresses that they learnt before. A new process looks the
addresses up anew, and one that ends is noticed by whoever runs it. A shorter outage is waited out.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

UNREADY_AFTER_S = 10.0
ENDS_AFTER_S = 60.0
_GROUP_SLACK_S = 8.0


class Sign(StrEnum):
    """What must be seen again and again; the value says what it means that it is not."""

    REDIS = "Redis has given no usable answer"
    KAFKA = "Kafka has not told the ends of its logs"
    GROUP = "the consumer group has not given this worker its partitions"
    FLOW = "partitions are assigned, but taking them over has not come to an end"
    RECORDS = "Kafka has more records, but none was processed"


_NAMES = {
    Sign.REDIS: "redis",
    Sign.KAFKA: "kafka",
    Sign.GROUP: "partitions",
    Sign.FLOW: "partitions",
    Sign.RECORDS: "records",
}


class Stall(NamedTuple):
    """How long a sign of life has been missing; the process must end when that is longer than the limit.

    `name` is that of the part which it tells of.
    """

    name: str
    reason: str
    seconds: float
    limit_s: float


class Signs:
    """Remembers when each sign was last seen; the main loop notes them, any thread may ask.

    Args:
        heartbeat_age: seconds since the main loop last ran, the sign that all others hang on.
        session_s: for how long the group believes in a member that is dead.
        clock: monotonic seconds, the one that the heartbeat's age is told by.
    """

    def __init__(
        self,
        heartbeat_age: Callable[[], float],
        session_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeat_age = heartbeat_age
        self._clock = clock
        self._seen = dict.fromkeys(Sign, clock())
        self._details: dict[Sign, str] = {}
        # All wait while a member that hangs does not join: until its watchdog has ended it, and the group has
        # given up the session of the dead. That is no fault of those who wait.
        self._limits = {Sign.GROUP: ENDS_AFTER_S + session_s + _GROUP_SLACK_S}

    def seen(self, sign: Sign, at: float | None = None) -> None:
        """Note that a sign is seen now, or was when it was last looked for."""
        self._details.pop(sign, None)
        self._seen[sign] = self._clock() if at is None else at

    def missed(self, sign: Sign, detail: str) -> None:
        """Note that a sign was looked for and is missing, and what is known of that; it is published."""
        self._details[sign] = detail

    def now(self) -> float:
        """The time by the clock of the signs."""
        return self._clock()

    def stalls(self) -> list[Stall]:
        """How long each has been missing.

        The main loop notes the others, so their time counts up to its last heartbeat: if it hangs, that is
        all that is known.
        """
        age = self._heartbeat_age()
        stuck = Stall("main loop", f"the main loop has been stuck for {age:.0f} s", age, ENDS_AFTER_S)
        last_beat = self._clock() - age
        return [stuck, *(self._stall(sign, max(0.0, last_beat - at)) for sign, at in self._seen.items())]

    def _stall(self, sign: Sign, seconds: float) -> Stall:
        detail = self._details.get(sign)
        reason = f"{sign} for {seconds:.0f} s" + (f": {detail}" if detail else "")
        return Stall(_NAMES[sign], reason, seconds, self._limits.get(sign, ENDS_AFTER_S))
