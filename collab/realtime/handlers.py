"""The handlers: each parses its event, authorises, calls one service and answers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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
from collab.realtime.server import Server
from collab.realtime.sessions import Session, Sessions
from collab.realtime.transports import Transports
from collab.services.bands.contents import ContentService
from collab.services.bands.directory import Directory
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
    sessions: Sessions
    transports: Transports
    directory: Directory
    contents: ContentService
    editing: EditingService
    presence: PresenceService
    broadcaster: Broadcaster
    look_for: Callable[[User, Room], Awaitable[None]]
    rates: Rates

    def register(self) -> None:
        """Lets the server call these; whatever else a client sends is answered `invalid`."""
        self._on("join_room", requests.JOIN_ROOM, self.join_room)
        self._on("leave_room", requests.LEAVE_ROOM, self.leave_room)
        self._on_edit("edit_content", requests.EDIT_CONTENT, self.edit_content)
        self._on_edit("undo_edit", requests.UNDO_EDIT, self.undo_edit)
        self._on("request_update", requests.REQUEST_UPDATE, self.request_update)
        self._on("update_presence", requests.UPDATE_PRESENCE, self.update_presence)
        self.server.on("*", self._unknown_event)

    async def join_room(self, session: Session, request: requests.JoinRoom) -> Json:
        room, _ = await self._found(session, request.room)
        was_there = room.name in self.server.rooms(session.id)
        # First in, then look: what is committed after the look, the session hears.
        await self.server.enter_room(session.id, room.name)
        try:
            opened = await self._opened(session, room, request)
            # Once more: whoever was removed meanwhile is in no roster yet, so that nobody could take them out.
            _, role = self._enterable(session, request.room)
            if room.name not in self.server.rooms(session.id):
                raise Forbidden(f"the session left {room.name}, or was taken out of it, while it was joining")
            roster = self.presence.enter(session.id, session.user, room, self.transports.origin(session.id))
        except CollabError:
            if not was_there:
                await self.server.leave_room(session.id, room.name)
            raise
        told = self.broadcaster.roster(session.id, room, roster)
        return {"room": room.name, "role": role, "roster": told, **opened}

    async def leave_room(self, session: Session, request: requests.LeaveRoom) -> Json:
        room = parse_room(request.room)
        if isinstance(room, UserRoom):
            raise Forbidden("a session stays in its user's own room")
        await self.server.leave_room(session.id, room.name)
        self.presence.leave(session.id, room)
        return {}

    def edit_content(self, session: Session, room: ContentRoom, request: requests.EditContent) -> Ticket[Stored]:
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

    def undo_edit(self, session: Session, room: ContentRoom, request: requests.UndoEdit) -> Ticket[Stored]:
        return self.editing.take_undo(session.user, session.id, room.id, edit_id=request.edit_id, target=request.target)

    async def request_update(self, session: Session, request: requests.RequestUpdate) -> Json:
        if request.room_id is None:
            for band_id in sorted(self.directory.bands_of(session.user.id)):
                self.broadcaster.refresh(session.id, band_id, await self.contents.summaries(band_id))
            return {}
        room = parse_content_room(request.room_id)
        self.directory.require_content(session.user, room.id, Right.VIEW)
        return await self._opened(session, room, request)

    async def update_presence(self, session: Session, request: requests.UpdatePresence) -> Json:
        room, _ = self._enterable(session, request.room)
        if room not in self.presence.rooms_of(session.id):
            raise Forbidden(f"expected a session that has joined {room.name}: join it first")
        focus = None if request.focus is None else Focus(**request.focus.model_dump())
        has_focus = "focus" in request.model_fields_set
        self.presence.update(session.id, room, request.status, focus, has_focus=has_focus)
        return {}

    async def _opened(
        self, session: Session, room: SharedRoom, request: requests.JoinRoom | requests.RequestUpdate
    ) -> Json:
        self.rates.require_band(self._band_of(room), "requests")
        if isinstance(room, BandRoom):
            opened: Json = {"contents": [entry.to_json() for entry in await self.contents.summaries(room.id)]}
        else:
            opened = _opened_json(await self.editing.open(room.id, request.since, request.since_edit))
        return self._charged(session, room, opened)

    def _charged(self, session: Session, room: SharedRoom, answer: Json) -> Json:
        """An answer that may be long, made into JSON here, where what it takes is charged."""
        made = {name: orjson.dumps(value) for name, value in answer.items()}
        size_bytes = sum(map(len, made.values()))
        self.rates.charge("read", size_bytes, self._band_of(room), session.user.id, session.id)
        return {name: orjson.Fragment(value) for name, value in made.items()}

    def _band_of(self, room: SharedRoom) -> str:
        """The id of a room's band; of what is no content, nobody's."""
        if isinstance(room, BandRoom):
            return room.id
        ref = self.directory.content(room.id)
        return "" if ref is None else ref.band_id

    async def _found(self, session: Session, name: str) -> tuple[SharedRoom, Role]:
        """As `_enterable`. What this node does not know may be new in the database, which is asked first."""
        try:
            return self._enterable(session, name)
        except Forbidden:
            await self.look_for(session.user, parse_room(name))
            return self._enterable(session, name)

    def _enterable(self, session: Session, name: str) -> tuple[SharedRoom, Role]:
        """The room of that name and the user's role in it; `Forbidden` alike for what is not theirs and what is not."""
        match parse_room(name):
            case BandRoom(band_id) as band:
                return band, self.directory.require_band(session.user, band_id, Right.VIEW)
            case ContentRoom(content_id) as content:
                return content, self.directory.require_content(session.user, content_id, Right.VIEW)[1]
            case UserRoom():
                raise Forbidden(f"room {name} does not exist or is not yours")

    def _on(
        self,
        event: str,
        adapter: TypeAdapter[RequestT],
        handle: Callable[[Session, RequestT], Awaitable[Json]],
    ) -> None:
        is_heard = event != "update_presence"  # which says itself what it means

        async def handled(sid: str, arguments: Sequence[Any]) -> Json:
            session = self._counted(event, sid, is_heard=is_heard)
            return await handle(session, requests.parse(adapter, arguments))

        async def answered(sid: str, *arguments: Any) -> Json:
            return await self.answers.give(event, sid, handled(sid, arguments))

        self.server.on(event, answered)

    def _on_edit(
        self,
        event: str,
        adapter: TypeAdapter[EditT],
        take: Callable[[Session, ContentRoom, EditT], Ticket[Stored]],
    ) -> None:
        """As `_on`, for what is with the journal before anything waits: it takes no task."""

        def taken(sid: str, arguments: Sequence[Any], reply: Reply) -> None:
            pending = self.answers.expect(event, sid, reply)
            try:
                session = self._counted(event, sid)
                request = requests.parse(adapter, arguments)
                room = parse_content_room(request.room_id)
                ticket = take(session, room, request)
            except Exception as error:  # noqa: BLE001  # the edge of the server, as in `Answers.give`
                pending.fail(error)
            else:
                ticket.then(partial(self._answer, session, room, pending, request.edit_id))

        self.server.on_in_place(event, taken)

    def _counted(self, event: str, sid: str, *, is_heard: bool = True) -> Session:
        """The session of an event that came, which counts for its rate and, if `is_heard`, as a sign of life."""
        self.rates.take(sid, event)
        session = self.sessions.require(sid)
        if is_heard:
            self.presence.hear(sid)
        return session

    def _answer(
        self, session: Session, room: ContentRoom, pending: Pending, edit_id: str, outcome: Stored | Exception
    ) -> None:
        """Answers an edit. What answers a resend or a conflict may be far longer than what asked for it, and is charged
        nowhere else."""
        if isinstance(outcome, Exception):
            if isinstance(outcome, Conflicting):
                self._charged(session, room, {"details": outcome.details})
            pending.fail(outcome)
        else:
            answer = outcome_json(edit_id, outcome)
            pending.give(self._charged(session, room, answer) if isinstance(outcome, Duplicate) else answer)

    async def _unknown_event(self, event: Any, sid: str, *_arguments: Any) -> Json:
        async def refused() -> Json:
            self._counted("*", sid)
            raise Invalid.at("event", f"expected an event of the protocol, got {shown(event)}")

        return await self.answers.give("unknown", sid, refused())


def _opened_json(opened: Opened) -> Json:
    if opened.document is not None:
        return {"content": opened.document.to_json(), "last_edit": opened.last_edit}
    return {"version": opened.version, "edits": edits_json(opened.edits)}
