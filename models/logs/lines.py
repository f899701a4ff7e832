"""How the lines of a process look: each has a UTC time, a level, a logger, an event and what is bound (see `context`).

Our modules log by the standard library, as libraries do: structlog renders the lines of both, so that they look alike.
"""

from __future__ import annotations

import logging
from logging.config import dictConfig
from typing import Any

from structlog import contextvars, dev, processors, stdlib
from structlog.typing import EventDict, Processor

from models.settings import settings

ROOMS = ("models", "channels", "agents", "workers", "ingress", "auth")  # LOG_LEVEL is for what we say ourselves
OUTPUT = "output"  # the handler: the error output, also where a library has put something in its place
FACTS: tuple[Processor, ...] = (
    processors.TimeStamper(fmt="iso", utc=True),
    stdlib.add_log_level,
    stdlib.add_logger_name,
    contextvars.merge_contextvars,
)
FIRST = ("timestamp", "level", "logger", "event")


def _in_order(_logger: object, _method: str, line: EventDict) -> EventDict:
    """The time first, so that `sort` orders lines of several files."""
    return {**{name: line[name] for name in FIRST}, **line}


# A trace of calls is text: it must never hold the values of variables, as structlog's default would if `rich` is installed.
RENDERERS: dict[str, tuple[Processor, ...]] = {
    "console": (dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=dev.plain_traceback),),
    "json": (processors.format_exc_info, _in_order, processors.JSONRenderer()),
}


def configure(**loggers: dict[str, Any]) -> None:
    """Sets up this process's logging as LOG_LEVEL and LOG_FORMAT say; libraries' warnings and errors are logged, too.

    `loggers`: more of them, as `logging.config.dictConfig` takes them. It may be called again.
    """
    logging.captureWarnings(True)
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {
                OUTPUT: {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.__stderr__"}
            },
            "root": {"level": "WARNING", "handlers": [OUTPUT]},
            "loggers": {room: {"level": settings().log_level} for room in ROOMS} | loggers,
        }
    )


def formatter() -> logging.Formatter:
    """The formatter of LOG_FORMAT."""
    rendering = (stdlib.ProcessorFormatter.remove_processors_meta, *RENDERERS[settings().log_format])
    return stdlib.ProcessorFormatter(processors=rendering, foreign_pre_chain=FACTS)
