"""What is to be delivered is found alike on every database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from collab.domain.ot.ops import Set
from collab.domain.outbox import MAX_RETRY_S, PARKED_AFTER, Backlog, Failing, Waiting
from collab.storage.webhooks import StoredOutbox
from collab.storage.writer import Writer
from tests.support.rooms import NOW, START
from tests.support.storage import Node, make_content, make_setlist, node, proposal

pytestmark = pytest.mark.asyncio

LATER = NOW + timedelta(hours=1)
OTHER = replace(START, id="other")


@dataclass
class Bench:
    node: Node
    outbox: StoredOutbox

    async def edit(self, content_id: str, at: datetime = LATER) -> None:
        made = replace(proposal(Set(None, "venue", "Tipitina's"), base=0), at=at)
        await self.node.journal.submit(content_id, made)

    async def waiting(self, now: datetime = LATER, limit: int = 10, webhook_id: str = "hook") -> list[Waiting]:
        return await self.outbox.waiting(webhook_id, now, limit)

    async def behind(self) -> dict[str, int]:
        return {content.content_id: content.version for content in await self.waiting()}


@pytest_asyncio.fixture
async def bench(any_database_url: str) -> AsyncIterator[Bench]:
    async with node(any_database_url) as running:
        await make_setlist(running, OTHER)
        writer = Writer(any_database_url)
        yield Bench(running, StoredOutbox(running.engine, writer))
        await writer.close()


@pytest.mark.parametrize("clock", [LATER, NOW - timedelta(days=1), NOW + timedelta(days=1)])
async def test_what_was_there_before_the_webhook_is_not_for_it_and_what_comes_then_is(
    bench: Bench, clock: datetime
) -> None:
    """Whatever any clock says: one that was ahead lost the edits of as long."""
    await bench.edit(START.id, NOW)
    await bench.edit(START.id, NOW)
    await bench.edit(OTHER.id, NOW)
    await bench.outbox.open("hook", clock)
    assert await bench.behind() == {}

    await bench.edit(START.id)
    await make_content(bench.node, replace(START, id="new"))
    await bench.edit("new")
    assert await bench.behind() == {START.id: 2, "new": 0}


async def test_a_webhook_is_new_once(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.edit(START.id, NOW + timedelta(seconds=1))
    await bench.outbox.open("hook", LATER)
    assert await bench.behind() == {START.id: 0}


async def test_what_was_delivered_is_not_behind_and_never_goes_back(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    for _ in range(3):
        await bench.edit(START.id)
    await bench.edit(OTHER.id)
    assert await bench.behind() == {START.id: 0, OTHER.id: 0}

    await bench.outbox.advance("hook", {START.id: 2, OTHER.id: 1})
    await bench.outbox.advance("hook", {START.id: 1})
    assert await bench.behind() == {START.id: 2}


async def test_what_is_still_to_be_delivered_is_counted_and_how_old_it_is(bench: Bench) -> None:
    await bench.edit(START.id, NOW)
    await bench.outbox.open("hook", NOW)
    assert await bench.outbox.backlog("hook") == Backlog()
    await bench.edit(START.id, LATER)
    await bench.edit(START.id, LATER + timedelta(hours=1))
    await bench.edit(OTHER.id, LATER + timedelta(hours=2))
    assert await bench.outbox.backlog("hook") == Backlog(2, 3, LATER)
    await bench.outbox.advance("hook", {START.id: 2})
    assert await bench.outbox.backlog("hook") == Backlog(2, 2, LATER + timedelta(hours=1))


async def test_webhooks_do_not_know_of_each_other(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.outbox.open("another", NOW)
    await bench.edit(START.id)
    await bench.outbox.fail("hook", Waiting(START.id, "band", 0, 1, failures=1), LATER, "got 503")
    await bench.outbox.advance("another", {START.id: 1})
    assert await bench.behind() == {START.id: 0}
    assert await bench.waiting(webhook_id="another") == []
    assert await bench.outbox.failing("another") == Failing()


async def test_only_so_many_are_asked_for_and_who_waits_longest_comes_first(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.edit(OTHER.id, LATER)
    await bench.edit(START.id, LATER + timedelta(seconds=1))
    assert [content.content_id for content in await bench.waiting(limit=1)] == [OTHER.id]


async def test_bands_take_turns_also_where_one_has_much_more_to_deliver(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    for number in range(5):
        await make_content(bench.node, replace(START, id=f"loud-{number}"))
        await bench.edit(f"loud-{number}", LATER + timedelta(seconds=number))
    await make_content(bench.node, replace(START, id="quiet-1", band_id="quiet"))
    await bench.edit("quiet-1", LATER + timedelta(minutes=1))
    assert [content.content_id for content in await bench.waiting(limit=2)] == ["loud-0", "quiet-1"]


async def test_what_failed_is_waiting_again_when_its_time_has_come_and_is_told(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    for _ in range(3):
        await bench.edit(START.id)
    failed = Waiting(START.id, (await bench.waiting())[0].band_id, 1, 3, failures=PARKED_AFTER)
    soon = LATER + timedelta(seconds=MAX_RETRY_S / 2)
    await bench.outbox.fail("hook", failed, soon, "expected an answer 2xx, got 404" + "!" * 500)
    assert await bench.waiting(LATER) == []
    assert await bench.waiting(soon) == [failed]
    # A time that no retry is put off to: the clock has been set back.
    assert await bench.waiting(LATER - timedelta(days=1)) == [failed]
    told = await bench.outbox.failing("hook")
    assert (told.count, told.parked, str(told.error)[:31]) == (1, 1, "expected an answer 2xx, got 404")

    # Another node had it delivered; this one's word about an older version comes late.
    await bench.outbox.advance("hook", {START.id: 2})
    await bench.outbox.fail("hook", failed, soon, "late")
    assert [(content.version, content.failures) for content in await bench.waiting(LATER)] == [(2, 0)]
    assert await bench.outbox.failing("hook") == Failing()


async def test_nothing_to_note_is_nothing(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.outbox.advance("hook", {})
    assert await bench.behind() == {}
