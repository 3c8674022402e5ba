"""Edits of a content are found by item, author and time: the right ones, and by index, on every database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, select

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Insert, Item, Remove, Set
from collab.engine import Engine
from collab.services.ports import EditFilter
from collab.storage import batch, dumps
from collab.storage.compact import compact
from collab.storage.engine import reading_engine, sync_url
from collab.storage.migrate import migrate
from collab.storage.readers import StoredHistory
from collab.storage.tables import edit_keys
from tests.support.clock import ManualClock
from tests.support.serving import settings_for, sqlite_url

pytestmark = pytest.mark.asyncio

ADA, BEN = User("ada", "Ada"), User("ben", "Ben")
BEGIN = datetime(2026, 12, 4, 20, tzinfo=UTC)
EDITS = 23


@pytest.fixture(autouse=True)
def _snapshots_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SNAPSHOT_EVERY", 5)


def _at(version: int) -> datetime:
    """Two versions have each time."""
    return BEGIN + timedelta(minutes=version // 2)


async def _evening(url: str) -> str:
    """A setlist that two people edit in turn, one song more often than the other; returns its id."""
    clock = ManualClock(BEGIN)
    engine = Engine(settings_for(url), clock=clock)
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile")
        await engine.membership.put_member(ADA, band.id, "ben", Role.EDITOR, "Ben")
        items = [Item("iko", "song", "a0", {"title": "Iko"}), Item("Iko", "song", "a1", {"title": "Twin"})]
        setlist = await engine.contents.create(ADA, band.id, "setlist", "Friday", items=items)
        for version in range(1, EDITS + 1):
            clock.current = _at(version)
            ops: tuple[Any, ...] = (Set("Iko" if version % 4 == 0 else "iko", "tempo", 100 + version),)
            if version == 3:
                ops = (Insert(Item("rag", "song", "a2", {"title": '"item":"saints"'})), Set(None, "notes", "x"))
            if version == EDITS:
                ops = (Remove("rag"), Set("Iko", "tempo", 60))
            who = BEN if version % 3 == 0 else ADA
            edit_id = f"00000000-0000-4000-8000-{version:012}"
            await engine.editing.edit(who, None, setlist.id, edit_id=edit_id, base_version=version - 1, ops=ops)
    return setlist.id


@asynccontextmanager
async def _reader(url: str) -> AsyncIterator[StoredHistory]:
    engine = reading_engine(url)
    try:
        yield StoredHistory(engine)
    finally:
        await engine.dispose()


@pytest_asyncio.fixture
async def setlist_id(any_database_url: str) -> str:
    return await _evening(any_database_url)


def _passes(edit: Edit, only: EditFilter) -> bool:
    items = {op.item.id if isinstance(op, Insert) else op.item for op in edit.ops}
    return (
        (only.item_id is None or only.item_id in items)
        and (only.author_id is None or only.author_id == edit.author.id)
        and (only.since is None or only.since <= edit.at)
        and (only.until is None or edit.at <= only.until)
    )


_TIMES = (None, _at(9), _at(18))
_EVERYBODY = (None, "ben", "dex")
_EVERYTHING = (None, "iko", "rag", "saints")


async def _pages(reader: StoredHistory, content_id: str, after: int, limit: int, only: EditFilter) -> list[int]:
    found: list[int] = []
    while True:
        page, has_more = await reader.page(content_id, after, limit, 1_000_000, only)
        found += [edit.version for edit in page]
        if not has_more:
            return found
        after = found[-1]


async def test_those_that_a_filter_lets_pass_and_no_others(any_database_url: str, setlist_id: str) -> None:
    async with _reader(any_database_url) as reader:
        every = await reader.edits(setlist_id, 0, 100)
        assert len(every) == EDITS
        for number, wanted in enumerate(product(_EVERYBODY, _EVERYTHING, _TIMES, _TIMES)):
            only, after = EditFilter(*wanted), number % 7
            expected = [edit.version for edit in every if edit.version > after and _passes(edit, only)]
            assert await _pages(reader, setlist_id, after, 8, only) == expected, (only, after)


def _keys(url: str) -> set[tuple[Any, ...]]:
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            return set(map(tuple, connection.execute(select(edit_keys.c.key, edit_keys.c.version))))
    finally:
        engine.dispose()


async def test_the_index_is_made_with_snapshots_and_comes_back_with_a_dump(
    any_database_url: str, setlist_id: str, tmp_path: Path
) -> None:
    keys = _keys(any_database_url)
    assert max(version for _, version in keys) == 20
    assert {version for key, version in keys if key == "item:rag"} == {3}
    assert {version for key, version in keys if key == "author:ben"} == {3, 6, 9, 12, 15, 18}
    dumps.dump(any_database_url, tmp_path / "band.jsonl")
    elsewhere = sqlite_url(tmp_path / "elsewhere.db")
    dumps.restore(elsewhere, tmp_path / "band.jsonl")
    assert _keys(elsewhere) == keys

    migrate(any_database_url, "0009")
    migrate(any_database_url)
    assert _keys(any_database_url) == keys

    list(compact(any_database_url, 10, None, is_dry_run=False, wait=lambda _: None))
    assert {version for _, version in _keys(any_database_url)} == {*range(14, 21)}
