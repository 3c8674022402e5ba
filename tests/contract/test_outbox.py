"""What is to be delivered is found alike on every database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from collab.domain.ops import Set
from collab.storage.webhooks import StoredOutbox
from collab.storage.writer import Writer
from tests.support.rooms import NOW, START
from tests.support.storage import Node, make_setlist, node, proposal

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

    async def behind(self) -> dict[str, int]:
        return dict(await self.outbox.behind("hook", 10))


@pytest_asyncio.fixture
async def bench(any_database_url: str) -> AsyncIterator[Bench]:
    async with node(any_database_url) as running:
        await make_setlist(running, OTHER)
        writer = Writer(any_database_url)
        yield Bench(running, StoredOutbox(running.engine, writer))
        await writer.close()


async def test_edits_from_before_the_webhook_are_not_for_it(bench: Bench) -> None:
    await bench.edit(START.id, NOW)
    await bench.edit(START.id, NOW)
    await bench.edit(OTHER.id, NOW)
    await bench.outbox.open("hook", LATER)
    assert await bench.behind() == {}

    await bench.edit(START.id)
    assert await bench.behind() == {START.id: 2}


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


async def test_webhooks_do_not_know_of_each_other(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.outbox.open("another", NOW)
    await bench.edit(START.id)
    await bench.outbox.advance("another", {START.id: 1})
    assert await bench.behind() == {START.id: 0}
    assert await bench.outbox.behind("another", 10) == []


async def test_only_so_many_are_asked_for_and_who_waits_longest_comes_first(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.edit(OTHER.id, LATER)
    await bench.edit(START.id, LATER + timedelta(seconds=1))
    assert await bench.outbox.behind("hook", 1) == [(OTHER.id, 0)]


async def test_nothing_to_note_is_nothing(bench: Bench) -> None:
    await bench.outbox.open("hook", NOW)
    await bench.outbox.advance("hook", {})
    assert await bench.behind() == {}
