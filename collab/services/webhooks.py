"""Webhooks: every committed edit is posted to one URL, at least once.

The table of edits is the outbox: what is kept is how far each content has been delivered. Nothing is queued that a
restart could lose or that could grow too long, and a receiver that is down for a day gets the day's edits.
"""

import asyncio
from contextlib import suppress
from datetime import datetime

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_random_exponential

from collab.domain.edits import Edit
from collab.domain.errors import CollabError
from collab.services.ports import Clock, DeliveryFailed, EditReceiver, HistoryReader
from collab.services.stores import Outbox

log = structlog.get_logger(__name__)

MAX_AT_ONCE = 20
"""Contents whose edits are delivered at the same time; those of one content follow each other."""

PAGE = 100
"""Edits that are read at a time."""

MAX_RETRY_S = 300.0
GIVE_UP_S = 24 * 3_600.0
"""How long an edit is tried, since the server started, before the next one is."""

_IF_FAILED = retry_if_exception_type(DeliveryFailed)


class Webhooks:
    """Delivers the edits that were made since the webhook was first used. Of each content they follow in order.

    An edit whose delivery failed is tried again, after a pause that doubles up to `MAX_RETRY_S`, with full jitter.
    Where several nodes edit one content, or one dies, an edit may come twice.
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
        first_retry_s: float = 1.0,
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        self._outbox = outbox
        self._history = history
        self._clock = clock
        self._webhook_id = webhook_id
        self._receiver = receiver
        self._pace_s = pace_s
        self._sweep_s = sweep_s
        self._first_retry_s = first_retry_s
        self._give_up_s = give_up_s
        self._is_open = False
        self._delivered: dict[str, int] = {}
        self._deliveries: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(self._clock.now()), name="webhooks")

    def wake(self) -> None:
        """There are new edits."""
        self._wake.set()

    async def close(self) -> None:
        """Ends at once; what is not delivered is delivered after the next start."""
        if self._task is None:
            return
        running = [self._task, *self._deliveries.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(CollabError):
            await self._outbox.advance(self._webhook_id, self._delivered)
        await self._receiver.close()

    async def _run(self, started_at: datetime) -> None:
        while True:
            self._wake.clear()
            try:
                await self._sweep(started_at)
            except CollabError as error:
                log.warning("the edits to deliver could not be read; it is tried again", error=error.message)
            except Exception:
                # The edge of the webhooks: no edit depends on them, and the next sweep may do.
                log.exception("the edits to deliver could not be read; it is tried again")
            # However fast edits are made, what was delivered is put down once in this time.
            await asyncio.sleep(self._pace_s)
            with suppress(TimeoutError):
                # Beyond this node's own edits there are those of nodes that died before they delivered them.
                async with asyncio.timeout(self._sweep_s):
                    await self._wake.wait()

    async def _sweep(self, started_at: datetime) -> None:
        """Puts down what was delivered, and begins to deliver the contents that are behind."""
        if not self._is_open:
            await self._outbox.open(self._webhook_id, started_at)
            self._is_open = True
        known = dict(self._delivered)
        if known:
            await self._outbox.advance(self._webhook_id, known)
        for content_id, version in await self._outbox.behind(self._webhook_id, 2 * MAX_AT_ONCE):
            if len(self._deliveries) == MAX_AT_ONCE:
                break
            if content_id not in self._deliveries:
                after = max(version, self._delivered.get(content_id, 0))
                self._deliveries[content_id] = asyncio.create_task(self._deliver(content_id, after), name="webhook")
        for content_id, version in known.items():
            if self._delivered[content_id] == version:
                del self._delivered[content_id]

    async def _deliver(self, content_id: str, after: int) -> None:
        try:
            while edits := await self._history.edits(content_id, after, PAGE):
                for edit in edits:
                    await self._insist(edit)
                    after = self._delivered[content_id] = edit.version
        except CollabError as error:
            log.warning("edits could not be read to be delivered; it is tried again", error=error.message)
        except Exception:
            # The edge of one delivery: that of other contents goes on.
            log.exception("edits could not be delivered; it is tried again", content_id=content_id)
        finally:
            del self._deliveries[content_id]
            self._wake.set()

    async def _insist(self, edit: Edit) -> None:
        retrying = AsyncRetrying(
            retry=_IF_FAILED,
            wait=wait_random_exponential(multiplier=self._first_retry_s, max=MAX_RETRY_S),
            stop=stop_after_delay(self._give_up_s),
            before_sleep=lambda state: _tell_retry(edit, state),
            reraise=True,
        )
        try:
            await retrying(self._receiver.post, edit)
        except DeliveryFailed as error:
            log.error("gave up delivering an edit", content_id=edit.content_id, version=edit.version, error=str(error))
        finally:
            # What it was about to do next refers to it: only the garbage collector would free them.
            retrying.iter_state.reset()


def _tell_retry(edit: Edit, state: RetryCallState) -> None:
    log.warning(
        "an edit could not be delivered; it is tried again",
        content_id=edit.content_id,
        version=edit.version,
        attempt=state.attempt_number,
        error=str(state.outcome and state.outcome.exception()),
    )
