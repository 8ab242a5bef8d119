"""Logging of supervisor and workers: structlog to standard error, for a person or as lines of JSON."""

import logging
import sys
from typing import Any, TextIO

import structlog

__all__ = ["InvalidLog", "configure", "logger"]

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
FORMATS = ("console", "json")


class InvalidLog(ValueError):
    """A value of ``OFFBOARD_LOG`` that cannot be understood."""


def parse(text: str) -> tuple[int, str]:
    """``LEVEL[,FORMAT]`` as a level of :mod:`logging` and a format.

    Raises:
        InvalidLog: it is not of that form.
    """
    level, _, chosen = (part.strip().lower() for part in text.partition(","))
    level, chosen = level or "info", chosen or "console"
    if level not in LEVELS or chosen not in FORMATS:
        raise InvalidLog(
            f"log: {text!r} is not LEVEL[,FORMAT]: levels {', '.join(LEVELS)}; formats {', '.join(FORMATS)}"
        )
    return LEVELS[level], chosen


def configure(text: str, stream: TextIO | None = None, **bound: object) -> None:
    """Sends all logs of this process, those of :mod:`logging` included, to ``stream`` (default: standard error).

    Args:
        text: ``LEVEL[,FORMAT]``.
        stream: where to.
        bound: said with every line, like the accelerator's id.
    """
    level, chosen = parse(text)
    target = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(default=str)]
        if chosen == "json"
        else [structlog.dev.ConsoleRenderer(colors=target.isatty())]
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _add(bound)],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Libraries that narrate at info what we say ourselves, or what nobody asks.
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "asyncio", "httpx"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, _add(bound), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> Any:
    """A logger: ``logger(__name__).info("what happened", key=value)``."""
    return structlog.stdlib.get_logger(name)


def _add(bound: dict[str, object]) -> Any:
    def add(_: object, __: str, event: dict[str, object]) -> dict[str, object]:
        return {**bound, **event}

    return add
