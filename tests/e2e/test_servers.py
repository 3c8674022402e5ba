"""A host application with the engine in it, under other ASGI servers than uvicorn: over ASGI alone."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from collab.client import CollabClient, Content
from tests.bench.measuring import free_port
from tests.support.members import Member, edit, set_
from tests.support.processes import START_TIMEOUT_S, environment
from tests.support.serving import Running, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database, pytest.mark.long]

APPLICATION = "tests.examples.theatre:application"

COMMANDS = {
    "daphne": ["-b", "127.0.0.1", "-p", "{port}", APPLICATION],  # knows of no lifespan
    "hypercorn": ["--bind", "127.0.0.1:{port}", APPLICATION],
    "granian": ["--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}", APPLICATION],
}


@asynccontextmanager
async def served_by(name: str, database_url: str) -> AsyncIterator[Running]:
    """The application in a process of that server's, which ends when it is asked to."""
    port = free_port()
    command = [part.format(port=port) for part in ("-m", name, *COMMANDS[name])]
    # In a group of its own, since Granian has workers, which would outlive it where it is killed.
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment(database_url), start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url) as anybody:

            async def answers() -> bool:
                with suppress(httpx.TransportError):
                    return (await anybody.get("/readyz")).status_code == 200
                return False

            await until(answers, START_TIMEOUT_S)
        yield Running.at(url, settings_for(database_url))
        process.send_signal(signal.SIGTERM)
        await process.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def has(content: Content, venue: str) -> bool:
    return content.document.fields.get("venue") == venue


@pytest.mark.parametrize("name", COMMANDS)
async def test_it_works_under(name: str, sqlite_database_url: str, tmp_path: Path) -> None:
    async with served_by(name, sqlite_database_url) as running, running.rest("ada") as rest:
        assert (await rest.get("/tonight")).json() == {"plays": "The Tempest"}
        band = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()["id"]
        member = f"/api/bands/{band}/members/{quote('songs/7', safe='')}"
        assert (await rest.put(member, json={"role": "editor", "name": "Ben"})).json()["user"]["id"] == "songs/7"
        body = {"kind": "setlist", "title": "Friday"}
        setlist = (await rest.post(f"/api/bands/{band}/contents", json=body)).json()["id"]
        async with CollabClient(running.url, running.token("ada")) as me:
            shown = await me.open(setlist)
            for transport in ("websocket", "polling"):
                ben = Member("songs/7")
                await ben.connect(running.url, {"token": running.token("songs/7")}, [transport])
                joined = await ben.ok("join_room", f"content_{setlist}")
                venue = edit(setlist, joined["content"]["version"], set_(None, "venue", transport))
                assert (await ben.ok("edit_content", venue))["version"] == joined["content"]["version"] + 1
                await until(partial(has, shown, transport))
                await ben.close()
    with sqlite3.connect(tmp_path / "collab.db") as database:
        assert database.execute("SELECT count(*) FROM edits").fetchone() == (2,)
