"""``mx.log``: loggers that say level, time and place of each record."""

from __future__ import annotations

import logging
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "getLogger", "get_logger"]

_FORMAT = "%(levelname).1s%(asctime)s %(process)d %(pathname)s:%(funcName)s:%(lineno)d] %(message)s"
_CONFIGURED: set[str] = set()


def get_logger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """The logger of a name; the first call for it gives it a level and a handler, of a file or of standard error."""
    logger = logging.getLogger(name)
    if name is None or name in _CONFIGURED:
        return logger
    _CONFIGURED.add(name)
    handler: logging.Handler
    handler = logging.FileHandler(filename, filemode or "a") if filename else logging.StreamHandler()
    if not filename:
        handler.setFormatter(logging.Formatter(_FORMAT, "%m%d %H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(level)
    return logger


def getLogger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """:func:`get_logger`, by its former name."""
    warnings.warn("getLogger is deprecated, Use get_logger instead.", DeprecationWarning, stacklevel=2)
    return get_logger(name, filename, filemode, level)
