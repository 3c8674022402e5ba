"""Visits and nodes are kept alike on every database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from collab.domain.access import Role
from collab.domain.bands import Band, Member, User
from collab.domain.ot.document import Document
from collab.domain.presence.visits import Departed, Node, Origin, Visit
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.engine import reading_engine
from collab.storage.presence import StoredPresence
from collab.storage.tables import users
from collab.storage.writer import Writer
from tests.support.storage import kept_by_another

pytestmark = pytest.mark.asyncio

START = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
LEASE = timedelta(seconds=15)
ADA, BEN = User("ada", "Ada"), User("ben", "Ben")
ORIGIN = Origin("websocket", "Firefox", "10.0.0.7")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def node(node_id: str, seconds: float) -> Node:
    return Node(node_id, "stage", START, at(seconds), at(seconds) + LEASE)


def visit(visit_id: str, user: User, seconds: float, *, room: str = "band_b", node_id: str = "n1") -> Visit:
    return Visit(visit_id, f"sid-{visit_id}", user, room, node_id, ORIGIN, at(seconds), at(seconds))


@pytest_asyncio.fixture
async def store(any_database_url: str) -> AsyncIterator[StoredPresence]:
    """A store with two bands, `b` (with a setlist `s`) and `other`."""
    engine, writer = reading_engine(any_database_url), Writer(any_database_url)
    bands = StoredBands(engine, writer, UNLIMITED)
    await bands.save_user(ADA, START)
    for band_id in ("b", "other"):
        await bands.create_band(Band(band_id, band_id), ADA, START)
    await bands.put_member("b", Member("ben", "Ben", Role.EDITOR), START)
    await bands.create_content(Document("s", "setlist", "b", 0, {"title": "Friday"}), ADA, START)
    await bands.create_content(Document("o", "setlist", "other", 0, {"title": "Other"}), ADA, START)
    yield StoredPresence(engine, writer)
    await writer.close()
    await engine.dispose()


async def test_a_stay_is_kept_as_it_is_and_then_as_it_ended(store: StoredPresence) -> None:
    begun = visit("a", ADA, 0)
    assert await store.record(node("n1", 0), [begun]) == []
    assert await store.visits("b", 10, None) == [begun]

    ended = begun.seen(at(3)).end(at(5), "left")
    assert await store.record(node("n1", 5), [ended]) == []
    assert await store.visits("b", 10, None) == [ended]


async def test_a_stay_that_ended_is_not_opened_again(store: StoredPresence) -> None:
    begun = visit("a", ADA, 0)
    ended = begun.end(at(5), "left")
    await store.record(node("n1", 5), [ended])
    await store.record(node("n1", 6), [begun.seen(at(6))])
    assert await store.visits("b", 10, None) == [ended]


async def test_the_stays_of_a_band_are_those_in_its_room_and_its_contents(store: StoredPresence) -> None:
    here = [visit("a", ADA, 0), visit("b", BEN, 1, room="content_s")]
    elsewhere = [visit("c", ADA, 2, room="band_other"), visit("d", ADA, 3, room="content_o")]
    await store.record(node("n1", 3), [*here, *elsewhere])
    assert await store.visits("b", 10, None) == here[::-1]


async def test_pages_meet_without_a_gap_also_where_stays_began_at_the_same_time(store: StoredPresence) -> None:
    visits = [visit(name, ADA, second) for second, names in enumerate(["a", "bcd", "ef"]) for name in names]
    await store.record(node("n1", 3), visits)

    found: list[Visit] = []
    before = None
    while page := await store.visits("b", 2, before):
        found += page
        before = page[-1].id
    assert found == sorted(visits, key=lambda entry: (entry.started_at, entry.id), reverse=True)


async def test_the_stays_of_a_dead_node_end_when_it_was_last_heard_of(store: StoredPresence) -> None:
    await store.record(node("n1", 0), [visit("a", ADA, 0), visit("b", BEN, 0).end(at(0), "left")])
    await store.record(node("n1", 4), [])
    await store.record(node("n2", 19), [])

    assert await store.end_dead(at(18.9), "n2") == []
    assert await store.end_dead(at(19), "n2") == [Departed("band_b", "sid-a", "ada", at(4), is_still_there=False)]
    assert await store.end_dead(at(19), "n2") == []

    ends = {entry.id: (entry.ended_at, entry.end_reason) for entry in await store.visits("b", 10, None)}
    assert ends == {"a": (at(4), "node_died"), "b": (at(0), "left")}


async def test_who_is_there_by_another_node_has_not_left_with_the_dead_one(store: StoredPresence) -> None:
    await store.record(node("n1", 0), [visit("a", ADA, 0), visit("b", BEN, 0)])
    await store.record(node("n2", 16), [visit("c", ADA, 10, node_id="n2")])

    departed = await store.end_dead(at(16), "n2")
    assert {entry.user_id: entry.is_still_there for entry in departed} == {"ada": True, "ben": False}


async def test_a_node_that_was_taken_for_dead_is_told_so_and_stores_nothing(store: StoredPresence) -> None:
    await store.record(node("n1", 0), [visit("a", ADA, 0)])
    await store.end_dead(at(15), "n2")

    assert await store.record(node("n1", 16), [visit("b", BEN, 16)]) is None
    assert [entry.id for entry in await store.visits("b", 10, None)] == ["a"]


async def test_a_node_that_stopped_by_itself_is_not_dead(store: StoredPresence) -> None:
    await store.record(node("n1", 0), [])
    await store.record(replace(node("n1", 1), ended_at=at(1)), [visit("a", ADA, 0).end(at(1), "server_stopped")])
    assert await store.end_dead(at(60), "n2") == []


async def test_a_node_that_slept_does_not_take_itself_for_dead(store: StoredPresence) -> None:
    await store.record(node("n1", 0), [visit("a", ADA, 0)])
    assert await store.end_dead(at(60), "n1") == []
    assert await store.record(node("n1", 60), []) == []


async def test_the_nodes_that_live_are_those_whose_lease_is_not_over(store: StoredPresence) -> None:
    await store.record(node("n1", 0), [])
    await store.record(node("n2", 10), [])
    await store.record(replace(node("n3", 10), ended_at=at(10)), [])
    assert await store.living(at(14)) == {"n1", "n2"}
    assert await store.living(at(15)) == {"n2"}


async def test_whoever_keeps_the_row_of_one_user_keeps_no_node_from_its_lease(postgresql_database_url: str) -> None:
    engine, writer = reading_engine(postgresql_database_url), Writer(postgresql_database_url)
    bands = StoredBands(engine, writer, UNLIMITED)
    for user in (ADA, BEN):
        await bands.save_user(user, START)
    await bands.create_band(Band("b", "b"), ADA, START)
    store, waiting = StoredPresence(engine, writer), visit("b", BEN, 0)
    with kept_by_another(postgresql_database_url, BEN.id, users):
        assert await store.record(node("n1", 0), [visit("a", ADA, 0), waiting]) == [waiting]
        assert await store.living(at(1)) == {"n1"}
    assert await store.record(node("n1", 5), [waiting]) == []
    assert [found.id for found in await store.visits("b", 10, None)] == ["b", "a"]
    await writer.close()
    await engine.dispose()
