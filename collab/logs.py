"""Logging: structlog, one line an event, on standard error. No payload and no token is ever logged.

Where nobody reads standard error any more, lines are lost, and nothing else is: an edit is told of after its commit.
Lines say in whose name something happens: `session_id` for an event of a client, `request_id` for a REST call.
"""

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from collab.domain.strings import escaped
from collab.settings import LogFormat, LogLevel

_SHOWN = 300
"""How much of an exception's message is logged."""


class _StandardError(io.TextIOBase):
    """Standard error, whoever closed it: a process may begin without one, and its reader may end before it."""

    def __init__(self) -> None:
        self._stream: TextIO | None = sys.stderr

    def isatty(self) -> bool:
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.flush()


def configure_logging(level: LogLevel, log_format: LogFormat = "console") -> None:
    """Sets up logging for a process that is collab's own; a host application keeps its own."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(exception_text),
        # JSON escapes by itself.
        *([_escape] if log_format == "console" else []),
    ]
    stream = cast("TextIO", _StandardError())
    renderer = _renderer(log_format, stream)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard module, and say a lot that only a developer wants to know.
    logging.basicConfig(
        handlers=[_handler(shared, renderer, stream)], level="INFO" if level == "DEBUG" else "WARNING", force=True
    )


def _renderer(log_format: LogFormat, stream: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(sort_keys=False)
    # Exceptions are text by now. The renderer's own way with them would show local variables: payloads and tokens.
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _escape(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A path or a name that somebody made up tells the operator's terminal nothing. Tracebacks keep their lines."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = "\n".join(map(escaped, value.split("\n"))) if name == "exception" else escaped(value)
    return event


def _handler(shared: list[Processor], renderer: Processor, stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    return handler


def exception_text(exc_info: ExcInfo) -> str:
    """A traceback without the source's values: of each message the first line alone.

    What follows in the messages of databases and validators are the values that they did not like.
    """
    return "".join(_lines(exc_info[1])).rstrip()


def _lines(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before)
        yield "\nwhich led to\n\n"
    yield from traceback.format_tb(error.__traceback__)
    message = str(error).partition("\n")[0]
    yield f"{type(error).__qualname__}: {message[:_SHOWN]}\n"
