"""Nodes of two versions stand side by side: what one says, the other reads."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import pytest

from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Set
from collab.domain.presence.peers import Peer
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.cluster import BEAT_EVERY, Cluster
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.lease import Lease
from collab.services.cluster.messages import (
    VERSION,
    Ask,
    BandChanged,
    Beat,
    Bye,
    Edits,
    Heads,
    HostTold,
    LaterVersion,
    PresenceChanged,
    State,
    Told,
    Unknown,
    from_json,
    presence_from_json,
    sender,
    to_json,
)
from collab.services.cluster.publisher import Publisher
from collab.services.presence.peers import PresencePeers
from tests.support.clock import ManualClock

NODE, LEASE = "01a22400-b35c-718a-afa0-34640f1de97f", "01a22400-b35c-718a-afa0-3463560579a3"
SETLIST, BAND = "01a22400-be03-77ce-9250-63e3845b128b", "01a22400-b85c-728f-a472-ec8c3641ede0"

FIRST: Mapping[str, bytes] = {
    "edits": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"edits","sent_at_s":1795900358.3196,"edits":'
    b'[{"room_id":"content_01a22400-be03-77ce-9250-63e3845b128b","edit_id":"e3089038-de00-4a97-99f5-6d81b0b6d75c",'
    b'"version":1,"base_version":0,"author":{"id":"ada","name":"Ada"},"session_id":"o5GcYyuAhgvP12JWAAAB",'
    b'"ops":[{"op":"set","item":"iko","field":"key","value":"G"}],"at":"2026-11-28T21:12:38.273Z"}]}',
    "heads": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"heads","sent_at_s":1795900360.083229,'
    b'"heads":{"01a22400-be03-77ce-9250-63e3845b128b":3}}',
    "beat": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"beat","sent_at_s":1795900358.530324,"last":7,'
    b'"lease":"01a22400-b35c-718a-afa0-3463560579a3","heads":{"01a22400-be03-77ce-9250-63e3845b128b":2}}',
    "ask": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"ask","sent_at_s":1795900356.242346,"of":null}',
    "state": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"state","sent_at_s":1795900360.104213,"last":8,'
    b'"lease":"01a22400-b35c-718a-afa0-3463560579a3","rooms":{"content_01a22400-be03-77ce-9250-63e3845b128b":'
    b'[{"session_id":"o5GcYyuAhgvP12JWAAAB","user":["ada","Ada"],"joined_at":"2026-11-28T21:12:38.264760+00:00",'
    b'"last_seen":"2026-11-28T21:12:39.532953+00:00","status":"active","focus":{"item":"iko","field":"notes",'
    b'"anchor":2,"head":3},"lingers_s":9.42879}]}}',
    "presence": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"presence","sent_at_s":1795900358.320282,'
    b'"number":6,"lease":"01a22400-b35c-718a-afa0-3463560579a3","rooms":'
    b'{"content_01a22400-be03-77ce-9250-63e3845b128b":{"updated":[{"session_id":"o5GcYyuAhgvP12JWAAAB",'
    b'"user":["ada","Ada"],"joined_at":"2026-11-28T21:12:38.264760+00:00",'
    b'"last_seen":"2026-11-28T21:12:38.272534+00:00","status":"active","focus":null,"lingers_s":null}],'
    b'"gone":["wb1nMRvBsiEzjyKOAAAB"]}}}',
    "band": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"band","sent_at_s":1795900356.722667,"number":1,'
    b'"lease":"01a22400-b35c-718a-afa0-3463560579a3","band_id":"01a22400-b85c-728f-a472-ec8c3641ede0"}',
    "tell": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"tell","sent_at_s":1795900358.324036,"number":7,'
    b'"lease":"01a22400-b35c-718a-afa0-3463560579a3","room":"band_01a22400-b85c-728f-a472-ec8c3641ede0",'
    b'"event":"content_updated","payload":{"type":"setlist","action":"update",'
    b'"band_id":"01a22400-b85c-728f-a472-ec8c3641ede0","data":{"id":"01a22400-be03-77ce-9250-63e3845b128b",'
    b'"kind":"setlist","title":"Saturday","version":2,"updated_at":"2026-11-28T21:12:38.321Z",'
    b'"updated_by":{"id":"ada","name":"Ada"}}}}',
    "bye": b'{"node":"01a22400-b35c-718a-afa0-34640f1de97f","kind":"bye","sent_at_s":1795900360.45877}',
}
"""A message of each kind, as nodes sent it before their messages had a version and they had one id."""


@pytest.mark.parametrize("kind", FIRST)
def test_the_first_messages_are_read_and_those_of_today_say_all_that_they_did(kind: str) -> None:
    sent = from_json(FIRST[kind])
    assert (sent.node, sent.message.kind) == (NODE, kind)
    again = to_json(sent.message, sent.node, sent.at_s)
    assert orjson.loads(again) == {"v": VERSION, "follows_bands": True, **orjson.loads(FIRST[kind])}
    assert (from_json(again).node, from_json(again).message) == (sent.node, sent.message)
    assert (from_json(again).follows_bands, sent.follows_bands) == (True, False)
    # Of its own messages a node wants to know no more.
    assert (sender(again), sender(FIRST[kind])) == (NODE, None)


def test_a_message_of_every_kind_is_recorded() -> None:
    kinds = {Edits.kind, Heads.kind, Beat.kind, Ask.kind, State.kind, Bye.kind, PresenceChanged.kind, BandChanged.kind}
    assert {*kinds, Told.kind} == {*FIRST}


def test_what_the_first_messages_say() -> None:
    def message(kind: str) -> Any:
        return from_json(FIRST[kind]).message

    [edit] = message("edits").edits
    assert (edit.content_id, edit.version, edit.ops) == (SETLIST, 1, (Set("iko", "key", "G"),))
    assert message("heads") == Heads({SETLIST: 3})
    assert message("beat") == Beat(7, LEASE, {SETLIST: 2})
    assert message("ask") == Ask(None)
    assert message("bye") == Bye()
    assert message("band") == BandChanged(1, LEASE, BAND)
    assert (message("tell").room, message("tell").payload["data"]["version"]) == (f"band_{BAND}", 2)
    now = datetime(2026, 11, 28, tzinfo=UTC)
    [ada] = [presence_from_json(body, NODE, now) for body in message("state").rooms[f"content_{SETLIST}"]]
    assert (ada.user.name, ada.lingers_until) == ("Ada", now + timedelta(seconds=9.42879))
    assert message("presence").rooms[f"content_{SETLIST}"]["gone"] == ["wb1nMRvBsiEzjyKOAAAB"]


def test_what_is_new_to_a_node_says_nothing_to_it() -> None:
    more = {**orjson.loads(FIRST["band"]), "v": VERSION, "why": "somebody left"}
    assert from_json(orjson.dumps(more)).message == BandChanged(1, LEASE, BAND)
    assert from_json(orjson.dumps({**more, "kind": "weather"})).message == Unknown(1, LEASE)
    assert from_json(b'{"v":1,"node":"n","kind":"weather","sent_at_s":1}').message == Unknown(None, "n")


def test_a_message_of_a_later_version_is_not_read() -> None:
    with pytest.raises(LaterVersion):
        from_json(orjson.dumps({**orjson.loads(FIRST["band"]), "v": VERSION + 1}))


class Parts:
    """The bus, and all that a cluster hands on what it hears."""

    is_connected = True

    def __init__(self) -> None:
        self.did: list[Any] = []
        self.said: list[Any] = []
        self.told_to: list[str | None] = []

    def publish(self, message: bytes, band_id: str | None = None) -> None:
        self.said.append(from_json(message).message)
        self.told_to.append(band_id)

    def heard(self, *what: Any) -> None:
        if isinstance(what[0], str):
            self.did.append(("presence", what[0], what[2], list(what[3])))
        else:
            self.did.append(("edits", [edit.version for edit in cast("Sequence[Edit]", what[0])]))

    def heads(self, heads: Mapping[str, int]) -> None:
        self.did.append(("heads", dict(heads)))

    def heard_state(self, node: str, _peer: Peer, last: int, rooms: Mapping[str, Any]) -> None:
        self.did.append(("state", node, last, list(rooms)))

    def stopped(self, node: str) -> None:
        self.did.append(("stopped", node))

    def died(self, node: str) -> None:
        self.did.append(("died", node))

    def state(self) -> dict[str, Any]:
        return {}

    def speakers(self, _rooms: object) -> set[str]:
        return set()

    def news(self) -> dict[str, int]:
        return {}

    async def refresh(self, band_ids: Sequence[str] | None = None) -> None:
        self.did.append(("refresh", band_ids))

    async def make_up(self) -> None:
        self.did.append(("make up",))

    async def told(self, room: str, event: str, _payload: Any) -> None:
        self.did.append(("told", room, event))

    async def host_told(self, to: str, event: str, payload: Any) -> None:
        self.did.append(("host told", to, event, payload))

    async def compare(self) -> None:
        """Nothing is missing."""


class Bench:
    """A node, and what it does and says of each message that it is given."""

    def __init__(self) -> None:
        self.parts, self.clock = Parts(), ManualClock()
        ids = iter(["this", "another"])
        self.lease = Lease(self.clock, lambda: next(ids), "stage", timedelta(seconds=15))
        self.publisher = Publisher(cast(Any, self.parts), self.lease, self.clock, timedelta(0), lambda _: BAND)
        self.cluster = Cluster(
            self.publisher,
            self.lease,
            cast(EditRelay, self.parts),
            cast(BandRelay, self.parts),
            cast(PresencePeers, self.parts),
            self.clock,
        )

    async def hear(self, *messages: bytes) -> list[Any]:
        """What was done of them, in the node's own turn or in that of its worker."""
        before = len(self.parts.did)
        for message in messages:
            self.cluster._received(message)  # noqa: SLF001  # what a bus calls
        while not self.cluster._work.empty():  # noqa: SLF001  # what its worker does
            await self.cluster._work.get_nowait()  # noqa: SLF001
        return self.parts.did[before:]

    def leave(self) -> None:
        """What is still to be done is left."""
        while not self.cluster._work.empty():  # noqa: SLF001  # as its end does
            self.cluster._work.get_nowait().close()  # noqa: SLF001


@pytest.mark.asyncio
async def test_a_node_does_what_the_first_messages_say() -> None:
    bench = Bench()
    room = f"content_{SETLIST}"
    assert await bench.hear(FIRST["edits"]) == [("edits", [1])]
    assert await bench.hear(FIRST["heads"]) == [("heads", {SETLIST: 3})]
    assert await bench.hear(FIRST["band"]) == [("refresh", [BAND])]
    assert await bench.hear(FIRST["band"]) == []
    assert await bench.hear(FIRST["presence"]) == [("presence", NODE, 6, [room])]
    assert await bench.hear(FIRST["tell"]) == [("told", f"band_{BAND}", "content_updated")]
    assert await bench.hear(FIRST["ask"]) == []
    assert bench.parts.said == [State(0, "this", {})]
    # 2 to 5 were lost: it asks, and is told how things are.
    assert await bench.hear(FIRST["beat"]) == [("heads", {SETLIST: 2})]
    assert bench.parts.said[1:] == [Ask(NODE)]
    assert await bench.hear(FIRST["state"]) == [("state", NODE, 8, [room]), ("make up",)]
    # By its lease it is known to live or to have died, by its other id who was on it.
    bench.cluster.living({"this", LEASE})
    bench.cluster.living({"this", NODE})
    # What it could tell nobody is looked for.
    assert await bench.hear(FIRST["bye"]) == [("stopped", NODE), ("make up",)]
    assert bench.parts.did[-3:] == [("died", NODE), ("stopped", NODE), ("make up",)]


@pytest.mark.asyncio
async def test_what_a_host_tells_waits_its_turn_behind_a_change_of_members() -> None:
    bench = Bench()
    told = to_json(HostTold(2, LEASE, "user_ada", "host_poster", ["printed", 3]), NODE, 0)
    assert await bench.hear(FIRST["band"], told, told) == [
        ("refresh", [BAND]),
        ("host told", "user_ada", "host_poster", ["printed", 3]),
    ]


@pytest.mark.asyncio
async def test_what_a_later_version_said_is_made_up_for_with_the_next_beat() -> None:
    bench = Bench()
    later = orjson.dumps({**orjson.loads(FIRST["band"]), "v": VERSION + 1})
    assert await bench.hear(later, later, later) == []
    bench.cluster._beat()  # noqa: SLF001  # as its clock does
    assert await bench.hear() == [("make up",)]
    bench.clock.advance(BEAT_EVERY.total_seconds())
    assert ("make up",) not in await bench.hear()


@pytest.mark.asyncio
async def test_a_numbered_message_that_says_nothing_to_a_node_has_come_all_the_same() -> None:
    bench = Bench()
    news = {**orjson.loads(FIRST["band"]), "kind": "weather"}
    await bench.hear(*(orjson.dumps({**news, "number": number}) for number in range(1, 8)))
    await bench.hear(FIRST["beat"])
    assert bench.parts.said == []


@pytest.mark.asyncio
async def test_a_node_that_was_taken_for_dead_speaks_under_its_new_id_and_knows_its_own_words() -> None:
    bench = Bench()
    echoes = [to_json(message, "this", 0) for message in (Beat(9, "this", {}), Told(1, "this", "band_b", "e", {}))]
    bench.lease.begin_anew()
    assert bench.lease.node_id == "another"
    assert await bench.hear(*echoes) == []
    await bench.hear(to_json(Ask("this"), "other", 0), to_json(Ask("another"), "other", 0))
    assert bench.parts.said == [State(0, "another", {})] * 2


def test_edits_are_told_to_everybody_while_a_node_is_there_that_follows_no_bands() -> None:
    bench = Bench()
    edits = cast(Edits, from_json(FIRST["edits"]).message).edits

    def told_to() -> str | None:
        bench.publisher.edits(edits)
        return bench.parts.told_to[-1]

    def hear(message: bytes) -> None:
        bench.cluster._received(message)  # noqa: SLF001  # as the bus calls it

    assert told_to() == BAND
    hear(FIRST["beat"])
    assert told_to() is None
    later = Beat(0, "new", {})
    hear(to_json(later, "new", 0.0))
    assert told_to() is None
    hear(FIRST["bye"])
    assert told_to() == BAND
    hear(FIRST["beat"])
    bench.cluster.living({"new"})
    assert told_to() == BAND
    # It was replaced by one of today, under its old name.
    hear(FIRST["beat"])
    hear(to_json(Beat(0, LEASE, {}), NODE, 0.0))
    assert told_to() == BAND
    bench.leave()
