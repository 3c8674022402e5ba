"""Old edits are folded away, and nothing else is, on every database."""

import asyncio
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from collab.domain.access import Role
from collab.domain.bands import Checkpoint, User
from collab.domain.errors import Invalid, NotFound, VersionUnknown
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import Item, Set
from collab.domain.ot.rebase import Duplicate, Stored
from collab.engine import Engine
from collab.services.ports import EVERY_EDIT
from collab.storage.compact import Folded, compact
from collab.storage.dumps import dump, restore
from collab.storage.engine import plain_engine, sqlite_file
from collab.storage.space import give_back, size_bytes
from collab.storage.tables import contents, folded_edits
from tests.support.clock import ManualClock
from tests.support.databases import Databases
from tests.support.postgres import create_database, drop_database
from tests.support.serving import settings_for, sqlite_url
from tests.support.storage import at_each

pytestmark = pytest.mark.asyncio

ADA = User("ada", "Ada")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EDITS = 450


@dataclass(frozen=True)
class Made:
    """A setlist of 450 edits, a minute apart, in a database to be copied: its id, and its document at each version."""

    url: str
    content_id: str
    documents: list[Document]


async def _make(url: str) -> Made:
    clock = ManualClock(BEGIN)
    engine = Engine(settings_for(url), clock=clock)
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile")
        items = [Item("iko", "song", "a0", {"title": "Iko Iko"})]
        seed = await engine.contents.create(ADA, band.id, "setlist", "Friday", items=items)

        async def edit(number: int) -> None:
            clock.advance(60)
            ops = (Set("iko", "tempo", 100 + number % 100),)
            await engine.editing.edit(ADA, None, seed.id, edit_id=_edit_id(number), base_version=0, ops=ops)

        # At once, in order: they share a few commits, and a snapshot is due at the end of the first two rounds.
        for begin in range(0, EDITS, 200):
            await asyncio.gather(*map(edit, range(begin, min(begin + 200, EDITS))))
        await engine.history.create_checkpoint(ADA, seed.id, "Soundcheck", 123)
        documents = [seed]
        for made in (await engine.history.edits(ADA, seed.id, 0, EDITS, EVERY_EDIT)).edits:
            documents.append(apply_stored(documents[-1], made.ops))
    return Made(url, seed.id, documents)


@pytest.fixture(scope="module")
def made_in_sqlite(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    file = tmp_path_factory.mktemp("compact") / "collab.db"
    shutil.copy(empty_sqlite, file)
    return asyncio.run(_make(sqlite_url(file)))


@pytest.fixture(scope="module")
def made_in_postgresql(postgres: str, postgresql_databases: Databases) -> Made:
    return asyncio.run(_make(create_database(postgres, "to_compact", postgresql_databases.template)))


@pytest.fixture(params=["sqlite", "postgresql"])
def setlist(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, list[Document]]]:
    """A database of its own, the id of the setlist in it, and its document at each version."""
    made: Made = request.getfixturevalue(f"made_in_{request.param}")
    original = sqlite_file(made.url)
    if original is not None:
        copied = sqlite_url(Path(shutil.copy(original, tmp_path / "collab.db")))
        yield copied, made.content_id, made.documents
    else:
        server_url, _, template = made.url.rpartition("/")
        copied = create_database(server_url, f"compact_{uuid.uuid4().hex}", template)
        yield copied, made.content_id, made.documents
        drop_database(server_url, copied.rpartition("/")[2])


def _edit_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


async def test_a_dry_run_says_what_it_would_free_and_frees_nothing(setlist: tuple[str, str, list[Document]]) -> None:
    url, content_id, _ = setlist
    (would,) = compact(url, 100, None, is_dry_run=True)
    (again,) = compact(url, 100, None, is_dry_run=True)
    assert would == again
    assert (would.content_id, would.version, would.edits, would.snapshots) == (content_id, 350, 350, 2)
    (did,) = compact(url, 100, None, is_dry_run=False, wait=lambda _: None)
    assert did == would
    assert list(compact(url, 100, None, is_dry_run=False, wait=lambda _: None)) == []
    assert 350 * 100 < did.size_bytes < 350 * 400


async def test_what_is_kept_reads_as_before(setlist: tuple[str, str, list[Document]]) -> None:
    url, content_id, documents = setlist
    list(compact(url, 100, None, is_dry_run=False, wait=lambda _: None))
    engine = Engine(settings_for(url), clock=ManualClock(BEGIN + timedelta(days=1)))
    async with engine.running():
        await engine.membership.welcome(ADA)
        for version in (123, 350, 351, 400, 450):
            assert await engine.history.document(ADA, content_id, version) == documents[version]
        for version in (0, 122, 124, 200, 349):
            with pytest.raises(NotFound, match=f"version {version} was folded away"):
                await engine.history.document(ADA, content_id, version)
        with pytest.raises(NotFound):
            await engine.history.document(ADA, content_id, at=BEGIN + timedelta(minutes=5))
        page = await engine.history.edits(ADA, content_id, 0, EDITS, EVERY_EDIT)
        assert [edit.version for edit in page.edits] == list(range(351, 451))
        assert [edit.version for edit in (await engine.editing.open(content_id, since=448)).edits] == [449, 450]
        # Who comes back with less than what is kept gets the whole document.
        assert (await engine.editing.open(content_id, since=349)).document == documents[450]

        ops = (Set("iko", "key", "F"),)
        with pytest.raises(VersionUnknown, match="folded away"):
            await engine.editing.edit(ADA, None, content_id, edit_id=_edit_id(900), base_version=349, ops=ops)
        await engine.editing.edit(ADA, None, content_id, edit_id=_edit_id(901), base_version=350, ops=ops)
        await engine.history.revert(ADA, content_id, 123)
        restored = await engine.history.document(ADA, content_id)
        assert (restored.version, restored.items) == (452, documents[123].items)


async def _tempo(engine: Engine, content_id: str, number: int, by: User = ADA) -> Stored:
    """The edit of that number, as its session sent it the first time."""
    ops = (Set("iko", "tempo", 100 + number % 100),)
    return await engine.editing.edit(by, "session", content_id, edit_id=_edit_id(number), base_version=0, ops=ops)


async def _undone(engine: Engine, content_id: str, number: int, target: int) -> Stored:
    ids = {"edit_id": _edit_id(number), "target": _edit_id(target)}
    return await engine.editing.take_undo(ADA, "session", content_id, **ids)


async def test_what_was_folded_away_is_not_stored_again(setlist: tuple[str, str, list[Document]]) -> None:
    url, content_id, _ = setlist
    engine = Engine(settings_for(url), clock=ManualClock(BEGIN + timedelta(days=1)))
    async with engine.running():
        await engine.membership.welcome(ADA)
        await _undone(engine, content_id, 900, 449)
        await engine.history.revert(ADA, content_id, 123, _edit_id(901))
    list(compact(url, 0, None, is_dry_run=False, wait=lambda _: None))
    engine = Engine(settings_for(url), clock=ManualClock(BEGIN + timedelta(days=2)))
    async with engine.running():
        await engine.membership.welcome(ADA)
        await engine.membership.put_member(ADA, await _band_of(engine, content_id), "ben", Role.EDITOR, "Ben")
        # Long before the head, and right before it; an undo, and a call that is made on the head of the moment.
        again = [
            await _tempo(engine, content_id, 0),
            await _tempo(engine, content_id, 449),
            await _undone(engine, content_id, 900, 449),
            await engine.history.revert(ADA, content_id, 123, _edit_id(901)),
        ]
        stored = [outcome.edit for outcome in again if isinstance(outcome, Duplicate)]
        assert [(edit.version, edit.ops) for edit in stored] == [(1, ()), (450, ()), (451, ()), (452, ())]
        with pytest.raises(Invalid, match="another member's edit"):
            await _tempo(engine, content_id, 0, User("ben", "Ben"))
        with pytest.raises(VersionUnknown):
            await _tempo(engine, content_id, 999)
        assert (await engine.history.document(ADA, content_id)).version == 452


async def _band_of(engine: Engine, content_id: str) -> str:
    return (await engine.history.document(ADA, content_id)).band_id


async def test_a_dump_knows_what_was_folded_away(setlist: tuple[str, str, list[Document]], tmp_path: Path) -> None:
    url, content_id, _ = setlist
    list(compact(url, 100, None, is_dry_run=False, wait=lambda _: None))
    dump(url, tmp_path / "all.jsonl")
    other = sqlite_url(tmp_path / "other.db")
    restore(other, tmp_path / "all.jsonl")
    engine = Engine(settings_for(other), clock=ManualClock(BEGIN + timedelta(days=2)))
    async with engine.running():
        await engine.membership.welcome(ADA)
        assert isinstance(await _tempo(engine, content_id, 7), Duplicate)


async def test_what_is_newer_than_a_time_is_kept(setlist: tuple[str, str, list[Document]]) -> None:
    url, _, _ = setlist
    (by_time,) = compact(url, 10, BEGIN + timedelta(minutes=101), is_dry_run=True)
    assert by_time.version == 100
    (by_count,) = compact(url, 400, BEGIN + timedelta(minutes=101), is_dry_run=True)
    assert by_count.version == 50
    (everything,) = compact(url, 0, BEGIN + timedelta(days=9), is_dry_run=False, wait=lambda _: None)
    assert everything.version == EDITS


async def test_a_server_goes_on_while_its_database_is_compacted(any_database_url: str) -> None:
    engine = Engine(settings_for(any_database_url), clock=ManualClock(BEGIN))
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile")
        content = await engine.contents.create(ADA, band.id, "setlist", "Friday")
        for number in range(20):
            ops = (Set(None, "venue", f"Venue {number}"),)
            await engine.editing.edit(ADA, None, content.id, edit_id=_edit_id(number), base_version=number, ops=ops)
            if number % 5 == 4:
                list(compact(any_database_url, 2, None, is_dry_run=False, wait=lambda _: None))
        assert (await engine.history.document(ADA, content.id)).fields["venue"] == "Venue 19"
        page = await engine.history.edits(ADA, content.id, 0, 100, EVERY_EDIT)
        assert [edit.version for edit in page.edits] == [19, 20]


def _stopping_after(turns: int) -> Callable[[float], None]:
    """A pause in which somebody presses Ctrl-C, after so many turns."""
    left = iter(range(turns))

    def pause(_seconds: float) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return pause


async def test_it_reads_without_a_lock_and_waits_for_nobody_in_a_dry_run(
    setlist: tuple[str, str, list[Document]],
) -> None:
    url, content_id, _ = setlist
    engine = plain_engine(url)
    with engine.connect() as somebody:
        if engine.dialect.name == "sqlite":
            somebody.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            somebody.execute(select(contents.c.id).where(contents.c.id == content_id).with_for_update())
        (would,) = compact(url, 100, None, is_dry_run=True)
        somebody.rollback()
    engine.dispose()
    assert would.edits == 350


async def test_edits_go_in_short_turns_with_a_pause_after_each(
    setlist: tuple[str, str, list[Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _, _ = setlist
    monkeypatch.setattr("collab.storage.turns.MAX_ROWS", 20)
    deleted: dict[str, list[int]] = {"edits": [], "edit_keys": []}
    pauses: list[float] = []

    def count(_connection: Any, cursor: Any, statement: str, *_others: Any) -> None:
        if statement.startswith("DELETE FROM edit"):
            deleted[statement.split()[2]].append(cursor.rowcount)

    with at_each("after_cursor_execute", count):
        list(compact(url, 100, None, is_dry_run=False, wait=pauses.append))
    turns = [*deleted["edits"], *deleted["edit_keys"]]
    assert (sum(deleted["edits"]), max(turns) <= 20, len(pauses) > len(turns)) == (350, True, True)
    assert sum(deleted["edit_keys"]) >= 350
    assert all(seconds > 0 for seconds in pauses)


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_it_goes_on_where_it_was_stopped(
    setlist: tuple[str, str, list[Document]], monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    url, content_id, documents = setlist
    monkeypatch.setattr("collab.storage.turns.MAX_ROWS", 50)
    with pytest.raises(KeyboardInterrupt):
        list(compact(url, 100, None, is_dry_run=False, wait=_stopping_after(turns)))
    engine = Engine(settings_for(url), clock=ManualClock(BEGIN + timedelta(days=1)))
    async with engine.running():
        await engine.membership.welcome(ADA)
        for version in (123, 350, 400, 450):
            assert await engine.history.document(ADA, content_id, version) == documents[version]
        list(compact(url, 100, None, is_dry_run=False, wait=lambda _: None))
        page = await engine.history.edits(ADA, content_id, 0, EDITS, EVERY_EDIT)
        assert [edit.version for edit in page.edits] == list(range(351, 451))
        for version in (123, 350, 450):
            assert await engine.history.document(ADA, content_id, version) == documents[version]


@pytest.mark.parametrize("pauses", [0, 1, 3])
async def test_what_was_folded_is_said_however_it_ends(
    setlist: tuple[str, str, list[Document]], monkeypatch: pytest.MonkeyPatch, pauses: int
) -> None:
    url, _, _ = setlist
    monkeypatch.setattr("collab.storage.turns.MAX_ROWS", 50)
    said: list[Folded] = []
    with pytest.raises(KeyboardInterrupt):
        said.extend(compact(url, 100, None, is_dry_run=False, wait=_stopping_after(pauses)))
    engine = plain_engine(url)
    with engine.connect() as connection:
        folded = connection.scalar(select(func.count()).select_from(folded_edits))
    engine.dispose()
    assert sum(each.edits for each in said) == folded
    assert all(0 < each.size_bytes / each.edits < 1_000 for each in said if each.edits)


async def test_a_checkpoint_that_is_made_meanwhile_can_be_opened(setlist: tuple[str, str, list[Document]]) -> None:
    url, content_id, documents = setlist
    engine = Engine(settings_for(url), clock=ManualClock(BEGIN + timedelta(days=1)))
    async with engine.running():
        await engine.membership.welcome(ADA)
        loop = asyncio.get_running_loop()
        made: list[Checkpoint] = []
        pauses = count()

        def name_it(_seconds: float) -> None:
            # After what is to go was measured, and before the first of it goes.
            if next(pauses) == 1:
                named = engine.history.create_checkpoint(ADA, content_id, "Late", 200)
                made.append(asyncio.run_coroutine_threadsafe(named, loop).result(30))

        await asyncio.to_thread(lambda: list(compact(url, 100, None, is_dry_run=False, wait=name_it)))
        assert await engine.history.document(ADA, content_id, 200) == documents[200]
        list(compact(url, 100, None, is_dry_run=False, wait=lambda _: None))
        assert await engine.history.document(ADA, content_id, 200) == documents[200]


async def test_what_it_took_on_the_disk_is_given_back(setlist: tuple[str, str, list[Document]]) -> None:
    url, _, _ = setlist
    file = sqlite_file(url)
    list(compact(url, 0, None, is_dry_run=False, wait=lambda _: None))
    before = 0 if file is None else sum(size_bytes(file))
    given_back = give_back(url, wait=lambda _: None)
    if file is None:
        assert given_back is None
    else:
        assert given_back is not None
        assert given_back > 100 * EDITS
        assert size_bytes(file) == (before - given_back, 0)
