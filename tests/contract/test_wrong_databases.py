"""Every command says what is wrong with its database, in a line that names it, and makes or changes nothing."""

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from collab.cli import cli
from collab.storage.dumps import dump
from collab.storage.engine import plain_engine
from tests.support.rooms import START
from tests.support.serving import SECRET, sqlite_url
from tests.support.storage import make_setlist, node, venue

READING = {
    "history": ["history", START.id],
    "compact": ["compact"],
    "prune": ["prune"],
    "copy": ["backup", "new.db"],
    "dump": ["backup", "new.jsonl"],
}
# Those that make a database where there is none.
MAKING = {
    "migrate": ["migrate"],
    "serve": ["serve", "--port", "0"],
    "restore a dump": ["restore", "kept.jsonl"],
    "restore a copy": ["restore", "kept.db"],
}
EVERY = {**READING, **MAKING}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Path:
    """A folder with a database and a dump of it."""
    folder = tmp_path_factory.mktemp("kept")
    shutil.copy(empty_sqlite, folder / "kept.db")
    asyncio.run(_seed(sqlite_url(folder / "kept.db")))
    dump(sqlite_url(folder / "kept.db"), folder / "kept.jsonl")
    return folder


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: Path) -> None:
    """The folder that the commands run in, with what can be restored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    for name in ("kept.db", "kept.jsonl"):
        shutil.copy(kept / name, tmp_path)


def said(monkeypatch: pytest.MonkeyPatch, url: str, arguments: list[str]) -> str:
    """What a command says that fails, in one line."""
    monkeypatch.setenv("COLLAB_DATABASE_URL", url)
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (1, 2), result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("collab: ")
    return line


@pytest.mark.parametrize("name", READING)
def test_a_database_that_is_not_there_is_not_made(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = set(tmp_path.iterdir())
    assert f"there is no database {sqlite_url(tmp_path / 'none.db')}" in said(
        monkeypatch, sqlite_url(tmp_path / "none.db"), READING[name]
    )
    assert set(tmp_path.iterdir()) == there


@pytest.mark.parametrize("name", READING)
def test_an_empty_file_stays_empty(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    line = said(monkeypatch, sqlite_url(file), READING[name])
    assert (str(file) in line, "run `collab migrate`" in line, file.stat().st_size) == (True, True, 0)


@pytest.mark.parametrize("name", EVERY)
def test_a_file_that_is_no_database_is_left_alone(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "songs.db"
    file.write_text("these are songs" * 1_000)
    line = said(monkeypatch, sqlite_url(file), EVERY[name])
    assert (str(file) in line, "not a database" in line) == (True, True)
    assert file.read_text() == "these are songs" * 1_000


@pytest.mark.parametrize("name", sorted({*EVERY} - {"history", "copy", "serve"}))
def test_a_newer_schema_is_left_to_a_newer_version(
    name: str, monkeypatch: pytest.MonkeyPatch, sqlite_database_url: str
) -> None:
    engine = plain_engine(sqlite_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_revision SET version_num = '9999'"))
    engine.dispose()
    assert "at 9999, which a newer version of collab has made" in said(monkeypatch, sqlite_database_url, EVERY[name])


@pytest.mark.parametrize(
    "arguments",
    [["migrate", "base", "--yes"], ["compact", "--keep-edits", "0"], ["restore", "kept.jsonl"]],
    ids=" ".join,
)
def test_a_database_that_may_only_be_read_is_said_to_be(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: Path
) -> None:
    file = kept / "kept.db"
    line = said(monkeypatch, f"sqlite+aiosqlite:///file:{file}?mode=ro&uri=true", arguments)
    assert (str(file) in line, "readonly" in line) == (True, True)


@pytest.mark.parametrize("name", sorted({*EVERY} - {"copy", "restore a copy"}))
def test_a_server_that_refuses_is_named_without_the_password(
    name: str, monkeypatch: pytest.MonkeyPatch, postgresql_database_url: str
) -> None:
    base = postgresql_database_url.partition("://")[2].partition("@")[2]
    line = said(monkeypatch, f"postgresql+psycopg://nobody:hunter2@{base}", EVERY[name])
    assert ("nobody" in line, "hunter2" in line) == (True, False)


async def _seed(url: str) -> None:
    async with node(url) as running:
        await make_setlist(running)
        await running.edit(venue("Blue Nile"), base=0)
