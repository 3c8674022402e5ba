"""What history and jobs need of a database, on each sort of database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Row

from collab.domain.bands import Job, User
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Item, Set
from collab.engine import Engine
from collab.services.editing import history
from collab.services.ports import EVERY_EDIT, EditFilter
from collab.storage import readers
from collab.storage.engine import reading_engine
from collab.storage.jobs import StoredJobs
from collab.storage.rows import edit_of
from collab.storage.writer import Writer
from tests.support.clock import ManualClock
from tests.support.serving import settings_for

pytestmark = pytest.mark.asyncio

ADA = User("ada", "Ada")
BEGIN = datetime(2026, 12, 4, 20, tzinfo=UTC)
LEASE = timedelta(seconds=30)


@pytest_asyncio.fixture
async def engine(any_database_url: str) -> AsyncIterator[Engine]:
    made = Engine(settings_for(any_database_url), clock=ManualClock(BEGIN))
    async with made.running():
        yield made


async def _setlist(engine: Engine) -> tuple[str, str]:
    band = await engine.membership.create_band(ADA, "Blue Nile")
    items = [Item("iko", "song", "a0", {"title": "Iko Iko", "key": "F"}), Item("Iko", "song", "a1", {"title": "Twin"})]
    document = await engine.contents.create(ADA, band.id, "setlist", "Friday", items=items)
    return band.id, document.id


def _edit_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@pytest.mark.parametrize("step_s", [-3_600, 3_600])
async def test_a_time_is_of_the_highest_version_by_then_though_the_clock_stepped(engine: Engine, step_s: int) -> None:
    _, content_id = await _setlist(engine)
    clock = engine.history._clock  # noqa: SLF001  # the engine's clock is the test's own
    assert isinstance(clock, ManualClock)
    clock.advance(7_200)
    # Nobody is connected: in that time the node has forgotten the band, and learns it anew, as for any call.
    await engine.directory.learn_content(ADA, content_id)
    for version, by_s in enumerate((60, step_s, 60, -step_s, 60)):
        clock.current += timedelta(seconds=by_s)
        ops = (Set("iko", "tempo", 100 + version),)
        await engine.editing.edit(ADA, None, content_id, edit_id=_edit_id(version), base_version=version, ops=ops)

    async def version_at(seconds: int) -> int:
        at = BEGIN + timedelta(seconds=7_200 + seconds)
        return (await engine.history.document(ADA, content_id, at=at)).version

    # Asked for at 60 s, then an hour from there, a minute later, back again, and another minute later; the times of a
    # content never go back.
    asked = (60, 60 + step_s, 120 + step_s, 120, 180)
    made = dict(enumerate(accumulate(asked, max), 1))
    for seconds in {*asked, 0, 90, 150, 10_000}:
        expected = max((version for version, at in made.items() if at <= seconds), default=0)
        assert await version_at(seconds) == expected


async def test_versions_are_found_by_time_and_edits_by_item(engine: Engine) -> None:
    _, content_id = await _setlist(engine)
    for number, item in enumerate(("iko", "Iko", "iko")):
        engine_clock = engine.history._clock  # noqa: SLF001  # the engine's clock is the test's own
        assert isinstance(engine_clock, ManualClock)
        engine_clock.advance(60)
        ops = (Set(item, "tempo", 100 + number),)
        await engine.editing.edit(ADA, None, content_id, edit_id=_edit_id(number), base_version=number, ops=ops)

    found = [await engine.history.document(ADA, content_id, at=BEGIN + timedelta(seconds=s)) for s in (0, 60, 150, 999)]
    assert [document.version for document in found] == [0, 1, 2, 3]
    page = await engine.history.edits(ADA, content_id, 0, 10, EditFilter(item_id="iko"))
    assert [edit.version for edit in page.edits] == [1, 3]
    page = await engine.history.edits(ADA, content_id, 0, 10, EditFilter(since=BEGIN + timedelta(seconds=61)))
    assert [edit.version for edit in page.edits] == [2, 3]

    outcome = await engine.history.revert(ADA, content_id, 0)
    assert outcome
    assert (await engine.history.document(ADA, content_id)).items == found[0].items
    await engine.history.create_checkpoint(ADA, content_id, "Soundcheck", 2)
    assert [entry.version for entry in await engine.history.checkpoints(ADA, content_id)] == [2]


async def test_a_page_ends_by_bytes_too_and_what_is_not_on_it_is_not_read(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, content_id = await _setlist(engine)
    for number in range(6):
        notes = "x" if number == 4 else "\u266a" * 10_000
        ops = (Set("iko" if number % 2 else None, "notes", f"{number}{notes}"),)
        await engine.editing.edit(ADA, None, content_id, edit_id=_edit_id(number), base_version=number, ops=ops)
    read: list[int] = []
    monkeypatch.setattr(history, "PAGE_BYTES", 65_000)

    def noted(row: Row[Any]) -> Edit:
        read.append(row.version)
        return edit_of(row)

    monkeypatch.setattr(readers, "edit_of", noted)

    async def pages(limit: int, only: EditFilter = EVERY_EDIT) -> list[list[int]]:
        found: list[list[int]] = []
        after = 0
        while True:
            page = await engine.history.edits(ADA, content_id, after, limit, only)
            found.append([edit.version for edit in page.edits])
            assert page.edits[-1].to_json()["ops"][0]["field"] == "notes"
            if page.next_after is None:
                return found
            after = page.next_after

    # 30 kB each, but for the fifth.
    assert await pages(1_000) == [[1, 2], [3, 4, 5], [6]]
    assert read == [1, 2, 3, 4, 5, 6]
    assert await pages(2) == [[1, 2], [3, 4], [5, 6]]
    assert await pages(1_000, EditFilter(item_id="iko")) == [[2, 4], [6]]
    monkeypatch.setattr(history, "PAGE_BYTES", 10)
    assert await pages(1_000) == [[1], [2], [3], [4], [5], [6]]

    monkeypatch.setattr(history, "ATTRIBUTED_BYTES", 65_000)
    read.clear()
    assert len((await engine.history.difference(ADA, content_id, 0, 4)).changes) == 2
    assert read == [3, 4]


async def test_a_job_is_held_by_one_runner_until_its_lease_is_over(engine: Engine, any_database_url: str) -> None:
    band_id, content_id = await _setlist(engine)
    reading, writer = reading_engine(any_database_url), Writer(any_database_url)
    try:
        store = StoredJobs(reading, writer)
        job = Job("j1", band_id, content_id, "songs.csv", ADA, 2, BEGIN, work=[{"title": "a"}, {"title": "b"}])
        await store.add(job, "one", BEGIN + LEASE, max_running=100)
        assert await store.claim("two", BEGIN + timedelta(seconds=29), BEGIN + LEASE) == []
        assert await store.advance("j1", "one", 1, BEGIN + 2 * LEASE)
        assert await store.claim("two", BEGIN + LEASE, BEGIN + 2 * LEASE) == []

        assert await store.claim("two", BEGIN + 2 * LEASE, BEGIN + 3 * LEASE) == [replace(job, done=1)]
        assert not await store.advance("j1", "one", 2, BEGIN + 4 * LEASE)
        await store.release("two")
        assert [held.id for held in await store.claim("three", BEGIN, BEGIN + LEASE)] == ["j1"]

        assert await store.finish("j1", "completed", {"added": 2}, BEGIN)
        assert not await store.finish("j1", "cancelled", {}, BEGIN)
        assert not await store.advance("j1", "three", 2, BEGIN + LEASE)
        assert await store.claim("two", BEGIN + 9 * LEASE, BEGIN + 10 * LEASE) == []
        (over,) = await store.of_band(band_id)
        assert (over.status, over.result, over.finished_at, over.work) == ("completed", {"added": 2}, BEGIN, ())
    finally:
        await writer.close()
        await reading.dispose()
