"""The handlers: each parses its event, authorises, calls one service and answers.

Edits are handed to the journal before anything waits, so that a session's edits keep their order. All other handlers
are tasks, which may wait, for the database say. While one waits, the session may leave the room, be taken out of it, or
be over: the handler looks again afterwards (`join_room`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter

from collab.domain.access import (
    BandRoom,
    ContentRoom,
    Right,
    Role,
    Room,
    SharedRoom,
    UserRoom,
    parse_content_room,
    parse_room,
)
from collab.domain.bands import User
from collab.domain.errors import CollabError, Conflicting, Forbidden, Invalid, shown
from collab.domain.ot.rebase import Duplicate, Stored
from collab.domain.presence.focus import Focus
from collab.protocol import requests
from collab.protocol.events import Json, edits_json, outcome_json
from collab.protocol.ops import to_domain
from collab.realtime.answers import Answers, Pending, Reply
from collab.realtime.broadcast import Broadcaster
from collab.realtime.connection import ConnectedSession
from collab.realtime.rooms import Rooms
from collab.realtime.server import Server
from collab.services.bands.contents import ContentService
from collab.services.bands.directory import Directory
from collab.services.bands.keyed_locks import KeyedLocks
from collab.services.editing.service import EditingService, Opened
from collab.services.presence.service import PresenceService
from collab.services.rates import Rates
from collab.services.ticket import Ticket

RequestT = TypeVar("RequestT")
EditT = TypeVar("EditT", requests.EditContent, requests.UndoEdit)


@dataclass(frozen=True, slots=True)
class Handlers:
    """`look_for` learns of a room what another node, or a restored backup, may just have brought."""

    server: Server
    answers: Answers
    rooms: Rooms
    directory: Directory
    contents: ContentService
    editing: EditingService
    presence: PresenceService
    broadcaster: Broadcaster
    look_for: Callable[[User, Room], Awaitable[None]]
    rates: Rates
    reading: KeyedLocks = field(default_factory=KeyedLocks)
    """What a user asks for is read one after the other: whatever their sessions send at once, others wait for one of
    their answers."""

    def register(self) -> None:
        """Lets the server call these; whatever else a client sends is answered `invalid`."""
        self.on("join_room", requests.JOIN_ROOM, self.join_room)
        self.on("leave_room", requests.LEAVE_ROOM, self.leave_room)
        self._on_edit("edit_content", requests.EDIT_CONTENT, self.edit_content)
        self._on_edit("undo_edit", requests.UNDO_EDIT, self.undo_edit)
        self.on("request_update", requests.REQUEST_UPDATE, self.request_update)
        self.on("update_presence", requests.UPDATE_PRESENCE, self.update_presence)
        self.server.on_unknown_event(self._unknown_event)

    async def join_room(self, session: ConnectedSession, request: requests.JoinRoom) -> Json:
        room, _ = await self._found(session, request.room)
        was_there = room in session.rooms
        # Enter first, then read: the session hears whatever is committed after the read.
        self.rooms.enter(session, room)
        try:
            opened = await self._opened(session, room, request)
            # The read waited. Meanwhile the user may have lost the role, and the session may have left or be over.
            _, role = self._enterable(session, request.room)
            if room not in session.rooms:
                raise Forbidden(f"the session left {room.name}, or was taken out of it, while it was joining")
            roster = self.presence.enter(session, room, session.connection.origin)
        except CollabError:
            if not was_there:
                self.rooms.leave(session, room)
            raise
        told = self.broadcaster.roster(session.id, room, roster)
        return {"room": room.name, "role": role, "roster": told, **opened}

    async def leave_room(self, session: ConnectedSession, request: requests.LeaveRoom) -> Json:
        room = parse_room(request.room)
        if isinstance(room, UserRoom):
            raise Forbidden("a session stays in its user's own room")
        self.presence.leave(session, room)
        return {}

    def edit_content(
        self, session: ConnectedSession, room: ContentRoom, request: requests.EditContent
    ) -> Ticket[Stored]:
        return self.editing.take_edit(
            session.user,
            session.id,
            room.id,
            edit_id=request.edit_id,
            base_version=request.base_version,
            ops=to_domain(request.ops),
            is_unchanged_expected=request.expect == "unchanged",
            base_edit=request.base_edit,
            rebased_to=request.rebased_to,
        )

    def undo_edit(self, session: ConnectedSession, room: ContentRoom, request: requests.UndoEdit) -> Ticket[Stored]:
        return self.editing.take_undo(session.user, session.id, room.id, edit_id=request.edit_id, target=request.target)

    async def request_update(self, session: ConnectedSession, request: requests.RequestUpdate) -> Json:
        if request.room_id is None:
            async with self._turn(session):
                await self._refresh(session)
            return {}
        room = parse_content_room(request.room_id)
        self.directory.require_content(session.user, room.id, Right.VIEW)
        return await self._opened(session, room, request)

    async def _refresh(self, session: ConnectedSession) -> None:
        user_id = session.user.id
        for band_id in sorted(self.directory.bands_of(user_id)):
            told_bytes = self.broadcaster.refresh(session.id, band_id, await self.contents.summaries(band_id))
            self.rates.charge("read", told_bytes, band_id, user_id, session)

    async def update_presence(self, session: ConnectedSession, request: requests.UpdatePresence) -> Json:
        room, _ = self._enterable(session, request.room)
        focus = None if request.focus is None else Focus(**request.focus.model_dump())
        has_focus = "focus" in request.model_fields_set
        is_gone = self.presence.update(session, room, request.status, focus, has_focus=has_focus)
        return {"focus": None} if is_gone else {}

    async def _opened(
        self, session: ConnectedSession, room: SharedRoom, request: requests.JoinRoom | requests.RequestUpdate
    ) -> Json:
        async with self._turn(session):
            self.rates.require_band(self._band_of(room), "requests")
            if isinstance(room, BandRoom):
                opened: Json = {"contents": [entry.to_json() for entry in await self.contents.summaries(room.id)]}
            else:
                opened = _opened_json(await self.editing.open(room.id, request.since, request.since_edit))
            return self._charged(session, room, opened)

    @asynccontextmanager
    async def _turn(self, session: ConnectedSession) -> AsyncIterator[None]:
        """The turn of a session among those of its user to have something read; `Unauthenticated` where it is over by
        then: thousands of events may have waited, and nobody hears their answers."""
        async with self.reading.at(session.user.id):
            session.require_identity()
            yield

    def _charged(self, session: ConnectedSession, room: SharedRoom, answer: Json) -> Json:
        """Makes an answer that may be long into JSON, and charges the session for its bytes."""
        made = {name: orjson.dumps(value) for name, value in answer.items()}
        size_bytes = sum(map(len, made.values()))
        self.rates.charge("read", size_bytes, self._band_of(room), session.user.id, session)
        return {name: orjson.Fragment(value) for name, value in made.items()}

    def _band_of(self, room: SharedRoom) -> str:
        """The id of the band that a room belongs to; empty where no such content is known."""
        if isinstance(room, BandRoom):
            return room.id
        ref = self.directory.content(room.id)
        return "" if ref is None else ref.band_id

    async def _found(self, session: ConnectedSession, name: str) -> tuple[SharedRoom, Role]:
        """As `_enterable`, but asks the database before it refuses: another node may just have made the room."""
        try:
            return self._enterable(session, name)
        except Forbidden:
            await self.look_for(session.user, parse_room(name))
            return self._enterable(session, name)

    def _enterable(self, session: ConnectedSession, name: str) -> tuple[SharedRoom, Role]:
        """The room of that name and the user's role in it; `Forbidden` alike for what is not theirs and what is not."""
        match parse_room(name):
            case BandRoom(band_id) as band:
                return band, self.directory.require_band(session.user, band_id, Right.VIEW)
            case ContentRoom(content_id) as content:
                return content, self.directory.require_content(session.user, content_id, Right.VIEW)[1]
            case UserRoom():
                raise Forbidden(f"room {name} does not exist or is not yours")

    async def role_in(self, session: ConnectedSession, room: SharedRoom) -> Role | None:
        """The role of a session's user in the band of a room; None where they have none."""
        try:
            return (await self._found(session, room.name))[1]
        except (Forbidden, Invalid):
            return None

    def on(
        self,
        event: str,
        adapter: TypeAdapter[RequestT],
        handle: Callable[[ConnectedSession, RequestT], Awaitable[Json]],
    ) -> None:
        """Lets the server call `handle` with each such event that fits, of a session whose user is known."""
        is_heard = event != "update_presence"  # which says itself what it means

        async def handled(session: ConnectedSession, arguments: Sequence[Any]) -> Json:
            self._count(event, session, is_heard=is_heard)
            return await handle(session, requests.parse(adapter, arguments))

        async def answered(session: ConnectedSession, arguments: Sequence[Any]) -> Json:
            return await self.answers.give(event, session.id, handled(session, arguments))

        self.server.on_event(event, answered)

    def _on_edit(
        self,
        event: str,
        adapter: TypeAdapter[EditT],
        take: Callable[[ConnectedSession, ContentRoom, EditT], Ticket[Stored]],
    ) -> None:
        """As `_on`, for edits: the handler hands them to the journal at once, and needs no task."""

        def taken(session: ConnectedSession, arguments: Sequence[Any], reply: Reply) -> None:
            pending = self.answers.expect(event, session.id, reply)
            try:
                self._count(event, session)
                request = requests.parse(adapter, arguments)
                room = parse_content_room(request.room_id)
                ticket = take(session, room, request)
            except Exception as error:  # noqa: BLE001  # the edge of the server, as in `Answers.give`
                pending.fail(error)
            else:
                ticket.then(partial(self._answer, session, room, pending, request.edit_id))

        self.server.on_event_in_place(event, taken)

    def _count(self, event: str, session: ConnectedSession, *, is_heard: bool = True) -> None:
        """An event came from a session, whose user must be known: it counts for its rate and, if `is_heard`, as a sign
        of life."""
        self.rates.take(session, event)
        session.require_identity()
        if is_heard:
            self.presence.hear(session)

    def _answer(
        self,
        session: ConnectedSession,
        room: ContentRoom,
        pending: Pending,
        edit_id: str,
        outcome: Stored | Exception,
    ) -> None:
        """Answers an edit. The answer to a resend or a conflict may be far longer than the request, and is charged
        here alone."""
        if isinstance(outcome, Exception):
            if isinstance(outcome, Conflicting):
                self._charged(session, room, {"details": outcome.details})
            pending.fail(outcome)
        else:
            answer = outcome_json(edit_id, outcome)
            pending.give(self._charged(session, room, answer) if isinstance(outcome, Duplicate) else answer)

    async def _unknown_event(self, session: ConnectedSession, event: Any) -> Json:
        async def refused() -> Json:
            self._count("*", session)
            raise Invalid.at("event", f"expected an event of the protocol, got {shown(event)}")

        return await self.answers.give("unknown", session.id, refused())


def _opened_json(opened: Opened) -> Json:
    if opened.document is not None:
        return {"content": opened.document.to_json(), "last_edit": opened.last_edit}
    return {"version": opened.version, "edits": edits_json(opened.edits)}
