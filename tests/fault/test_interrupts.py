"""Ctrl-C in the middle of a long command leaves nothing half done."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from collab.storage import dumps, sqlite_copy
from collab.storage.migrate import migrate
from tests.conftest import make_gig
from tests.support.commands import run
from tests.support.interrupted import interrupted
from tests.support.members import member, set_
from tests.support.serving import serving, settings_for, sqlite_url

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

STOPPED = 130
"""The exit code of a command that SIGINT ended."""


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection, connection:
        yield connection


def _count(file: Path, table: str) -> int:
    with opened(file) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # a name of ours


def _named(folder: Path, name: str) -> list[str]:
    return [file.name for file in folder.iterdir() if file.name.startswith(name)]


async def _play(url: str, bands: int = 1, edits: int = 12) -> None:
    """Bands with one setlist each, and some edits of it."""
    async with serving(settings_for(url)) as server:
        for _ in range(bands):
            gig = await make_gig(server)
            async with member(server, "ada") as ada:
                tempos = (set_("iko", "tempo", 100 + number % 100) for number in range(edits))
                await asyncio.gather(*(ada.edit(gig.setlist_id, 0, tempo) for tempo in tempos))


def _fatten(file: Path) -> None:
    """So that copying it takes more than one step."""
    with opened(file) as connection:
        connection.execute("CREATE TABLE fat (data BLOB)")
        connection.executemany("INSERT INTO fat VALUES (randomblob(1000000))", [()] * 10)


async def test_a_copy_is_whole_or_not_there(sqlite_database_url: str, tmp_path: Path) -> None:
    _fatten(tmp_path / "collab.db")
    code, _, _ = await interrupted(sqlite_database_url, "backup", str(tmp_path / "copy.db"))
    assert code == STOPPED
    assert _named(tmp_path, "copy") == []
    assert (await run(sqlite_database_url, "backup", str(tmp_path / "copy.db")))[0] == 0
    assert _count(tmp_path / "copy.db", "fat") == 10


async def test_a_dump_is_whole_or_not_there(sqlite_database_url: str, tmp_path: Path) -> None:
    await _play(sqlite_database_url)
    code, _, _ = await interrupted(sqlite_database_url, "backup", str(tmp_path / "all.jsonl.gz"))
    assert code == STOPPED
    assert _named(tmp_path, "all") == []


@pytest.mark.parametrize("is_there", [False, True], ids=["a new database", "an empty one"])
async def test_a_copy_is_restored_whole_or_not_at_all(sqlite_database_url: str, tmp_path: Path, is_there: bool) -> None:
    await _play(sqlite_database_url)
    _fatten(tmp_path / "collab.db")
    await asyncio.to_thread(sqlite_copy.copy_sqlite, sqlite_database_url, tmp_path / "copy.db")
    target = tmp_path / "target.db"
    if is_there:
        migrate(sqlite_url(target))

    code, _, _ = await interrupted(sqlite_url(target), "restore", str(tmp_path / "copy.db"))

    assert code == STOPPED
    assert target.exists() == is_there
    if is_there:
        assert _count(target, "bands") == 0
    assert (await run(sqlite_url(target), "restore", str(tmp_path / "copy.db")))[0] == 0
    assert _count(target, "bands") == 1


async def test_a_dump_is_restored_whole_or_not_at_all(sqlite_database_url: str, tmp_path: Path) -> None:
    await _play(sqlite_database_url, edits=600)
    await asyncio.to_thread(dumps.dump, sqlite_database_url, tmp_path / "all.jsonl")
    target = tmp_path / "target.db"

    code, _, _ = await interrupted(sqlite_url(target), "restore", str(tmp_path / "all.jsonl"))

    assert (code, _count(target, "bands"), _count(target, "edits")) == (STOPPED, 0, 0)


async def test_compacting_stops_between_two_contents(sqlite_database_url: str, tmp_path: Path) -> None:
    await _play(sqlite_database_url, bands=3)
    code, said, _ = await interrupted(sqlite_database_url, "compact", "--keep-edits", "2")

    with opened(tmp_path / "collab.db") as connection:
        kept: list[Any] = connection.execute("SELECT count(*) FROM edits GROUP BY content_id ORDER BY 1").fetchall()
    assert code == STOPPED
    assert kept == [(2,), (12,), (12,)]
    assert said.splitlines()[-1].startswith("10 edits, ")
    again, rest, _ = await run(sqlite_database_url, "compact", "--keep-edits", "2")
    assert (again, "20 edits" in rest) == (0, True)


async def test_a_migration_is_all_of_the_way_or_none(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    code, _, _ = await interrupted(sqlite_url(file), "migrate")
    with opened(file) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert (code, tables) == (STOPPED, [])
    assert (await run(sqlite_url(file), "migrate"))[0] == 0
