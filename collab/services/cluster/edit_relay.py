"""Edits between nodes: the listeners of this node get every edit once and in order, whoever committed it.

A content that has listeners here has a `Delivery`: the version up to which they have been given its edits, those that
came too early, and the head that is known of. It is *level* while its version is the head, and *behind* otherwise.

Edits come in four ways: a commit of this node (`committed`), a message of another one (`heard`), the database
(`_read_missing`), and the journal's memory (`_fill`). All of them go through the delivery, which lets each version pass
once, so that it does not matter which way is first.

A delivery that is behind after a message waits for a moment, since the missing message is most likely on its way; then
it reads the database. Messages may also be lost without a trace: heads (`heads`, `compare`) tell of that.

A message of edits reaches the nodes that follow their band, which this node does as long as a content of it has a
delivery. What was said between the version with which a delivery begins and the moment from which on the band is heard,
the heads tell of that are compared then (`followed`).

The races: while the database is read, edits go on coming in by the other ways, and the last listener may leave, with
whom the delivery goes. So whoever waited looks whether the delivery is still the content's, and what was read may have
passed already: the delivery lets through what it has not seen. Where several come to a content at once, what one read
may be older than what another has begun the delivery with: that one reads again (`opened`).
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TypeVar

import structlog

from collab.domain.delivery import Delivery
from collab.domain.errors import Unavailable
from collab.domain.ot.edits import Edit
from collab.domain.ot.rebase import Accepted
from collab.services.cluster.following import Following
from collab.services.ports import Clock, EditRooms, HistoryReader, Timer

log = structlog.get_logger(__name__)

T = TypeVar("T")

MAX_MISSING = 500
"""If listeners missed more edits than this, none of them are read: they see the gap and ask for the content."""

MAX_READ_BYTES = 8_000_000
"""At most so many bytes of missed edits are read at once."""

PATIENCE = timedelta(milliseconds=100)
"""How long edits that came too early wait for those before them: two nodes' messages overtake each other all the time,
and what is missing is most likely on its way. Only then is it read from the database."""

NEWS_BEATS = 10
"""The head of a content is announced so many times after an edit."""


class EditRelay:
    """`recall` gives the edits of a content after a version where memory has them; `publish` tells the other nodes of
    a commit; `on_delivered` hears of the edits that listeners were given, unless this node committed them.

    What it keeps of a content goes with its listeners. The heads to be told stay as long as the bus is away, one for
    each content that was edited meanwhile: no more than the database got.
    """

    def __init__(
        self,
        rooms: EditRooms,
        reader: HistoryReader,
        recall: Callable[[str, int], Sequence[Edit] | None],
        following: Following,
        publish: Callable[[Sequence[Edit]], None],
        on_delivered: Callable[[Sequence[Edit]], None],
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._reader = reader
        self._recall = recall
        self._following = following
        self._publish = publish
        self._on_delivered = on_delivered
        self._clock = clock
        self._deliveries: dict[str, Delivery] = {}
        self._news: dict[str, tuple[int, int]] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, Timer] = {}

    def committed(self, accepted: Sequence[Accepted]) -> list[Accepted]:
        """Gives a commit of this node to its listeners and to the other nodes. Returns the edits that were given out
        just now: the others had been read from the database by then, and given out already."""
        self._publish([entry.edit for entry in accepted])
        fresh: list[Accepted] = []
        for content_id, entries in _by_content(accepted, lambda entry: entry.edit):
            self._news[content_id] = entries[-1].edit.version, NEWS_BEATS
            first = entries[0].edit.version
            delivery = self._tracked(content_id, first - 1)
            if delivery is not None:
                self._fill(delivery, content_id, first - 1)
                late = [entry for entry in entries if entry.edit.version <= delivery.version]
                self._rooms.retitled(late)
                delivery.skip_to(entries[-1].edit.version)
                entries = entries[len(late) :]
            fresh += entries
        self._rooms.committed(fresh)
        for content_id in {entry.edit.content_id for entry in fresh}:
            delivery = self._deliveries.get(content_id)
            if delivery is not None:
                # Edits that came too early may be next now.
                self._hand_out(delivery.take())
        return fresh

    def heard(self, edits: Sequence[Edit]) -> None:
        """Another node has committed these edits, and says so."""
        for content_id, group in _by_content(edits, lambda edit: edit):
            delivery = self._tracked(content_id, group[0].version - 1)
            if delivery is not None:
                self._hand_out(delivery.take(group))
                self._wait_for_missing(content_id, delivery)

    def heads(self, heads: Mapping[str, int]) -> None:
        """Contents are known to have reached these versions."""
        for content_id, head in heads.items():
            delivery = self._deliveries.get(content_id)
            if delivery is not None:
                delivery.hear_of(head)
                self._catch_up(content_id, delivery)

    def opened(self, content_id: str, version: int) -> bool:
        """Somebody was given a content at a version. If they are its first listener, the delivery begins there. False
        where it began later: the edits between are told to nobody, and the content has to be read again."""
        delivery = self._tracked(content_id, version)
        return delivery is None or delivery.began <= version

    async def compare(self) -> None:
        """Looks in the database for edits of which no message came. `Unavailable`."""
        # A copy, since `_has_listeners` forgets the contents that nobody listens to any more.
        listened_to = [content_id for content_id in list(self._deliveries) if self._has_listeners(content_id)]
        self._following.keep(listened_to)
        await self._compare(listened_to)

    async def followed(self, band_ids: Collection[str]) -> None:
        """From now on this node hears of edits of these bands: what was said before is looked for. `Unavailable`."""
        await self._compare(self._following.contents_of(band_ids))

    async def _compare(self, content_ids: Sequence[str]) -> None:
        if content_ids:
            self.heads(await self._reader.heads(content_ids))

    def news(self) -> dict[str, int]:
        """The heads that this node's edits reached lately. Each is returned by the next few calls."""
        heads = {content_id: head for content_id, (head, _) in self._news.items()}
        self._news = {key: (head, beats - 1) for key, (head, beats) in self._news.items() if beats > 1}
        return heads

    async def close(self) -> None:
        for timer in self._waiting.values():
            timer.cancel()
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    def _tracked(self, content_id: str, version: int) -> Delivery | None:
        """The delivery of a content; a new one begins at `version`. None where nobody listens."""
        if not self._has_listeners(content_id):
            return None
        if content_id not in self._deliveries:
            self._deliveries[content_id] = Delivery(version)
            self._following.begin(content_id)
        return self._deliveries[content_id]

    def _has_listeners(self, content_id: str) -> bool:
        has_listeners = self._rooms.listeners(content_id) > 0
        if not has_listeners:
            self._deliveries.pop(content_id, None)
        return has_listeners

    def _fill(self, delivery: Delivery, content_id: str, version: int) -> None:
        """Gives out what others committed up to a version. The journal has it in memory: it committed on top of it."""
        if delivery.version < version:
            missing = self._recall(content_id, delivery.version) or ()
            self._hand_out(delivery.take([edit for edit in missing if edit.version <= version]))

    def _wait_for_missing(self, content_id: str, delivery: Delivery) -> None:
        """Reads what is missing, unless it comes by itself."""
        version = delivery.version

        def look() -> None:
            del self._waiting[content_id]
            if self._deliveries.get(content_id) is not delivery:
                return
            if delivery.version > version:
                self._wait_for_missing(content_id, delivery)
            else:
                self._catch_up(content_id, delivery)

        if delivery.is_behind and content_id not in self._waiting:
            self._waiting[content_id] = self._clock.call_at(self._clock.now() + PATIENCE, look)

    def _catch_up(self, content_id: str, delivery: Delivery) -> None:
        if delivery.is_behind and content_id not in self._reading:
            task = asyncio.create_task(self._read_missing(content_id, delivery), name="edit-relay")
            self._reading[content_id] = task
            task.add_done_callback(lambda _: self._reading.pop(content_id, None))

    async def _read_missing(self, content_id: str, delivery: Delivery) -> None:
        try:
            while delivery.is_behind:
                edits = await self._reader.edits(
                    content_id, delivery.version, MAX_MISSING + 1, max_bytes=MAX_READ_BYTES
                )
                if self._deliveries.get(content_id) is not delivery:
                    return
                if not edits:
                    delivery.forget_head()
                elif len(edits) > MAX_MISSING or edits[0].version > delivery.version + 1:
                    delivery.skip_to(edits[-1].version - 1)
                self._hand_out(delivery.take(edits))
        except Unavailable:
            # The next head at the latest tells of the missing edits again.
            log.warning("edits of another node could not be read", content_id=content_id)
        except Exception:
            # The edge of the relay: one content that can't be read must not stop the others.
            log.exception("edits of another node could not be given out", content_id=content_id)

    def _hand_out(self, edits: Sequence[Edit]) -> None:
        if edits:
            self._rooms.edits(edits)
            self._on_delivered(edits)


def _by_content(entries: Sequence[T], edit_of: Callable[[T], Edit]) -> list[tuple[str, list[T]]]:
    ordered = sorted(entries, key=lambda entry: (edit_of(entry).content_id, edit_of(entry).version))
    return [(key, list(group)) for key, group in groupby(ordered, key=lambda entry: edit_of(entry).content_id)]
