"""A room as a client is in it: its roster, its events, and coming back to it on every new connection."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

from collab.client.backoff import Backoff
from collab.client.connection import Connection, Take
from collab.client.errors import Broken, NotConnected
from collab.client.events import RoomLost, RosterChanged
from collab.client.outside import REAL, Outside
from collab.client.stream import EventT, Source, Stream
from collab.client.wire import presence_of
from collab.domain.access import BandRoom, ContentRoom, Role
from collab.domain.errors import CollabError, RateLimited
from collab.domain.ot.ops import Op
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Presence, Status

log = logging.getLogger(__name__)

_OF_PRESENCE = ("presence_updated", "user_joined", "user_left")

RoomT = TypeVar("RoomT", bound=BandRoom | ContentRoom)


class Room(Generic[RoomT, EventT]):
    """What a band and a content have in common. `role` is one's own in the band. `forget` hears the name of the room
    once it is lost."""

    def __init__(
        self, room: RoomT, ack_timeout_s: float, forget: Callable[[str], None], outside: Outside = REAL
    ) -> None:
        self.room = room
        self._outside = outside
        self.role: Role | None = None
        self.opened = asyncio.Event()
        """Set once the room was entered, or could not be: then `failure` says why."""
        self.failure: CollabError | None = None
        self._ack_timeout_s = ack_timeout_s
        self._forget = forget
        self._connection: Connection | None = None
        self._early: list[tuple[str, Any]] = []
        self._roster: dict[str, Presence] = {}
        self._status: Status = "active"
        self._focus: Focus | None = None
        self._source: Source[EventT | RosterChanged | RoomLost] = Source()

    @property
    def id(self) -> str:
        return self.room.id

    @property
    def roster(self) -> Mapping[str, Presence]:
        """Who is here, by session id; as last heard while there is no connection."""
        return dict(self._roster)

    def events(self) -> Stream[EventT | RosterChanged | RoomLost]:
        """A stream of what happens from now on, until the room is left or lost."""
        return self._source.stream()

    async def focus(
        self, item: str | None = None, field: str | None = None, anchor: int | None = None, head: int | None = None
    ) -> None:
        """Tells the others where one is working, a selection in code points; without arguments: nowhere."""
        place = Focus(item, field, anchor, head)
        self._focus = None if place == Focus() else place
        await self._show()

    async def set_status(self, status: Status) -> None:
        """Tells the others whether one is at work."""
        self._status = status
        await self._show()

    async def join(self, connection: Connection) -> None:
        """Enters on a new connection, and takes in what was missed. Raises what the server refuses it with."""
        self._early.clear()
        await self._ask_to_join(connection, partial(self._joined, connection))
        if (self._status, self._focus) != ("active", None):
            await self._show()

    def disconnected(self) -> None:
        """The connection is over; another one may come."""
        self._connection = None

    def fail(self, error: CollabError) -> None:
        """The room is lost for good; whoever opens it again gets another."""
        self._forget(self.room.name)
        self.failure = error
        self._source.publish(RoomLost(error, self._unsaved()))
        self.end()

    def _unsaved(self) -> tuple[Op, ...]:
        """What was edited and may not be stored."""
        return ()

    def break_down(self, error: Exception) -> None:
        """Loses the room by a failure of the SDK itself, and logs that."""
        log.error("the SDK failed in %s", self.room.name, exc_info=error)
        self.fail(Broken(f"expected to go on in {self.room.name}, but the SDK failed: {error!r}"))

    def end(self) -> None:
        """Ends the streams; nothing is heard any more."""
        self._connection = None
        self.opened.set()
        self._source.close()

    def hear(self, event: str, payload: Any) -> None:
        """Takes in an event of the room. Before the answer to `join_room` it is kept: the answer says what it follows,
        and may have been read from the database before it. The roster was not: it has what was told of presence."""
        if self._connection is None:
            if event not in _OF_PRESENCE:
                self._early.append((event, payload))
        else:
            self._take_in(event, payload)

    def _joined(self, connection: Connection, answer: Any) -> None:
        self.role = Role(answer["role"])
        self._roster = {entry["session_id"]: presence_of(entry) for entry in answer["roster"]}
        self._connection = connection
        self._enter(connection, answer)
        early, self._early = self._early, []
        for event, payload in early:
            self._take_in(event, payload)
        self._source.publish(RosterChanged(self.roster))
        self.opened.set()

    def _take_in(self, event: str, payload: Any) -> None:
        if event == "presence_updated":
            for session_id in payload.get("gone", ()):
                self._roster.pop(session_id, None)
            self._roster.update((entry["session_id"], presence_of(entry)) for entry in payload["sessions"])
        elif event == "user_left":
            gone = payload["user_id"]
            self._roster = {key: entry for key, entry in self._roster.items() if entry.user.id != gone}
        else:
            return
        self._source.publish(RosterChanged(self.roster))

    async def _ask_to_join(self, connection: Connection, take: Take) -> None:
        await connection.call_patiently("join_room", self.room.name, self._ack_timeout_s, take)

    def _enter(self, connection: Connection, answer: Any) -> None:
        """Takes in the rest of the answer to `join_room`."""
        raise NotImplementedError

    async def _show(self) -> None:
        backoff = Backoff(chance=self._outside.chance)
        # Where there is no connection, it is told when the room is entered again.
        while (connection := self._connection) is not None:
            focus = None if self._focus is None else self._focus.to_json()
            shown = {"room": self.room.name, "status": self._status, "focus": focus}
            take = partial(self._shown, connection.session.id, self._status, self._focus)
            try:
                await connection.call("update_presence", shown, self._ack_timeout_s, take)
            except NotConnected:
                return
            except RateLimited as error:
                # What is told then is what is true by then.
                await asyncio.sleep(backoff.delay_s(error))
            else:
                return

    def _shown(self, session_id: str, status: Status, focus: Focus | None, answer: Any) -> None:
        if "focus" in answer:
            # Its item is gone. What was said since is another word.
            self._focus = None if self._focus == focus else self._focus
            focus = None
        # The server tells everybody but oneself.
        if (mine := self._roster.get(session_id)) is not None:
            self._roster[session_id] = replace(mine, status=status, focus=focus)
            self._source.publish(RosterChanged(self.roster))
