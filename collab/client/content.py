"""A content that one has open: edits show at once, and are stored, whatever happens to the connection."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from collab.client.connection import Connection, Take
from collab.client.events import Notice, Refused
from collab.client.outside import REAL, Outside
from collab.client.room import Room
from collab.client.sync import Sync
from collab.client.undo import Groups
from collab.domain.access import ContentRoom
from collab.domain.errors import Invalid, VersionUnknown
from collab.domain.ot import positions, text
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Insert, Item, Move, Op, Remove, Set, Text, Value


class Content(Room[ContentRoom, Notice]):
    """One content, open. Made by `CollabClient.open`.

    Every edit is in `document` when its method returns, and on its way. `await saved()` waits until all are stored.
    Methods that edit return the `edit_id`; they raise `Invalid` where an op does not fit the document.
    """

    def __init__(
        self,
        content_id: str,
        user_id: str,
        ack_timeout_s: float,
        forget: Callable[[str], None],
        outside: Outside = REAL,
    ) -> None:
        super().__init__(ContentRoom(content_id), ack_timeout_s, forget, outside)
        self._sync = Sync(self.room, user_id, ack_timeout_s, self._tell, self.fail, self.break_down, outside)
        self._refusal: Refused | None = None
        self._groups = Groups()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @property
    def document(self) -> Document:
        """The document as the user sees it: what the server has, and one's own edits on top of it."""
        return self._sync.opened.view

    @property
    def band_id(self) -> str | None:
        """Whose it is; None before it is open."""
        replica = self._sync.replica
        return None if replica is None else replica.confirmed.band_id

    @property
    def version(self) -> int:
        """The latest version that is known here."""
        return self._sync.opened.confirmed.version

    @property
    def pending(self) -> int:
        """How many of one's own edits and undos are not stored yet."""
        replica = self._sync.replica
        return 0 if replica is None else replica.pending_count

    def edit(self, ops: Sequence[Op], *, is_unchanged_expected: bool = False) -> str:
        """Several ops as one edit: all are stored, or none. Items that are too many for a message come one after the
        other, in several edits; anything else that is too large is refused (`TooLarge`).

        With `is_unchanged_expected` it is refused (`Conflicting`) instead of replacing a value that somebody else
        has set meanwhile.
        """
        if self.failure is not None:
            raise self.failure
        edit_id = self._sync.opened.edit(
            self._outside.new_id(),
            ops,
            group=self._groups.of(ops, self._outside.now_s()),
            is_unchanged_expected=is_unchanged_expected,
        )
        self._sync.stir()
        return edit_id

    def set(self, item: str | None, field: str, value: Value, *, is_unchanged_expected: bool = False) -> str:
        """Gives a field a value, None to clear it; `item=None` is the content's own field."""
        return self.edit([Set(item, field, value)], is_unchanged_expected=is_unchanged_expected)

    def insert(self, fields: Fields, *, type: str = "song", before: str | None = None, item: str | None = None) -> str:  # noqa: A002  # the protocol's word
        """Adds an item before another, or at the end. Returns the item's id, a new one unless one is given."""
        item = item or self._outside.new_id()
        self.edit([Insert(Item(item, type, self._position(before), fields))])
        return item

    def move(self, item: str, before: str | None = None) -> str:
        """Puts an item before another, or at the end."""
        return self.edit([Move(item, self._position(before))])

    def remove(self, item: str) -> str:
        """Takes an item out."""
        return self.edit([Remove(item)])

    def type(self, item: str | None, field: str, at: int, words: str) -> str:
        """Inserts words into a text or line, `at` code points from its start."""
        return self.edit([Text(item, field, (at, words) if at else (words,))])

    def erase(self, item: str | None, field: str, at: int, count: int) -> str:
        """Takes `count` code points out of a text or line."""
        gone = text.Delete(count)
        return self.edit([Text(item, field, (at, gone) if at else (gone,))])

    def rewrite(self, item: str | None, field: str, words: str) -> str | None:
        """Changes a text or line to `words`, leaving alone what both begin and end with; None: it is so already."""
        fields = self.document.fields if item is None else self._item(item).fields
        delta = text.replace(fields.get(field) or "", words)
        return self.edit([Text(item, field, delta)]) if delta else None

    def undo(self) -> bool:
        """Takes back one's own latest edit that still stands, with what was written in the same field right before it.
        Shows at once, unless what that comes to takes edits that were never heard here: then once it is stored. False
        where there is none."""
        is_asked = self._sync.opened.undo(self._outside.new_id)
        self._groups.end()
        self._sync.stir()
        return is_asked

    def redo(self) -> bool:
        """Brings back what was undone last, until one makes another edit. False where there is nothing."""
        is_asked = self._sync.opened.redo(self._outside.new_id)
        self._groups.end()
        self._sync.stir()
        return is_asked

    async def saved(self) -> None:
        """Returns when all of one's own edits are stored, for good.

        Raises the error of the first edit since the last call that was refused, and the `failure` of the room
        where it was lost with edits pending.
        """
        await self._is_idle.wait()
        if self.failure is not None and self.pending:
            raise self.failure
        if self._refusal is not None:
            refused, self._refusal = self._refusal, None
            raise refused.error

    def end(self) -> None:
        super().end()
        self._is_idle.set()
        self._sync.end()

    def disconnected(self) -> None:
        super().disconnected()
        self._sync.parted()

    async def _ask_to_join(self, connection: Connection, take: Take) -> None:
        if not (since := self._sync.since):
            await super()._ask_to_join(connection, take)
            return
        request = {"room": self.room.name, **since}
        try:
            await connection.call_patiently("join_room", request, self._ack_timeout_s, take)
        except VersionUnknown:
            self._sync.go_elsewhere()
            await super()._ask_to_join(connection, take)

    def _enter(self, connection: Connection, answer: Any) -> None:
        self._sync.joined(connection, answer)

    def _take_in(self, event: str, payload: Any) -> None:
        match event:
            case "content_edited":
                self._sync.receive([payload])
            case "batch_update":
                self._sync.receive(payload["edits"])
            case _:
                super()._take_in(event, payload)

    def _unsaved(self) -> tuple[Op, ...]:
        replica = self._sync.replica
        return () if replica is None else replica.pending_ops

    def _tell(self, notices: Sequence[Notice]) -> None:
        refused = (notice for notice in notices if isinstance(notice, Refused))
        self._refusal = self._refusal or next(refused, None)
        self._source.publish(*notices)
        if self.pending and self.failure is None:
            self._is_idle.clear()
        else:
            self._is_idle.set()

    def _position(self, before: str | None) -> str:
        """A position right before an item, or after the last one."""
        taken = [item.position for item in self.document.items.values()]
        following = None if before is None else self._item(before).position
        return positions.between(
            max((other for other in taken if following is None or other < following), default=None), following
        )

    def _item(self, item_id: str) -> Item:
        item = self.document.items.get(item_id)
        if item is None:
            raise Invalid.at("item", f"expected the id of an item of this content, got {item_id!r}")
        return item
