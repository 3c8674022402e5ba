"""A content that one has open: edits show at once, and are stored, whatever happens to the connection."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from collab.client.backoff import Backoff
from collab.client.connection import Connection, Take
from collab.client.errors import NotConnected
from collab.client.events import Notice, Refused
from collab.client.replica import Replica
from collab.client.request import Request
from collab.client.room import Room
from collab.client.undo import Groups
from collab.client.wire import answer_of, document_of
from collab.domain.access import ContentRoom
from collab.domain.errors import ClientFault, CollabError, Invalid, RateLimited, Unavailable, VersionUnknown
from collab.domain.ot import positions, text
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Fields, Insert, Item, Move, Op, Remove, Set, Text, Value
from collab.protocol.ids import new_id


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
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(ContentRoom(content_id), ack_timeout_s, forget)
        self._user_id = user_id
        self._opened: Replica | None = None
        self._refusal: Refused | None = None
        self._groups = Groups()
        self._now_s = now_s
        self._wake = asyncio.Event()
        self._is_elsewhere = False
        self._is_base_unknown = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._worker: asyncio.Task[None] | None = None

    @property
    def document(self) -> Document:
        """The document as the user sees it: what the server has, and one's own edits on top of it."""
        return self._replica.view

    @property
    def band_id(self) -> str | None:
        """Whose it is; None before it is open."""
        return None if self._opened is None else self._opened.confirmed.band_id

    @property
    def version(self) -> int:
        """The latest version that is known here."""
        return self._replica.confirmed.version

    @property
    def pending(self) -> int:
        """How many of one's own edits and undos are not stored yet."""
        return 0 if self._opened is None else self._opened.pending_count

    def edit(self, ops: Sequence[Op], *, is_unchanged_expected: bool = False) -> str:
        """Several ops as one edit: all are stored, or none. Items that are too many for a message come one after the
        other, in several edits; anything else that is too large is refused (`TooLarge`).

        With `is_unchanged_expected` it is refused (`Conflicting`) instead of replacing a value that somebody else
        has set meanwhile.
        """
        if self.failure is not None:
            raise self.failure
        edit_id = self._replica.edit(
            new_id(),
            ops,
            group=self._groups.of(ops, self._now_s()),
            is_unchanged_expected=is_unchanged_expected,
        )
        self._stir()
        return edit_id

    def set(self, item: str | None, field: str, value: Value, *, is_unchanged_expected: bool = False) -> str:
        """Gives a field a value, None to clear it; `item=None` is the content's own field."""
        return self.edit([Set(item, field, value)], is_unchanged_expected=is_unchanged_expected)

    def insert(self, fields: Fields, *, type: str = "song", before: str | None = None, item: str | None = None) -> str:  # noqa: A002  # the protocol's word
        """Adds an item before another, or at the end. Returns the item's id, a new one unless one is given."""
        item = item or new_id()
        self.edit([Insert(Item(item, type, self._position(before), fields))])
        return item

    def move(self, item: str, before: str | None = None) -> str:
        """Puts an item before another, or at the end."""
        return self.edit([Move(item, self._position(before))])

    def remove(self, item: str) -> str:
        """Takes an item out."""
        return self.edit([Remove(item)])

    def type(self, item: str | None, field: str, at: int, words: str) -> str:
        """Inserts words into a text field, `at` code points from its start."""
        return self.edit([Text(item, field, (at, words) if at else (words,))])

    def erase(self, item: str | None, field: str, at: int, count: int) -> str:
        """Takes `count` code points out of a text field."""
        gone = text.Delete(count)
        return self.edit([Text(item, field, (at, gone) if at else (gone,))])

    def rewrite(self, item: str | None, field: str, words: str) -> str | None:
        """Changes a text field to `words`, leaving alone what both texts begin and end with; None: it is so already."""
        fields = self.document.fields if item is None else self._item(item).fields
        delta = text.replace(fields.get(field) or "", words)
        return self.edit([Text(item, field, delta)]) if delta else None

    def undo(self) -> bool:
        """Takes back one's own latest edit that still stands, with what was written in the same field right before it.
        Shows at once, unless what that comes to takes edits that were never heard here: then once it is stored. False
        where there is none."""
        is_asked = self._replica.undo(new_id)
        self._groups.end()
        self._stir()
        return is_asked

    def redo(self) -> bool:
        """Brings back what was undone last, until one makes another edit. False where there is nothing."""
        is_asked = self._replica.redo(new_id)
        self._groups.end()
        self._stir()
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
        if self._worker is not None:
            self._worker.cancel()

    @property
    def _replica(self) -> Replica:
        if self._opened is None:
            raise NotConnected("expected a content that is open: await CollabClient.open first")
        return self._opened

    async def _ask_to_join(self, connection: Connection, take: Take) -> None:
        if self._opened is None:
            await super()._ask_to_join(connection, take)
            return
        request = {"room": self.room.name, **self._since()}
        try:
            await connection.call_patiently("join_room", request, self._ack_timeout_s, take)
        except VersionUnknown:
            # As in `_ask_for_missing`.
            self._is_elsewhere = True
            await super()._ask_to_join(connection, take)

    def _enter(self, answer: Any) -> None:
        if self._opened is None:
            self._opened = Replica(document_of(answer["content"]), self._user_id, answer.get("last_edit"))
            self._worker = asyncio.create_task(self._work_or_fail(), name=f"collab-{self.room.name}")
        elif self._is_elsewhere and "content" in answer:
            self._is_elsewhere = False
            self._tell(self._opened.restart(document_of(answer["content"]), answer.get("last_edit")))
        else:
            self._catch_up_with(answer)
        self._stir()

    def _take_in(self, event: str, payload: Any) -> None:
        match event:
            case "content_edited":
                self._receive([payload])
            case "batch_update":
                self._receive(payload["edits"])
            case _:
                super()._take_in(event, payload)

    def _unsaved(self) -> tuple[Op, ...]:
        return () if self._opened is None else self._opened.pending_ops

    def _receive(self, bodies: Any) -> None:
        self._tell(self._replica.receive(map(Edit.from_json, bodies)))
        self._stir()

    def _catch_up_with(self, answer: Any) -> None:
        if "content" in answer:
            self._tell(self._replica.reset(document_of(answer["content"]), answer.get("last_edit")))
        else:
            self._tell(self._replica.receive(map(Edit.from_json, answer["edits"])))

    def _since(self) -> dict[str, Any]:
        """What is known here of the server's history: its version, and the edit that made it."""
        last_edit = self._replica.last_edit
        return {"since": self.version} if last_edit is None else {"since": self.version, "since_edit": last_edit}

    async def _work_or_fail(self) -> None:
        try:
            await self._work()
        except Exception as error:  # noqa: BLE001  # a task's edge: whoever waits in `saved` would wait for ever
            self.break_down(error)

    async def _work(self) -> None:
        """Sends what there is to send and asks for what is missing, one thing at a time."""
        backoff = Backoff()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (connection := self._connection) is not None:
                try:
                    if self._is_elsewhere or self._is_base_unknown or self._replica.is_behind:
                        await self._ask_for_missing(connection)
                    elif (request := self._replica.send(connection.max_message_bytes, new_id)) is not None:
                        await self._send(connection, request)
                        backoff.reset()
                    else:
                        break
                except NotConnected:
                    break
                except (Unavailable, RateLimited, VersionUnknown) as error:
                    await asyncio.sleep(backoff.delay_s(error))
                except ClientFault as error:
                    self.fail(error)

    async def _ask_for_missing(self, connection: Connection) -> None:
        room = {"room_id": self.room.name}
        if self._is_elsewhere:
            # The server's history is another than the one seen here, as after its backup was restored.
            answer = await connection.call("request_update", room, self._ack_timeout_s)
            self._tell(self._replica.restart(document_of(answer["content"]), answer.get("last_edit")))
        # Also what was heard while the document was on its way: it had no place in the history before.
        try:
            missed = await connection.call("request_update", {**room, **self._since()}, self._ack_timeout_s)
        except VersionUnknown:
            self._is_elsewhere = True
            raise
        self._is_elsewhere = self._is_base_unknown = False
        self._catch_up_with(missed)

    async def _send(self, connection: Connection, request: Request) -> None:
        if request.refusal is not None:
            self._tell(self._replica.refuse(request.edit_id, request.refusal))
            return
        try:
            answer = await connection.call(request.event, request.payload, self._ack_timeout_s)
        except (NotConnected, Unavailable, RateLimited):
            raise
        except CollabError as error:
            self._tell(self._replica.refuse(request.edit_id, error))
            if isinstance(error, VersionUnknown):
                self._is_base_unknown = True
                raise
        else:
            self._tell(self._replica.answer(answer_of(answer)))

    def _tell(self, notices: Sequence[Notice]) -> None:
        refused = (notice for notice in notices if isinstance(notice, Refused))
        self._refusal = self._refusal or next(refused, None)
        self._source.publish(*notices)
        self._mark()

    def _stir(self) -> None:
        self._mark()
        self._wake.set()

    def _mark(self) -> None:
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
