"""Answers: every event gets one, whatever happens, and a server that ends waits for those that are still to come.

An answer is expected from the moment its event came (`Answers.expect`) until it is given, failed or cancelled, once
(`Pending`). While none is expected, all are settled.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from time import perf_counter
from typing import TypeAlias

import structlog

from collab.domain.errors import CollabError, Unavailable
from collab.protocol.events import Json, failed
from collab.services.ports import UNMETERED, Meter

log = structlog.get_logger(__name__)

Reply: TypeAlias = Callable[[Json], None]
"""Takes an answer to the client."""

# `structlog.contextvars.merge_contextvars` puts it into every log line. `bind_contextvars` would set it the same way,
# but takes three times as long, and every edit pays for it.
_SESSION_ID: ContextVar[str] = ContextVar(f"{structlog.contextvars.STRUCTLOG_KEY_PREFIX}session_id")


class Answers:
    """Gives the answers, and knows how many are still to come. `is_telling` logs each of them; `now_s`, a clock that
    only runs on, says how long they took; `on_event` is called as each event comes in."""

    def __init__(
        self,
        meter: Meter = UNMETERED,
        *,
        is_telling: bool = False,
        now_s: Callable[[], float] = perf_counter,
        on_event: Callable[[], None] | None = None,
    ) -> None:
        self.now_s = now_s
        self._meter = meter
        self._is_telling = is_telling
        self._on_event = on_event
        self._open = 0
        self._settled = asyncio.Event()
        self._settled.set()

    async def give(self, event: str, sid: str, answer: Awaitable[Json]) -> Json:
        """The answer to an event of a session: nothing that a client sends raises inside the server."""
        given: list[Json] = []
        pending = self.expect(event, sid, given.append)
        try:
            pending.give(await answer)
        except Exception as error:  # noqa: BLE001  # the edge of the server: `fail` tells a fault of ours from a refusal
            pending.fail(error)
        except BaseException:
            pending.cancel()
            raise
        return given[0]

    def expect(self, event: str, sid: str, reply: Reply) -> "Pending":
        """An answer that is still to come, and goes to `reply`."""
        _SESSION_ID.set(sid)
        if self._on_event is not None:
            self._on_event()
        if self._open == 0:
            self._settled.clear()
        self._open += 1
        return Pending(self, event, sid, reply)

    def ended(self, event: str, sid: str, code: str, seconds: float) -> None:
        """An answer was given, or nobody waits for it any more."""
        self._meter.answered(event, code, seconds)
        if self._is_telling:
            log.debug("answered", session_id=sid, event_name=event, code=code, ms=round(seconds * 1_000, 3))
        self._open -= 1
        if self._open == 0:
            self._settled.set()

    async def settled(self, timeout_s: float) -> None:
        """Returns once every event that came in is answered, or when the time is up."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
        except TimeoutError:
            log.warning("some events are not answered", count=self._open)


class Pending:
    """An answer that is still to come: end it once, by one of its methods."""

    __slots__ = ("_answers", "_came_s", "_event", "_reply", "_sid")

    def __init__(self, answers: Answers, event: str, sid: str, reply: Reply) -> None:
        self._answers = answers
        self._event = event
        self._sid = sid
        self._reply = reply
        self._came_s = answers.now_s()

    def give(self, body: Json) -> None:
        """All went well."""
        self._end("ok", {"ok": True, **body})

    def fail(self, error: Exception) -> None:
        """It was refused; what is no refusal is a fault of ours, logged here and answered like any other."""
        if not isinstance(error, CollabError):
            log.error("an event could not be answered", session_id=self._sid, event_name=self._event, exc_info=error)
            error = Unavailable("the server could not do this; nothing was stored, send it again")
        self._end(error.code, failed(error))

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._answers.ended(self._event, self._sid, "cancelled", self._answers.now_s() - self._came_s)

    def _end(self, code: str, body: Json) -> None:
        self._answers.ended(self._event, self._sid, code, self._answers.now_s() - self._came_s)
        self._reply(body)
