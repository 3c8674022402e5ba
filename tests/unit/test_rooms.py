"""Rooms: who hears what, and that nobody is left in one."""

from datetime import timedelta

import pytest

from collab.domain.access import BandRoom, Room, UserRoom
from collab.domain.bands import User
from collab.domain.errors import Unauthenticated
from collab.engineio.packets import Packet
from collab.realtime.connection import ConnectedSession, Connection
from collab.realtime.rooms import Rooms
from collab.realtime.server import make_server
from collab.realtime.sessions import Sessions
from collab.services.ports import Identity
from tests.support.clock import ManualClock
from tests.support.connections import opening

BAND = BandRoom("b")


class Listening(Connection):
    """A connection that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(*opening())
        self.heard: list[str] = []

    def send(self, packet: Packet) -> None:
        self.heard.append(str(packet.data))


class Home:
    """Ada's two sessions, and one of Ben's."""

    def __init__(self) -> None:
        clock = ManualClock()
        self.sessions = Sessions(clock, timedelta(seconds=5))
        self.rooms = Rooms(self.sessions)
        self.connections = [Listening() for _ in range(3)]
        self.here = [ConnectedSession(f"sid-{number}", one) for number, one in enumerate(self.connections)]
        for session, user_id in zip(self.here, ("ada", "ada", "ben"), strict=True):
            good_until = clock.now() + timedelta(hours=1)
            self.sessions.begin(session, Identity(User(user_id, user_id), good_until, good_until))
            self.rooms.enter(session, UserRoom(user_id))

    def tell(self, to: str, skip: str | None = None) -> list[int]:
        """Tells a room or a session something, and returns who heard it."""
        before = [len(one.heard) for one in self.connections]
        self.rooms.tell(to, "content_edited", {}, skip)
        return [number for number, one in enumerate(self.connections) if len(one.heard) > before[number]]


def test_a_room_is_heard_by_those_in_it_and_a_session_by_itself() -> None:
    home = Home()
    for session in home.here[1:]:
        home.rooms.enter(session, BAND)
    assert home.tell(BAND.name) == [1, 2]
    assert home.tell(BAND.name, skip="sid-1") == [2]
    assert home.tell("sid-0") == [0]
    assert home.tell(UserRoom("ada").name) == [0, 1]
    assert home.tell("content_none") == []


def test_who_leaves_hears_nothing_more_and_an_empty_room_is_forgotten() -> None:
    home = Home()
    home.rooms.enter(home.here[0], BAND)
    home.rooms.leave(home.here[0], BAND)
    home.rooms.leave(home.here[0], BAND)
    assert home.tell(BAND.name) == []
    for session in home.here:
        home.rooms.enter(session, BAND)
        home.rooms.leave_all(session)
        assert session.rooms == {}
    assert home.tell(BAND.name) == []
    assert home.rooms._in == {}  # noqa: SLF001  # what would grow for ever


@pytest.mark.parametrize("room", [BAND, UserRoom("ada")])
def test_a_session_that_is_over_is_let_in_nowhere(room: Room) -> None:
    """What was under way for it would leave it there for ever."""
    home = Home()
    home.sessions.end(home.here[0])
    home.rooms.leave_all(home.here[0])
    with pytest.raises(Unauthenticated):
        home.rooms.enter(home.here[0], room)
    assert home.tell(room.name, skip="sid-1") == []


@pytest.mark.asyncio
async def test_nobody_emits_past_the_rooms() -> None:
    server = make_server(
        allowed_origins=(),
        ping_interval_s=1,
        ping_timeout_s=1,
        max_message_bytes=1_000,
        compression_threshold_bytes=1_024,
    )
    with pytest.raises(NotImplementedError):
        await server.emit("content_edited", {})
