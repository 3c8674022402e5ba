"""Answers: every event gets one, whatever happens, and the server waits for those that are on their way."""

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar
from time import perf_counter

import structlog

from collab.domain.errors import CollabError, Unavailable
from collab.protocol.events import Json, failed
from collab.services.ports import UNMETERED, Meter

log = structlog.get_logger(__name__)

# `structlog.contextvars.merge_contextvars` puts it into every line. Setting it so is what `bind_contextvars` does, in a
# third of the time, which every edit pays.
_SESSION_ID: ContextVar[str] = ContextVar(f"{structlog.contextvars.STRUCTLOG_KEY_PREFIX}session_id")


class Answers:
    """Gives the answers, and knows how many are still to come. `is_telling` logs each of them."""

    def __init__(self, meter: Meter = UNMETERED, *, is_telling: bool = False) -> None:
        self._meter = meter
        self._is_telling = is_telling
        self._open = 0
        self._settled = asyncio.Event()
        self._settled.set()

    async def give(self, event: str, sid: str, answer: Awaitable[Json]) -> Json:
        """The answer to an event of a session: nothing that a client sends raises inside the server."""
        _SESSION_ID.set(sid)
        self._open += 1
        self._settled.clear()
        code, came = "cancelled", perf_counter()
        try:
            body = {"ok": True, **await answer}
            code = "ok"
            return body
        except CollabError as error:
            code = error.code
            return failed(error)
        except Exception:
            # The edge of the server: a fault of ours is logged here and answered like any other.
            log.exception("an event could not be answered", event_name=event)
            code = Unavailable.code
            return failed(Unavailable("the server could not do this; nothing was stored, send it again"))
        finally:
            seconds = perf_counter() - came
            self._meter.answered(event, code, seconds)
            if self._is_telling:
                log.debug("answered", event_name=event, code=code, ms=round(seconds * 1_000, 3))
            self._open -= 1
            if self._open == 0:
                self._settled.set()

    async def settled(self, timeout_s: float) -> None:
        """Returns once every event that came in is answered, or when the time is up."""
        try:
            await asyncio.wait_for(self._settled.wait(), timeout_s)
        except TimeoutError:
            log.warning("some events are not answered", count=self._open)
