"""Hooks: what a host application is told of edits and presence, beside the engine's own way and never in it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias, TypeVarTuple

import structlog

from collab.domain.access import SharedRoom
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.presence.roster import Diff

log = structlog.get_logger(__name__)

Values = TypeVarTuple("Values")

OnEdit: TypeAlias = Callable[[Edit, Document], Awaitable[None]]
"""Hears of each edit that this node has committed, and of the document that it made."""

OnPresence: TypeAlias = Callable[[SharedRoom, Diff], Awaitable[None]]
"""Hears what a room of this node is told: who joined and left, which sessions have changed or are gone."""

MAX_WAITING = 10_000
"""Calls that may wait for a hook."""


class Hook(Generic[*Values]):
    """One callback, called in order, one call at a time. `notify` returns at once and never fails.

    An exception of the callback is logged, and the next call is made. A callback that is so slow that
    `max_waiting` calls wait for it misses those that come then; the log says how many.
    """

    def __init__(
        self, name: str, callback: Callable[[*Values], Awaitable[None]] | None, max_waiting: int = MAX_WAITING
    ) -> None:
        self._name = name
        self._callback = callback
        self._queue: asyncio.Queue[tuple[*Values]] = asyncio.Queue(max_waiting)
        self._missed = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._callback is not None:
            self._task = asyncio.create_task(self._run(self._callback), name=f"hook {self._name}")

    def notify(self, *values: *Values) -> None:
        """Calls the callback soon."""
        if self._callback is None:
            return
        try:
            self._queue.put_nowait(values)
        except asyncio.QueueFull:
            if self._missed == 0:
                log.warning("a hook is too slow: it misses what happens from now on", hook=self._name)
            self._missed += 1
            return
        if self._missed:
            log.warning("a hook is told again of what happens", hook=self._name, missed=self._missed)
            self._missed = 0

    async def close(self, timeout_s: float) -> None:
        """Makes the calls that wait, as far as the time allows, and ends."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._queue.join()
        except TimeoutError:
            log.warning("a hook is too slow: the server ends before it has heard all", hook=self._name)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, callback: Callable[[*Values], Awaitable[None]]) -> None:
        while True:
            values = await self._queue.get()
            try:
                await callback(*values)
            except Exception:
                # The edge to the host's own code: its failure is logged, and no edit fails by it.
                log.exception("a hook failed", hook=self._name)
            finally:
                self._queue.task_done()
