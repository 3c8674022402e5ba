"""A band platform that was written after its own guide to Socket.IO: its front end as it stands, and its back end with
each `sio.emit` as an `engine.tell` (the table in collab/docs/embed.md)."""

import asyncio
import json
import logging
from typing import Any

import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from collab import create_app
from tests.conftest import Gig
from tests.javascript import run_node
from tests.support.members import Member, member, set_
from tests.support.serving import Running, RunningEngine, listening, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

SONG = {"title": "Tiger Rag", "key": "Ab"}


class Added(BaseModel):
    user_id: str
    song: dict[str, Any]


def platform() -> FastAPI:
    app = FastAPI()

    @app.post("/songs")
    async def add_song(request: Request, added: Added) -> None:
        tell = request.app.state.collab.tell
        tell("content_updated", {"type": "repertoire", "action": "add", "data": added.song}, user=added.user_id)

    @app.post("/sync/{user_id}")
    def long_task(request: Request, user_id: str) -> None:
        """No coroutine: it runs in a thread."""
        tell = request.app.state.collab.tell
        tell("sync_status", {"status": "syncing", "progress": 0, "message": "Syncing files..."}, user=user_id)
        for i in range(100):
            tell("progress", {"percent": i}, user=user_id)
        tell("sync_status", {"status": "completed", "progress": 100, "message": ""}, user=user_id)
        tell("complete", {"result": "success"}, user=user_id)

    return app


@pytest.mark.timeout(180)  # npm may have to install first
async def test_the_front_end_of_the_guide_works_as_it_stands(database_url: str) -> None:
    settings = settings_for(database_url)
    async with listening(create_app(settings, platform())) as url:
        running = Running.at(url, settings)
        async with running.rest("ada") as rest:
            await rest.post("/api/bands", json={"name": "Blue Nile"})
        given = json.dumps({"url": url, "token": running.token("ada"), "song": SONG})
        heard = json.loads(await asyncio.to_thread(run_node, "guide.mjs", stdin=given))
    assert heard["authenticate"][0]["user"]["id"] == "ada"
    assert heard["join_room"][0]["role"] == "owner"
    refresh, added = heard["content_updated"]
    assert (refresh["action"], heard["request_update"]) == ("refresh", [{"ok": True}])
    assert added == {"type": "repertoire", "action": "add", "data": SONG, "from_host": True}
    assert [status["status"] for status in heard["sync_status"]] == ["syncing", "completed"]
    assert [told["percent"] for told in heard["progress"]] == [*range(100)]
    assert heard["complete"][0]["result"] == "success"
    assert {"session", "content_updated", "sync_status", "progress", "complete"} <= {*heard["any"]}
    assert heard["test_event"][0]["error"]["code"] == "invalid"
    assert heard["leave_room"] == [{"ok": True}]
    assert "token" in heard["connect_error"][0]
    assert heard["disconnect"] == ["io client disconnect"]


async def test_its_presence_and_its_editing(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        for someone in (ada, ben):
            await someone.ok("join_room", gig.room)
        assert (await ada.next("user_joined"))["user_id"] == "ben"
        assert ben.heard["user_joined"] == [], "skip_sid"
        await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        assert (await ada.next("content_edited"))["ops"] == [set_("iko", "key", "G")]
        assert "content_edited" not in ben.heard, "skip_sid"
        await ben.ok("leave_room", gig.room)
        assert (await ada.next("user_left"))["user_id"] == "ben"


async def test_its_loggers_show_events_and_rooms_and_neither_tokens_nor_payloads(
    server: RunningEngine, gig: Gig, caplog: pytest.LogCaptureFixture
) -> None:
    token = server.token("ada")
    for name in ("socketio", "engineio"):
        caplog.set_level(logging.DEBUG, name)
    for transport in ("websocket", "polling"):
        ada = Member("ada")
        await ada.connect(server.url, None, [transport])
        await ada.ok("authenticate", {"token": token})
        at = (await ada.ok("join_room", gig.room))["content"]["version"]
        await ada.ok("edit_content", {**_edit(gig, at), "ops": [set_(None, "venue", f"a secret place {at}")]})
        await ada.refused(token, {"a": "secret payload"})
        server.engine.tell("host_secret", "a secret payload", user="ada")
        await ada.next("host_secret")
        await ada.ok("leave_room", gig.room)
        await ada.close()
    ours = [record for record in caplog.records if record.name in ("socketio", "engineio")]
    said = "\n".join(record.getMessage() for record in ours)
    for part in (
        'received event "authenticate"',
        'received event "edit_content"',
        'received event "unknown"',
        f"is entering room {gig.room!r}",
        f"is leaving room {gig.room!r}",
        "emitting event \"host_secret\" to 'user_ada' [1 sessions",
        "received packet MESSAGE",
        "sending packet MESSAGE",
        "opened",
        "closed",
    ):
        assert part in said, part
    assert "secret place" not in said
    assert "secret payload" not in said
    assert token[:30] not in said


def _edit(gig: Gig, version: int) -> dict[str, Any]:
    edit_id = f"0193b1f2-04c1-7f0b-8a3e-2f6d0c9b7e{version:02}"
    return {"room_id": gig.room, "edit_id": edit_id, "base_version": version}


@pytest.mark.parametrize(("threshold", "is_compressed"), [(100, True), (100_000, False)])
async def test_its_compression_threshold_is_a_setting(threshold: int, is_compressed: bool, database_url: str) -> None:
    settings = settings_for(database_url, compression_threshold_bytes=threshold)
    async with listening(create_app(settings)) as url, Running.at(url, settings).rest(None) as polling:
        answer = await polling.get("/socket.io/?EIO=4&transport=polling", headers={"Accept-Encoding": "gzip"})
    assert (answer.headers.get("content-encoding") == "gzip") == is_compressed
