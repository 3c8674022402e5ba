"""The commands, as somebody types them."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from collab.about import release
from collab.cli import cli
from collab.settings import Settings, unknown_names
from collab.storage.names import VERSION_TABLE
from tests.support.serving import SECRET, sqlite_url


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting but those of the test: neither from the environment nor from a `.env`."""
    for name in ("DATABASE_URL", "JWT_SECRET", "JWKS_URL", "JWT_ALGORITHM", "BUS_URL"):
        monkeypatch.delenv(f"COLLAB_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_serve_without_a_secret_and_a_place_for_one_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_DATABASE_URL", "postgresql+psycopg://collab@127.0.0.1:1/collab")
    result = CliRunner().invoke(cli, ["serve"])

    assert result.exit_code == 2
    assert "COLLAB_JWT_SECRET" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("JWT_SECRET", "too short", "32 bytes"),
        ("JWT_ALGORITHM", "none", "COLLAB_JWT_ALGORITHM"),
        ("JWT_ALGORITHM", "RS256", "COLLAB_JWKS_URL"),
        ("DATABASE_URL", "mysql://localhost/collab", "sqlite+aiosqlite"),
        ("DATABASE_URL", "no url at all", "COLLAB_DATABASE_URL"),
        ("LOG_LEVEL", "LOUD", "COLLAB_LOG_LEVEL"),
        ("BUS_URL", "http://localhost", "COLLAB_BUS_URL"),
        ("PING_INTERVAL_S", "0.3", "COLLAB_PING_INTERVAL_S"),
        ("PRESENCE_GRACE_S", "inf", "COLLAB_PRESENCE_GRACE_S: expected a number, got inf"),
        ("EDITS_PER_S", "nan", "COLLAB_EDITS_PER_S"),
        ("WEBHOOK_URL", "https://posters.example", "collab: COLLAB_WEBHOOK_SECRET is missing"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str
) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    monkeypatch.setenv(f"COLLAB_{name}", value)

    result = CliRunner().invoke(cli, ["serve"])

    assert result.exit_code == 2
    assert word in result.stderr
    assert SECRET not in result.stderr


def test_several_workers_need_a_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)

    result = CliRunner().invoke(cli, ["serve", "--workers", "2"])

    assert result.exit_code == 2
    assert "COLLAB_BUS_URL" in result.stderr


def test_token_signs_what_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)

    result = CliRunner().invoke(cli, ["token", "ada", "--name", "Ada L.", "--admin", "--ttl", "30m"])

    claims = jwt.decode(result.stdout.strip(), SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["name"], claims["admin"]) == ("ada", "Ada L.", True)
    left = datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


@pytest.mark.parametrize("ttl", ["", "12", "h", "0h", "-1h", "1w"])
def test_a_ttl_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, ttl: str) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    result = CliRunner().invoke(cli, ["token", "ada", f"--ttl={ttl}"])
    assert result.exit_code == 2
    assert "--ttl" in result.stderr


def test_migrate_goes_up_and_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "band.db"
    monkeypatch.setenv("COLLAB_DATABASE_URL", sqlite_url(file))

    def tables() -> set[str]:
        connection = sqlite3.connect(file)
        try:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        finally:
            connection.close()

    assert CliRunner().invoke(cli, ["migrate"]).exit_code == 0
    assert "edits" in tables()
    assert CliRunner().invoke(cli, ["migrate", "base"]).exit_code == 0
    assert tables() == {VERSION_TABLE}


def test_an_unknown_revision_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLLAB_DATABASE_URL", sqlite_url(tmp_path / "band.db"))
    result = CliRunner().invoke(cli, ["migrate", "9999"])
    assert result.exit_code == 2
    assert "9999" in result.stderr


def test_a_database_that_is_down_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_DATABASE_URL", "sqlite+aiosqlite:////no/such/folder/collab.db")
    result = CliRunner().invoke(cli, ["migrate"])
    assert result.exit_code == 1
    assert "unable to open database file" in result.stderr


def test_a_command_looks_for_no_garbage_while_it_imports_the_engine() -> None:
    told = "gc.callbacks.append(lambda phase, _: print('collection', phase))"
    command = f"import gc; from collab.cli import main; {told}; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")}
    environment["COLLAB_DATABASE_URL"] = "postgresql+psycopg://collab@127.0.0.1:1/collab"

    done = subprocess.run(
        [sys.executable, "-c", command, "serve"], env=environment, capture_output=True, text=True, check=False
    )

    assert "COLLAB_JWT_SECRET" in done.stderr
    # A handful in hundreds of thousands of objects; with Python's own thresholds there are hundreds.
    assert done.stdout.count("collection start") < 10


def test_the_release_is_said() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"collab {release()}\n")


def test_a_setting_that_is_empty_is_not_set_and_words_may_be_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"COLLAB_{name.upper()}", "")
    assert Settings() == Settings.model_construct()
    monkeypatch.setenv("COLLAB_LOG_LEVEL", "info")
    monkeypatch.setenv("COLLAB_LOG_FORMAT", "JSON")
    assert (Settings().log_level, Settings().log_format) == ("INFO", "json")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("COLLAB_JWT_SECRETS", "COLLAB_JWT_SECRET"), ("COLLAB_LOGLEVEL", "COLLAB_LOG_LEVEL"), ("COLLAB_TEA", None)],
)
def test_a_name_that_is_no_setting_is_told_with_the_one_that_was_meant(name: str, meant: str | None) -> None:
    assert unknown_names([name, "COLLAB_LOG_LEVEL", "collab_log_level", "COLLAB_TOKEN", "PATH"]) == {name: meant}


def test_migrating_down_says_what_goes_and_asks(monkeypatch: pytest.MonkeyPatch, sqlite_database_url: str) -> None:
    monkeypatch.setenv("COLLAB_DATABASE_URL", sqlite_database_url)
    file = sqlite_database_url.removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO users VALUES ('ada', 'Ada', '2026-12-04')")
        connection.execute("INSERT INTO bands VALUES ('b', 'B', '2026-12-04', 'ada', 0, NULL)")
        contents = "INSERT INTO contents VALUES ('c', 'b', 'setlist', 'Friday', 0, ?, 'ada', ?, 'ada', NULL)"
        connection.execute(contents, ("2026-12-04", "2026-12-04"))
        connection.execute("INSERT INTO checkpoints VALUES ('k', 'c', 0, 'Soundcheck', '2026-12-04', 'ada')")

    refused = CliRunner().invoke(cli, ["migrate", "0002"])
    assert (refused.exit_code, "1 row of checkpoints" in refused.output) == (1, True)
    assert "Nothing was changed" in refused.output
    assert CliRunner().invoke(cli, ["migrate"]).exit_code == 0
    assert CliRunner().invoke(cli, ["migrate", "0002", "--yes"]).output == "the schema is at 0002\n"
    again = CliRunner().invoke(cli, ["migrate"])
    assert again.output == "the schema is at head\n"
