"""Everything that is logged, by whomever: by structlog, and through the standard module at whatever level is set."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from collab.logs import configure_logging
from collab.settings import LogLevel

_OWN_WAYS = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "collab.socketio", "engineio", "socketio")
"""Loggers that may not pass on to the root what they are told."""


class Log:
    """What has been logged so far, as text."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@contextmanager
def logged(level: LogLevel = "DEBUG") -> Iterator[Log]:
    """The log of the block, as a server that is set to that level writes it."""
    log = Log()
    before = structlog.get_config()
    handler = logging.StreamHandler(log.stream)
    root_level = logging.getLogger().level
    configure_logging(level)
    logging.getLogger().setLevel("INFO" if level == "DEBUG" else "WARNING")
    # A cached logger would write into this log for ever.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log.stream), cache_logger_on_first_use=False)
    for name in _OWN_WAYS:
        logging.getLogger(name).addHandler(handler)
    try:
        yield log
    finally:
        for name in _OWN_WAYS:
            logging.getLogger(name).removeHandler(handler)
        logging.getLogger().setLevel(root_level)
        structlog.configure(**before)
