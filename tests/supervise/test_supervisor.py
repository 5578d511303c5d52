"""Who is started when, and with which exit code it all ends."""

import signal
from collections.abc import Mapping

import pytest

from detector.supervise import supervisor as module
from detector.supervise.supervisor import Supervisor


class Clock:
    """Time that goes on while the supervisor sleeps, and what happens at which second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: dict[int, list] = {}

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        before, self.now = int(self.now), self.now + seconds
        if int(self.now) != before:
            for event in self.events.pop(int(self.now), []):
                event()


class Given:
    """A worker whose end and readiness the test decides."""

    def __init__(self, log: list[str], name: str, ready: bool, code: int | None) -> None:
        self.log, self.name, self.ready, self.code = log, name, ready, code
        log.append(f"{name} starts")

    def exit_code(self) -> int | None:
        return self.code

    def reasons(self) -> Mapping[str, str]:
        return {} if self.ready else {"partitions": "none yet"}

    def send(self, number: signal.Signals) -> None:
        self.log.append(f"{self.name} {number.name}")

    def end(self, seconds: float) -> None:
        self.log.append(f"{self.name} ends")


class Stage:
    """Workers are named by the order of their starts; `plans` say how each is from the start."""

    def __init__(self, clock: Clock, *plans: tuple[bool, int | None]) -> None:
        self.clock, self.log, self.started, self._plans = clock, [], [], list(plans)

    def start(self) -> Given:
        ready, code = self._plans.pop(0) if self._plans else (True, None)
        self.log.append(f"at {self.clock.now:.0f}")
        self.started.append(Given(self.log, f"w{len(self.started) + 1}", ready, code))
        return self.started[-1]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    given = Clock()
    monkeypatch.setattr(module, "time", given)
    return given


def test_the_others_start_when_the_first_is_ready_and_all_end_together(clock: Clock) -> None:
    stage = Stage(clock, (False, None))
    supervisor = Supervisor(stage.start, 3)
    clock.events = {5: [lambda: setattr(stage.started[0], "ready", True)], 8: [supervisor.stop]}

    assert supervisor.run(lambda: None) == 0

    starts = ["at 0", "w1 starts", "at 5", "w2 starts", "at 5", "w3 starts"]
    ends = [f"w{n} SIGTERM" for n in (1, 2, 3)] + [f"w{n} ends" for n in (1, 2, 3)]
    assert stage.log == starts + ends


def test_where_the_first_is_refused_no_other_is_started(clock: Clock) -> None:
    stage = Stage(clock, (False, 2))

    assert Supervisor(stage.start, 3).run(lambda: None) == 2

    assert stage.log == ["at 0", "w1 starts", "w1 SIGTERM", "w1 ends"]


def test_who_ends_later_is_started_again_after_pauses_that_grow_until_it_is_ready(clock: Clock) -> None:
    # Given a second worker that ends, and ends again each time before it is ready
    stage = Stage(clock, (True, None), (True, None), *[(False, 1)] * 5, (True, None), (True, None))
    supervisor = Supervisor(stage.start, 2)
    clock.events = {
        10: [lambda: setattr(stage.started[1], "code", 70)],
        60: [lambda: setattr(stage.started[-1], "code", 70)],
        70: [supervisor.stop],
    }

    assert supervisor.run(lambda: None) == 0

    times = [float(line.removeprefix("at ")) for line in stage.log if line.startswith("at ")]
    pauses = [after - before for before, after in zip([10, *times[2:]], times[2:], strict=False)]
    assert pauses[:6] == pytest.approx([1, 2, 4, 8, 10, 10], abs=1)
    # When it has been ready in between, the pause is short again
    assert times[-1] == pytest.approx(61, abs=1)
