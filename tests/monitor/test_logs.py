"""What the log looks like, and what must never get into it."""

import asyncio
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import pytest
import structlog
from aiokafka.errors import TopicAuthorizationFailedError

from detector.config import LogSettings
from detector.monitor.logs import configure_logging
from detector.state.errors import StateError

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
    raising = logging.raiseExceptions
    yield
    logging.raiseExceptions = raising
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


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_says_where_and_not_what_it_may_have_quoted(form: Literal["json", "console"]) -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(format=form), stream)
    try:
        try:
            {}["user-1"]
        except KeyError as error:
            raise ValueError("user-1") from error
    except ValueError:
        logging.getLogger("detector").exception("failed")

    said = stream.getvalue()
    assert "KeyError" in said and "ValueError" in said and "test_logs.py" in said
    assert said.count("user-1") == 2, "once on each line of code"
    assert form == "console" or len(lines(stream)) == 1


@pytest.mark.parametrize(
    "error",
    [
        TopicAuthorizationFailedError("payments"),
        ConnectionRefusedError("at payments"),
        StateError("payments"),
    ],
)
def test_an_exception_that_quotes_no_event_is_told_whole(error: Exception) -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    logging.getLogger("detector").error("failed", exc_info=error)
    logging.getLogger("detector").error("failed: %r", error)

    traced, told = lines(stream)
    assert "payments" in str(traced["exception"])
    assert "payments" in str(told["event"])


def test_what_led_to_an_exception_is_left_out_where_its_author_says_so() -> None:
    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    try:
        try:
            {}["user-1"]
        except KeyError:
            raise StateError("cannot be read") from None
    except StateError:
        logging.getLogger("detector").exception("failed")

    assert "cannot be read" in stream.getvalue() and "KeyError" not in stream.getvalue()


async def _failed(task: asyncio.Future[None]) -> asyncio.Future[None]:
    await asyncio.wait({task})
    task.exception()
    return task


async def test_an_argument_that_quotes_is_named_by_its_class() -> None:
    async def fail() -> None:
        raise KeyError("user-1")

    stream = io.StringIO()
    configure_logging(LogSettings(), stream)
    task = await _failed(asyncio.ensure_future(fail()))
    logging.getLogger("mode").error("crashed: %r, %r", KeyError("user-1"), task)
    logging.getLogger("mode").error("of %(number)d", {"number": 7})

    crashed, plain = lines(stream)
    assert "KeyError" in str(crashed["event"]) and "Task" in str(crashed["event"])
    assert plain["event"] == "of 7"
    assert "user-1" not in stream.getvalue()


def test_a_record_that_cannot_be_written_is_dropped_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(), io.StringIO())
    logging.getLogger("faust").error("%d records", "user-1")

    assert capfd.readouterr().err == ""


def test_what_nobody_catches_is_logged_like_all_else() -> None:
    done = subprocess.run([sys.executable, "-c", _UNCAUGHT], capture_output=True, text=True, check=False)

    logged = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["event"]) for line in logged] == [
        ("critical", "nobody has caught an exception")
    ] * 3
    assert ["in __del__" in line["exception"] for line in logged] == [True, False, False]
    assert "user-1" not in done.stderr


_UNCAUGHT = """
import threading
from detector.config import LogSettings
from detector.monitor.logs import configure_logging, log_what_nobody_catches

def fail(text):
    raise KeyError(text)

class Fragile:
    def __del__(self):
        fail(NAME)

NAME = "user-{}".format(1)
configure_logging(LogSettings())
log_what_nobody_catches()
Fragile()
thread = threading.Thread(target=fail, args=(NAME,))
thread.start()
thread.join()
fail(NAME)
"""


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
