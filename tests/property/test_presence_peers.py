"""Rosters on several nodes: whatever the bus does, they agree as soon as it lets them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.access import BandRoom, SharedRoom
from collab.domain.bands import User
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Diff, Presence
from collab.domain.presence.visits import Origin
from collab.realtime.connection import ConnectedSession
from collab.realtime.rooms import Rooms
from collab.realtime.sessions import Sessions
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.cluster import Cluster
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.lease import Lease
from collab.services.cluster.publisher import Publisher
from collab.services.ports import Announcer, Identity
from collab.services.presence.log import PresenceLog
from collab.services.presence.news import PresenceNews
from collab.services.presence.peers import PresencePeers
from collab.services.presence.service import PresenceService
from tests.support.clock import ManualClock
from tests.support.connections import unconnected
from tests.support.examples import examples
from tests.support.receiving import fold

ROOM = BandRoom("b")
GRACE = timedelta(seconds=10)
NO_TIME = timedelta(0)
LEASE = timedelta(seconds=15)
USERS = [User("ada", "Ada"), User("ben", "Ben")]
NODES = 3


class Wires:
    """Every message that is on its way, to each node that has not had it yet."""

    def __init__(self) -> None:
        self.buses: list[Wired] = []
        self.flying: list[tuple[Wired, bytes]] = []

    def publish(self, sender: "Wired", message: bytes) -> None:
        self.flying += [(bus, message) for bus in self.buses if bus is not sender]

    def deliver(self, at: int, *, is_kept: bool = False) -> None:
        if self.flying:
            bus, message = self.flying[at % len(self.flying)]
            if not is_kept:
                del self.flying[at % len(self.flying)]
            bus.on_message(message)

    def lose(self, at: int) -> None:
        if self.flying:
            del self.flying[at % len(self.flying)]

    def deliver_all(self, random: Random | None = None) -> None:
        """In order, or in any order and some of them twice."""
        if random is not None and self.flying:
            self.flying += random.choices(self.flying, k=len(self.flying) // 3)
        while self.flying:
            self.deliver(0 if random is None else random.randrange(len(self.flying)))


class Wired:
    """Implements `services.ports.Bus`."""

    def __init__(self, wires: Wires) -> None:
        self.is_connected = True
        self.on_message: Callable[[bytes], None] = lambda _: None
        self._wires = wires
        wires.buses.append(self)

    def start(
        self,
        on_message: Callable[[bytes], None],
        on_connected: Callable[[], None],
        _on_followed: Callable[[str], None],
    ) -> None:
        self.on_message = on_message
        on_connected()

    def follow(self, band_id: str) -> None:
        """Nobody edits here."""

    def leave(self, band_id: str) -> None:
        """Likewise."""

    def publish(self, message: bytes, _band_id: str | None = None) -> None:
        self._wires.publish(self, message)

    async def close(self) -> None:
        self._wires.buses.remove(self)


class Nothing:
    """Stands in for whatever has no part in presence."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_args, **_options: {}


class Told:
    """An announcer that checks the story that a room is told, and keeps what its listeners show."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.shown: dict[str, Presence] = {}

    def presence(self, room: SharedRoom, diff: Diff, _skip: str | None) -> None:
        for user in diff.joined:
            assert user.id not in self.people
            self.people.add(user.id)
        for left in diff.left:
            assert left.user_id in self.people
            self.people.remove(left.user_id)
        self.shown = fold(self.shown, diff)


class Node:
    """`interval`: what happens within it is told in one message."""

    def __init__(self, name: str, wires: Wires, clock: ManualClock, interval: timedelta = NO_TIME) -> None:
        self.name = name
        self.told = Told()
        self.clock = clock
        self.open: list[ConnectedSession] = []
        self.rooms = Rooms(Sessions(clock, NO_TIME))
        announcer = cast(Announcer, self.told)
        log = cast(PresenceLog, Nothing())
        ids = count(1)
        bus, lease = Wired(wires), Lease(clock, lambda: f"{name} as {next(ids)}", "stage", LEASE)
        publisher = Publisher(bus, lease, clock, interval, str)
        self.lease = lease
        self.service = PresenceService(
            self.rooms,
            PresenceNews(announcer, clock, NO_TIME),
            log,
            clock,
            lambda *_: False,
            grace=GRACE,
            idle_after=timedelta(hours=1),
            max_sessions=1_000,
            on_change=publisher.presence_changed,
        )
        edits, bands = cast(EditRelay, Quiet()), cast(BandRelay, Quiet())
        peers = PresencePeers(self.service, clock, GRACE)
        self.cluster = Cluster(publisher, lease, edits, bands, peers, clock)
        # A listener who never moves, so that the room is told of all that happens.
        self.watcher = self.connected(User(f"{name}-watcher", "Watcher"), f"{name}-watcher")
        self.count = 0

    def connected(self, user: User, session_id: str) -> ConnectedSession:
        session = ConnectedSession(session_id, unconnected())
        session.identity = Identity(user, self.clock.now(), self.clock.now())
        return session

    def enter(self, session: ConnectedSession) -> None:
        self.rooms.enter(session, ROOM)
        self.service.enter(session, ROOM, Origin())

    def act(self, action: str, user: User) -> None:
        mine = [session for session in self.open if session.user == user]
        match action:
            case "enter":
                self.count += 1
                self.open.append(self.connected(user, f"{user.id}-{self.name}-{self.count}"))
                self.enter(self.open[-1])
            case "leave" if mine:
                self.open.remove(mine[0])
                self.service.leave(mine[0], ROOM)
            case "lose" if mine:
                self.open.remove(mine[0])
                self.service.disconnect(mine[0], "transport_close", is_deliberate=False)
            case "move" if mine:
                self.count += 1
                focus = Focus("iko", "notes", self.count, self.count)
                self.service.update(mine[0], ROOM, None, focus, has_focus=True)

    def roster(self) -> dict[str, tuple[Any, ...]]:
        sessions = self.service.roster(ROOM).sessions.items()
        return {key: (it.user, it.status, it.focus, it.lingers_until is None) for key, it in sessions}


class Quiet:
    """Edits and bands of which there is no news."""

    def news(self) -> dict[str, int]:
        return {}

    def heads(self, _heads: dict[str, int]) -> None:
        pass

    async def compare(self) -> None:
        pass

    async def refresh(self) -> None:
        pass

    async def make_up(self) -> None:
        pass

    async def close(self) -> None:
        pass


which = st.integers(0, 1_000)
acts = st.tuples(
    st.just("act"),
    st.integers(0, NODES - 1),
    st.sampled_from(["enter", "leave", "lose", "move", "move"]),
    st.sampled_from(USERS),
)
steps = st.lists(
    st.one_of(
        acts,
        acts,
        st.tuples(st.just("deliver"), which),
        st.tuples(st.just("twice"), which),
        st.tuples(st.just("lose"), which),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 1.0, 4.0])),
        st.tuples(st.just("begin anew"), st.integers(0, NODES - 1)),
        st.tuples(st.just("look"), st.integers(0, NODES - 1)),
    ),
    min_size=10,
    max_size=40,
)


@given(steps, st.integers(0, 1_000_000), st.sampled_from([NO_TIME, timedelta(seconds=0.4)]))
@examples(150)
def test_rosters_agree_as_soon_as_the_bus_lets_them(
    story: Sequence[tuple[Any, ...]], seed: int, interval: timedelta
) -> None:
    asyncio.run(_play(story, Random(seed), interval))  # noqa: S311  # a failure wants to be repeated


async def _play(story: Sequence[tuple[Any, ...]], random: Random, interval: timedelta) -> None:
    wires, clock = Wires(), ManualClock()
    nodes = [Node(f"n{number}", wires, clock, interval) for number in range(NODES)]
    for node in nodes:
        node.cluster.start()
        node.enter(node.watcher)
    wires.deliver_all()
    for step in story:
        match step:
            case ("act", number, action, user):
                nodes[number].act(action, user)
            case ("deliver", at):
                wires.deliver(at)
            case ("twice", at):
                wires.deliver(at, is_kept=True)
            case ("lose", at):
                wires.lose(at)
            case ("wait", seconds):
                clock.advance(seconds)
            case ("begin anew", number):
                # It was taken for dead.
                nodes[number].lease.begin_anew()
            case ("look", number):
                _look(nodes[number], nodes)

    # One beat, the question that it leads to and the answer.
    wires.deliver_all(random)
    for node in nodes:
        _look(node, nodes)
    clock.advance(1)
    wires.deliver_all()
    _agree(nodes)
    clock.advance(GRACE.total_seconds())
    wires.deliver_all()
    _agree(nodes)
    here = {session.id for node in nodes for session in (*node.open, node.watcher)}
    for node in nodes:
        assert set(node.roster()) == here
        await node.cluster.close()


def test_a_late_word_under_the_old_name_of_a_node_takes_none_of_its_sessions_out() -> None:
    asyncio.run(_play_late_word())


async def _play_late_word() -> None:
    wires, clock = Wires(), ManualClock()
    nodes = [ada, ben] = [Node(name, wires, clock) for name in ("ada", "ben")]
    for node in nodes:
        node.cluster.start()
        node.enter(node.watcher)
    ada.act("enter", USERS[0])
    wires.deliver_all()
    ada.act("move", USERS[0])
    late = wires.flying.pop()
    # It was taken for dead, and says anew how things are; only then comes what it said before.
    ada.lease.begin_anew()
    clock.advance(0.5)
    wires.deliver_all()
    wires.flying.append(late)
    wires.deliver_all()
    _look(ben, nodes)
    clock.advance(1)
    wires.deliver_all()
    _agree(nodes)
    for node in nodes:
        assert {session.id for session in (*ada.open, ada.watcher, ben.watcher)} == set(node.roster())
        await node.cluster.close()


def _look(node: Node, nodes: Sequence[Node]) -> None:
    """A node looks who lives, by the database."""
    node.cluster.living({other.lease.node_id for other in nodes})


def _agree(nodes: Sequence[Node]) -> None:
    """Whoever is connected is in every roster, and each room was told what stands in its own. A session that lingers
    may do so on one node alone, to the end of its grace: that its place was taken is told once."""
    rosters = [node.roster() for node in nodes]
    connected = [{key: entry for key, entry in roster.items() if entry[3]} for roster in rosters]
    for node, roster, here in zip(nodes, rosters, connected, strict=True):
        assert here == connected[0]
        users = defaultdict(set)
        for session_id, (user, *_) in roster.items():
            users[user.id].add(session_id)
        assert node.told.people == set(users)
        assert {key: (it.status, it.focus) for key, it in node.told.shown.items()} == {
            key: (status, focus) for key, (_, status, focus, _) in roster.items()
        }
