"""What a command says that asks Kafka in vain."""

import pytest

from detector.cli.kafka import answered
from detector.config import KafkaSettings
from detector.stream import checks


@pytest.fixture(autouse=True)
def _a_broker_lets_us_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async def let_in(kafka: KafkaSettings) -> None:
        pass

    monkeypatch.setattr(checks, "wait_for_kafka", let_in)


def test_a_fault_without_words_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    async def ask() -> None:
        raise TimeoutError

    with pytest.raises(SystemExit) as ended:
        answered(KafkaSettings(), ask)
    assert (ended.value.code, capsys.readouterr().err) == (1, "TimeoutError\n")


def test_who_stops_to_read_is_no_fault_of_kafka() -> None:
    async def ask() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        answered(KafkaSettings(), ask)
