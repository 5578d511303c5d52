"""What the log looks like, and what must never get into it."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog

from detector.config import LogSettings
from detector.monitor.logs import configure_logging

LIBRARIES = ["aiokafka", "asyncio", "faust", "mode", "redis"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    names = [*LIBRARIES, "detector"]
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers, root.level = handlers, level
    for name in names:
        logging.getLogger(name).setLevel(levels[name])
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_own_and_library_records_have_one_shape() -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)

    structlog.get_logger("detector.stream").info("assigned", partition=3)
    logging.getLogger("detector.state").info("took %s", "over")
    logging.getLogger("aiokafka.cluster").warning("no broker at %s", "h:1")

    own, plain, library = lines(stream)
    assert own.pop("timestamp") and plain.pop("timestamp") and library.pop("timestamp")
    assert own == {"event": "assigned", "partition": 3, "level": "info", "logger": "detector.stream"}
    assert plain == {"event": "took over", "level": "info", "logger": "detector.state"}
    assert library == {"event": "no broker at h:1", "level": "warning", "logger": "aiokafka.cluster"}


def test_times_are_utc() -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    logging.getLogger("detector").warning("x")

    [line] = lines(stream)
    offset = datetime.fromisoformat(str(line["timestamp"])).utcoffset()
    assert offset is not None and not offset


@pytest.mark.parametrize(
    "library", [*LIBRARIES, "faust.transport.consumer", "aiokafka.consumer.fetcher", "any"]
)
def test_libraries_cannot_log_keys_and_values_even_at_debug(library: str) -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(level="DEBUG"), stream)

    logging.getLogger(library).debug("record k=%r v=%r", b"user-1", b"{}")
    logging.getLogger(library).info("record k=%r v=%r", b"user-1", b"{}")

    assert stream.getvalue() == ""


def test_the_level_counts_for_the_detectors_own_loggers() -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(level="DEBUG"), stream)
    logging.getLogger("detector.x").debug("seen")
    configure_logging(LogSettings(level="ERROR"), stream)
    logging.getLogger("detector.x").warning("not seen")
    logging.getLogger("faust").warning("not seen")

    assert [line["event"] for line in lines(stream)] == ["seen"]


def test_an_exception_is_one_line_of_json() -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger("detector").exception("failed")

    [line] = lines(stream)
    assert "ValueError: wrong" in str(line["exception"])


def test_a_terminal_gets_colours_and_a_pipe_gets_json() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        configure_logging(LogSettings(format="auto"), stream)
        logging.getLogger("detector").warning("seen")

    assert "\x1b[" in terminal.getvalue()
    assert [line["event"] for line in lines(pipe)] == ["seen"]


def test_the_console_format_in_a_pipe_has_no_colours() -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(format="console"), stream)
    logging.getLogger("detector").warning("seen")

    assert "seen" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


def test_nothing_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings())
    logging.getLogger("detector").error("seen")
    print("data")

    output = capsys.readouterr()
    assert output.out == "data\n"
    assert json.loads(output.err)["event"] == "seen"


def test_warnings_of_python_are_lines_too() -> None:
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging(LogSettings(), stream)
        warnings.warn("old", UserWarning, stacklevel=1)
        logging.captureWarnings(False)

    [line] = lines(stream)
    assert "old" in str(line["event"])
