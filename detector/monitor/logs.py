"""One shape for all logs, the libraries' included, on standard error."""

import logging
import sys
import threading
from typing import TextIO

import structlog
from structlog.types import Processor

from detector.config import LogSettings
from detector.monitor.exceptions import harmless, traced

# These may put keys and values of records into what they log below this level.
_TALKATIVE = ("aiokafka", "asyncio", "faust", "mode", "redis")
_log = logging.getLogger(__name__)


def configure_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send all logs to a stream, standard error by default: JSON lines, or for people on a terminal.

    The level counts for the detector's own loggers, those below ``detector``; all others start at WARNING,
    because libraries may log keys and values of records below it. What an exception says is left out where
    it may quote an event.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.addFilter(_without_quotes)
    handler.setFormatter(_formatter(settings, stream))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_at_least_warning(settings.level))
    logging.getLogger("detector").setLevel(settings.level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(_at_least_warning(settings.level))
    logging.captureWarnings(True)
    # Else a record whose arguments do not fit its text is written with them, past everything here.
    logging.raiseExceptions = False
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def log_what_nobody_catches() -> None:
    """Have exceptions that nobody catches logged like all others; Python itself would print what they say."""

    def log(error: BaseException | None) -> None:
        _log.critical("nobody has caught an exception", exc_info=error)

    sys.excepthook = lambda _, error, __: log(error)
    threading.excepthook = lambda thrown: log(thrown.exc_value)
    sys.unraisablehook = lambda thrown: log(thrown.exc_value)


def _without_quotes(record: logging.LogRecord) -> bool:
    """Take out of a record what may quote an event; it stays."""
    if record.name == "asyncio":
        # It writes callbacks with their arguments, tasks with their exceptions.
        record.msg, record.args = record.getMessage().partition("\n")[0].partition("(")[0], ()
    elif isinstance(record.args, tuple):
        record.args = tuple(map(harmless, record.args))
    return True


def _at_least_warning(level: str) -> int:
    return max(logging.WARNING, logging.getLevelNamesMapping()[level])


def _shared() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]


def _formatter(settings: LogSettings, stream: TextIO) -> logging.Formatter:
    terminal = stream.isatty()
    as_json = settings.format == "json" or (settings.format == "auto" and not terminal)
    shape: list[Processor] = (
        [
            structlog.processors.ExceptionRenderer(lambda thrown: traced(thrown[1])),
            structlog.processors.JSONRenderer(),
        ]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=terminal, exception_formatter=lambda out, thrown: print(traced(thrown[1]), file=out)
            )
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shape],
    )
