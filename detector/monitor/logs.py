"""One shape for all logs, the libraries' included, on standard error."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.types import Processor

from detector.config import LogSettings

# These may put keys and values of records into what they log below this level.
_TALKATIVE = ("aiokafka", "asyncio", "faust", "mode", "redis")


def configure_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send all logs to a stream, standard error by default: JSON lines, or for people on a terminal.

    The level counts for the detector's own loggers, those below ``detector``; all others start at WARNING,
    because libraries may log keys and values of records below it.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(settings, stream))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_at_least_warning(settings.level))
    logging.getLogger("detector").setLevel(settings.level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(_at_least_warning(settings.level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


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
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shape],
    )
