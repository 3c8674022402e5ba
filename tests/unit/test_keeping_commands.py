"""`collab compact`, `backup` and `restore`, as typed."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collab.cli import cli
from tests.conftest import make_gig
from tests.support.serving import serving, settings_for, sqlite_url

DATABASE = "COLLAB_DATABASE_URL"


@pytest.fixture
def database(sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    async def play() -> None:
        async with serving(settings_for(sqlite_database_url)) as server:
            gig = await make_gig(server)
            async with server.rest("ben") as rest:
                for version in (0, 1):
                    await rest.post(f"/api/contents/{gig.setlist_id}/checkpoints", json={"label": f"v{version}"})

    asyncio.run(play())
    monkeypatch.setenv(DATABASE, sqlite_database_url)
    return sqlite_database_url


def _run(*arguments: str | Path) -> tuple[int, str]:
    answer = CliRunner().invoke(cli, list(map(str, arguments)))
    return answer.exit_code, answer.output


def test_backups_are_named_for_what_they_are(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = _run("backup", tmp_path / "all.jsonl")
    rows = {"3 users", "1 band", "3 memberships", "1 content", "2 checkpoints", "1 snapshot"}
    assert (code, set(said.strip().removeprefix(f"{tmp_path / 'all.jsonl'}: ").split(", "))) == (0, rows)
    assert _run("backup", tmp_path / "copy.db") == (0, f"{tmp_path / 'copy.db'}: a copy of the database\n")
    assert "expected a file named NAME.db, NAME.sqlite" in _run("backup", tmp_path / "copy.tar")[1]
    assert "--band: a copy holds all bands" in _run("backup", tmp_path / "one.db", "--band", "x")[1]
    assert "there is no" in _run("restore", tmp_path / "missing.db")[1]

    monkeypatch.setenv(DATABASE, sqlite_url(tmp_path / "new.db"))
    assert _run("restore", tmp_path / "copy.db") == (0, "restored the database\n")
    code, said = _run("restore", tmp_path / "all.jsonl")
    assert (code, "it has Blue Nile; nothing was restored" in said) == (1, True)


def test_compacting_says_what_it_does(database: str) -> None:
    assert _run("compact", "--dry-run") == (0, "0 edits, 0.0 kB, would be folded; nothing was changed\n")
    code, said = _run("compact", "--keep-edits", "0", "--older-than", "soon")
    assert (code, "--older-than: expected a number and a unit" in said) == (2, True)
