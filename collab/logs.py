"""Logging: structlog, one line an event, on standard error. No payload and no token is ever logged.

Where nobody reads standard error any more, lines are lost, and nothing else is: an edit is told of after its commit.
Lines say in whose name something happens: `session_id` for an event of a client, `request_id` for a REST call.
Of one sort of line only so many come through (`LineRates`).
"""

import io
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO, cast

import structlog
from cachetools import LRUCache
from structlog.typing import EventDict, ExcInfo, Processor

from collab.domain.rates import Bucket, Rate
from collab.domain.strings import escaped
from collab.settings import LogFormat, LogLevel

_SHOWN = 300
"""How much of an exception's message is logged."""

_MAX_VALUE = 2_000
"""How many characters of any other text are logged: a path that somebody made up may be of 64 kB."""

_RATE = Rate(per_s=5, burst=200)
"""Lines of one sort."""

_PEER_RATE = Rate(per_s=0.2, burst=10)
"""Those of them that one peer gives cause for: a session, or an address where there is none."""

_MAX_SORTS = 1_000
_MAX_PEERS = 5_000
"""Peers and sorts whose rates are remembered: those that were heard of last."""


class LineRates:
    """Lets so many lines of each sort through, so that nobody who makes the server say something fills its disk; and of
    one peer few of them, so that nobody silences what others give cause for.

    Lines are of one sort that say the same beside their values. The next one that comes through says how many did not.
    `now_s` is a clock that only runs on. Lines for debugging are not counted: who wants them wants all.
    """

    def __init__(
        self, rate: Rate = _RATE, now_s: Callable[[], float] = time.monotonic, peer_rate: Rate = _PEER_RATE
    ) -> None:
        self._rate = rate
        self._peer_rate = peer_rate
        self._now_s = now_s
        self._sorts: LRUCache[str, _Sort] = LRUCache(_MAX_SORTS)
        self._peers: LRUCache[tuple[str, str], Bucket] = LRUCache(_MAX_PEERS)

    def processor(self, _logger: object, method: str, event: EventDict) -> EventDict:
        """For structlog's lines."""
        if method != "debug":
            left_out = self._left_out(str(event.get("event")), _peer(event))
            if left_out is None:
                raise structlog.DropEvent
            if left_out:
                event["left_out"] = left_out
        return event

    def filter(self, record: logging.LogRecord) -> bool:
        """For the lines of the standard module."""
        if record.levelno > logging.DEBUG:
            left_out = self._left_out(str(record.msg), _peer({}))
            if left_out is None:
                return False
            if left_out:
                record.msg = f"{record.msg} ({left_out} more were left out)"
        return True

    def _left_out(self, says: str, peer: str | None) -> int | None:
        """How many lines of that sort were left out before this one; None where it is left out too."""
        now_s, name = self._now_s(), says[:_SHOWN]
        sort = self._sorts.setdefault(name, _Sort(Bucket(self._rate, now_s)))
        buckets = [sort.bucket]
        if peer is not None:
            buckets.append(self._peers.setdefault((peer, name), Bucket(self._peer_rate, now_s)))
        if any(bucket.wait_s(now_s) > 0 for bucket in buckets):
            sort.left_out += 1
            return None
        for bucket in buckets:
            bucket.spend()
        left_out, sort.left_out = sort.left_out, 0
        return left_out


def _peer(event: Mapping[str, object]) -> str | None:
    """Who gives cause for a line, where it is known."""
    known = {**structlog.contextvars.get_contextvars(), **event}
    peer = known.get("session_id") or known.get("address")
    return None if peer is None else str(peer)


@dataclass(slots=True)
class _Sort:
    bucket: Bucket
    left_out: int = 0


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
    rates = LineRates()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(exception_text),
        _cut,
        # JSON escapes by itself.
        *([_escape] if log_format == "console" else []),
    ]
    stream = cast("TextIO", _StandardError())
    renderer = _renderer(log_format, stream)
    structlog.configure(
        processors=[rates.processor, *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard module, and say a lot that only a developer wants to know.
    logging.basicConfig(
        handlers=[_handler(shared, renderer, stream, rates)],
        level="INFO" if level == "DEBUG" else "WARNING",
        force=True,
    )


def _renderer(log_format: LogFormat, stream: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(sort_keys=False)
    # Exceptions are text by now. The renderer's own way with them would show local variables: payloads and tokens.
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _cut(_logger: object, _method: str, event: EventDict) -> EventDict:
    """With the rates it bounds what a stranger can have logged in bytes. Tracebacks stay whole."""
    for name, value in event.items():
        if isinstance(value, str) and len(value) > _MAX_VALUE and name != "exception":
            event[name] = f"{value[:_MAX_VALUE]}… ({len(value)} characters)"
    return event


def _escape(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A path or a name that somebody made up tells the operator's terminal nothing. Tracebacks keep their lines."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = "\n".join(map(escaped, value.split("\n"))) if name == "exception" else escaped(value)
    return event


def _handler(shared: list[Processor], renderer: Processor, stream: TextIO, rates: LineRates) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.addFilter(rates.filter)
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
