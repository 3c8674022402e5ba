"""Webhooks: every committed edit is posted to one URL, at least once.

The table of edits is the outbox: what is kept is how far each content has been delivered. Nothing is queued that a
restart could lose or that could grow too long, and a receiver that is down for a day gets the day's edits.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import structlog

from collab.domain.errors import CollabError
from collab.domain.ot.edits import Edit
from collab.domain.outbox import (
    GIVEN_UP_AFTER,
    MAX_AT_ONCE,
    PARKED_AFTER,
    Backlog,
    Failing,
    Pace,
    Waiting,
    next_turn,
    retry_in_s,
)
from collab.services.ports import Clock, DeliveryFailed, EditReceiver, HistoryReader
from collab.services.stores import Outbox

log = structlog.get_logger(__name__)

PAGE = 100
"""Edits that are read at a time."""

IN_SIGHT = 4 * MAX_AT_ONCE
"""Contents that are read at a time, to choose from."""

ROUND_S = 0.005
"""A round of the event loop that takes longer is followed by a pause as long, before the next delivery of a turn."""

BACKLOG_EVERY_S = 15.0
"""How often it is counted what is still to be delivered: that takes longer the more it is."""


class Webhooks:
    """Delivers the edits that were made since the webhook was first used. Of each content they follow in order.

    `domain.outbox` says which content is next, and when one that failed is tried again: until then it is looked at no
    more. Where several nodes edit one content, or one dies, an edit may come twice.
    """

    def __init__(
        self,
        outbox: Outbox,
        history: HistoryReader,
        clock: Clock,
        webhook_id: str,
        receiver: EditReceiver,
        *,
        pace_s: float = 1.0,
        sweep_s: float = 60.0,
        turn_s: float = 5.0,
        first_retry_s: float = 1.0,
        given_up_after: int = GIVEN_UP_AFTER,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._history = history
        self._clock = clock
        self._webhook_id = webhook_id
        self._receiver = receiver
        self._pace_s = pace_s
        self._sweep_s = sweep_s
        self._turn_s = turn_s
        self._first_retry_s = first_retry_s
        self._given_up_after = given_up_after
        self._chance = chance
        self.failing = Failing()
        """The contents whose last delivery failed, on any node, as last read from the database."""
        self.backlog = Backlog()
        """What is still to be delivered, as last read from the database."""
        self._backlog_due_s = 0.0
        self._pace = Pace()
        self._are_more = False
        self._is_drained = asyncio.Event()
        self._is_open = False
        self._delivered: dict[str, int] = {}
        self._waiting: dict[str, Waiting] = {}
        self._at_work: dict[str, Waiting] = {}
        self._turns: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Once this has returned, every further edit will be delivered; if the database is away, once it is back."""
        with suppress(CollabError):
            await self._open()
        self._task = asyncio.create_task(self._run(), name="webhooks")

    def wake(self) -> None:
        """There are new edits."""
        self._wake.set()

    def age_s(self) -> float:
        """How old the first edit is that is still to be delivered; 0 where there is none."""
        oldest = self.backlog.oldest
        return 0.0 if oldest is None else max(0.0, (self._clock.now() - oldest).total_seconds())

    async def close(self) -> None:
        """Ends at once; what is not delivered is delivered after the next start."""
        if self._task is None:
            return
        self._waiting.clear()
        running = [self._task, *self._turns]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(CollabError):
            await self._outbox.advance(self._webhook_id, self._delivered)
        await self._receiver.close()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._is_drained.clear()
            try:
                await self._sweep()
            except CollabError as error:
                log.warning("the edits to deliver could not be read; it is tried again", error=error.message)
            except Exception:
                # The edge of the webhooks: no edit depends on them, and the next sweep may do.
                log.exception("the edits to deliver could not be read; it is tried again")
            # However fast edits are made, the progress is written once in this time, unless nothing is left to choose
            # from of a backlog.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace_s):
                    await self._is_drained.wait()
            with suppress(TimeoutError):
                # Beyond this node's own edits there are those of nodes that died before they delivered them, and those
                # that are due to be tried again.
                async with asyncio.timeout(2 * self._first_retry_s if self.failing.count else self._sweep_s):
                    await self._wake.wait()

    async def _open(self) -> None:
        if not self._is_open:
            await self._outbox.open(self._webhook_id, self._clock.now())
            self._is_open = True

    async def _sweep(self) -> None:
        """Writes what was delivered, and reads which contents are behind."""
        await self._open()
        known = dict(self._delivered)
        await self._outbox.advance(self._webhook_id, known)
        # A delivery that ends while this waits is not in what was written: its content counts as behind once more.
        at_work = set(self._at_work)
        waiting = await self._outbox.waiting(self._webhook_id, self._clock.now(), IN_SIGHT)
        self._are_more = len(waiting) >= IN_SIGHT
        self._waiting = {
            content.content_id: content
            for content in waiting
            if content.content_id not in at_work and content.content_id not in self._at_work
        }
        self._begin_turns()
        for content_id, version in known.items():
            if self._delivered[content_id] == version:
                del self._delivered[content_id]
        self.failing = await self._outbox.failing(self._webhook_id)
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._backlog_due_s:
            self.backlog = await self._outbox.backlog(self._webhook_id)
            self._backlog_due_s = now_s + BACKLOG_EVERY_S

    def _begin_turns(self) -> None:
        at_once = self._pace.at_once
        while (content := next_turn(self._waiting.values(), self._at_work.values(), at_once)) is not None:
            self._at_work[content.content_id] = self._waiting.pop(content.content_id)
            turn = asyncio.create_task(self._take_turn(content), name="webhook")
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)
        if self._are_more and len(self._waiting) < at_once:
            self._wake.set()
            self._is_drained.set()

    async def _take_turn(self, content: Waiting) -> None:
        try:
            await self._deliver(content)
        except CollabError as error:
            log.warning("edits could not be read to be delivered; it is tried again", error=error.message)
        except Exception:
            # The edge of one delivery: that of other contents goes on.
            log.exception("edits could not be delivered; it is tried again", content_id=content.content_id)
        finally:
            del self._at_work[content.content_id]
            self._wake.set()
            self._begin_turns()

    async def _deliver(self, content: Waiting) -> None:
        """Delivers what there is, until it fails, or the turn is over and others wait."""
        content_id, failures = content.content_id, content.failures
        after = max(content.version, self._delivered.get(content_id, 0))
        now_s = asyncio.get_running_loop().time
        ends_at_s = now_s() + self._turn_s
        while edits := await self._history.edits(content_id, after, PAGE):
            for edit in edits:
                try:
                    await self._post(edit)
                except DeliveryFailed as error:
                    failures += 1
                    if failures < self._given_up_after:
                        await self._put_off(replace(content, version=after, failures=failures), edit, str(error))
                        return
                    log.error("gave up delivering an edit", **_named(edit), error=str(error))
                failures = 0
                after = self._delivered[content_id] = edit.version
                if self._waiting and now_s() > ends_at_s:
                    return
        if after < content.head:
            # The rest was folded away by `collab compact`.
            self._delivered[content_id] = content.head

    async def _post(self, edit: Edit) -> None:
        """Posts an edit, once those who are live have had their turn at the event loop."""
        now_s = asyncio.get_running_loop().time
        began_s = now_s()
        await asyncio.sleep(0)
        round_s = now_s() - began_s
        if round_s > ROUND_S:
            await asyncio.sleep(round_s)
        began_s = now_s()
        try:
            await self._receiver.post(edit)
        except DeliveryFailed:
            self._pace.failed()
            raise
        self._pace.answered(now_s() - began_s)

    async def _put_off(self, content: Waiting, edit: Edit, error: str) -> None:
        delay_s = retry_in_s(content.failures, self._first_retry_s, self._chance())
        retry_at = self._clock.now() + timedelta(seconds=delay_s)
        await self._outbox.fail(self._webhook_id, content, retry_at, error)
        if content.failures < PARKED_AFTER:
            log.warning(
                "an edit could not be delivered; it is tried again",
                **_named(edit),
                attempt=content.failures,
                error=error,
            )
        elif content.failures == PARKED_AFTER:
            log.error("a content is parked: its edits are tried seldom, until they work", **_named(edit), error=error)


def _named(edit: Edit) -> dict[str, object]:
    return {"content_id": edit.content_id, "version": edit.version}
