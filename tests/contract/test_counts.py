"""Limits of number, asked for by many at once on two nodes: as many get through as there is room, and no more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from collab.domain.access import Role
from collab.domain.bands import Band, Checkpoint, Job, Member, User
from collab.domain.errors import CollabError, Conflicting, RateLimited, TooLarge
from collab.domain.ot.document import Document
from collab.services.stores import CountLimits
from collab.storage.bands import StoredBands
from collab.storage.checkpoints import StoredCheckpoints
from collab.storage.engine import reading_engine
from collab.storage.jobs import MAX_KEPT, StoredJobs
from collab.storage.writer import Writer

pytestmark = pytest.mark.asyncio

ADA, BEN = User("ada", "Ada"), User("ben", "Ben")
NOW = datetime(2026, 12, 4, 20, tzinfo=UTC)
MOST = 3
ASKING = 4
"""On each of the two nodes."""


@dataclass(frozen=True)
class Stores:
    bands: StoredBands
    checkpoints: StoredCheckpoints
    jobs: StoredJobs


@asynccontextmanager
async def _node(url: str) -> AsyncIterator[Stores]:
    engine, writer = reading_engine(url), Writer(url)
    limits = CountLimits(MOST, MOST, MOST, MOST, MOST)
    try:
        yield Stores(
            StoredBands(engine, writer, limits), StoredCheckpoints(engine, writer, limits), StoredJobs(engine, writer)
        )
    finally:
        await writer.close()
        await engine.dispose()


@pytest_asyncio.fixture
async def nodes(any_database_url: str) -> AsyncIterator[list[Stores]]:
    """Two, with the users ada and ben and ada's band."""
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(_node(any_database_url)) for _ in range(2)]
        for user in (ADA, BEN):
            await nodes[0].bands.save_user(user, NOW)
        await nodes[0].bands.create_band(Band("b", "Blue Nile"), ADA, NOW)
        yield nodes


async def _refused(asked: Iterable[Awaitable[object]]) -> list[CollabError]:
    """What was refused of all that is asked for at once."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    refused = [error for error in errors if isinstance(error, CollabError)]
    assert refused == errors
    return refused


def _each(nodes: list[Stores]) -> list[tuple[int, Stores]]:
    return [(n, nodes[n % 2]) for n in range(2 * ASKING)]


async def test_bands_that_a_user_makes(nodes: list[Stores]) -> None:
    refused = await _refused(node.bands.create_band(Band(f"b{n}", "x"), BEN, NOW) for n, node in _each(nodes))
    assert [type(error) for error in refused] == [TooLarge] * (2 * ASKING - MOST)
    assert len(await nodes[0].bands.bands_of("ben")) == MOST
    operator = User("ben", "Ben", is_operator=True)
    assert await _refused([nodes[0].bands.create_band(Band("o", "x"), operator, NOW)]) == []


async def test_bands_that_a_user_belongs_to(nodes: list[Stores]) -> None:
    owners = [User(f"u{n}", "U") for n in range(2 * ASKING)]
    for owner in owners:
        await nodes[0].bands.save_user(owner, NOW)
        await nodes[0].bands.create_band(Band(owner.id, "x"), owner, NOW)
    member = Member("ben", "Ben", Role.VIEWER)
    refused = await _refused(node.bands.put_member(f"u{n}", member, NOW) for n, node in _each(nodes))
    assert [type(error) for error in refused] == [TooLarge] * (2 * ASKING - MOST)
    theirs = await nodes[0].bands.bands_of("ben")
    assert len(theirs) == MOST
    # Who is in already may be given another role.
    assert await _refused([nodes[0].bands.put_member(theirs[0][0].id, Member("ben", "Ben", Role.EDITOR), NOW)]) == []


async def test_members_of_a_band(nodes: list[Stores]) -> None:
    refused = await _refused(
        node.bands.put_member("b", Member(f"u{n}", "U", Role.VIEWER), NOW) for n, node in _each(nodes)
    )
    assert [type(error) for error in refused] == [TooLarge] * (2 * ASKING - (MOST - 1))
    assert len(await nodes[0].bands.members("b")) == MOST


async def test_contents_of_a_band(nodes: list[Stores]) -> None:
    refused = await _refused(
        node.bands.create_content(Document(f"s{n}", "setlist", "b", 0, {"title": "x"}), ADA, NOW)
        for n, node in _each(nodes)
    )
    assert [type(error) for error in refused] == [TooLarge] * (2 * ASKING - MOST)
    assert len(await nodes[0].bands.contents("b")) == MOST


async def test_the_first_repertoire_is_made_once(nodes: list[Stores]) -> None:
    made = await asyncio.gather(
        *(
            node.bands.first_content(Document(f"r{n}", "repertoire", "b", 0, {"title": "x"}), ADA, NOW)
            for n, node in _each(nodes)
        )
    )
    assert [is_new for _, is_new in made].count(True) == 1
    assert len({content.id for content, _ in made}) == 1
    await nodes[0].bands.set_archived(made[0][0].id, True, NOW)
    again, is_new = await nodes[1].bands.first_content(Document("r", "repertoire", "b", 0, {"title": "x"}), ADA, NOW)
    assert (again.id, is_new) == ("r", True)


async def test_checkpoints_of_a_content(nodes: list[Stores]) -> None:
    await nodes[0].bands.create_content(Document("s", "setlist", "b", 0, {"title": "x"}), ADA, NOW)

    def named(label: str, checkpoint_id: str) -> Checkpoint:
        return Checkpoint(checkpoint_id, "s", 0, label, NOW, ADA.author)

    same = await asyncio.gather(*(node.checkpoints.add(named("Same", f"c{n}")) for n, node in _each(nodes)))
    assert len({checkpoint.id for checkpoint in same}) == 1
    refused = await _refused(node.checkpoints.add(named(f"v{n}", f"v{n}")) for n, node in _each(nodes))
    assert [type(error) for error in refused] == [TooLarge] * (2 * ASKING - (MOST - 1))
    assert len(await nodes[0].checkpoints.of_content("s")) == MOST
    assert (await nodes[1].checkpoints.add(named("Same", "late"))).id == same[0].id


def _import(n: int) -> Job:
    at = NOW + timedelta(seconds=n)
    return Job(id=f"j{n}", band_id="b", content_id="r", name="a.csv", started_by=ADA, total=1, created_at=at)


async def test_imports_of_a_band(nodes: list[Stores]) -> None:
    await nodes[0].bands.create_content(Document("r", "repertoire", "b", 0, {"title": "x"}), ADA, NOW)
    refused = await _refused(
        node.jobs.add(_import(n), "node", NOW + timedelta(minutes=1), max_running=MOST) for n, node in _each(nodes)
    )
    assert [type(error) for error in refused] == [RateLimited] * (2 * ASKING - MOST)
    running = await nodes[0].jobs.of_band("b")
    assert len(running) == MOST
    for job in running:
        await nodes[0].jobs.finish(job.id, "completed", {}, NOW)
    for n in range(100, 100 + MAX_KEPT):
        await nodes[n % 2].jobs.add(_import(n), "node", NOW, max_running=MOST)
        await nodes[0].jobs.finish(f"j{n}", "completed", {}, NOW)
    kept = await nodes[0].jobs.of_band("b")
    assert (len(kept), kept[0].id, kept[-1].id) == (MAX_KEPT, f"j{99 + MAX_KEPT}", "j100")


async def test_of_two_owners_who_go_at_once_one_stays(nodes: list[Stores]) -> None:
    await nodes[0].bands.put_member("b", Member("ben", "Ben", Role.OWNER), NOW)
    refused = await _refused(
        [
            nodes[0].bands.remove_member("b", "ada"),
            nodes[1].bands.put_member("b", Member("ben", "Ben", Role.VIEWER), NOW),
        ]
    )
    assert [type(error) for error in refused] == [Conflicting]
    assert [member.role for member in await nodes[0].bands.members("b")].count(Role.OWNER) == 1
