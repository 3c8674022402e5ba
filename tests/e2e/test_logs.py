"""The log of a busy server: who did what is in it, and nothing of what they wrote."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.members import Member, edit, member, new_edit_id, set_, text
from tests.support.processes import Served, served

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

WORDS = "Jock-A-Mo"
"""What everybody writes."""

REQUEST_ID = "of-the-proxy"


async def _make_gig(server: Served) -> str:
    """A band of ada's and ben's, and the setlist whose id is returned."""
    async with server.rest("ada") as rest:
        band = (await rest.post("/api/bands", json={"name": WORDS})).json()["id"]
        await rest.put(f"/api/bands/{band}/members/ben", json={"role": "editor", "name": WORDS})
        items = [{"id": "iko", "type": "song", "fields": {"title": WORDS}}]
        body = {"kind": "setlist", "title": WORDS, "document": {"items": items}}
        return str((await rest.post(f"/api/bands/{band}/contents", json=body)).json()["id"])


async def _play(ada: Member, ben: Member, setlist: str) -> str:
    """Edits good and bad, typing, an undo, a focus: and the edit_id of the first."""
    first = edit(setlist, 0, set_("iko", "key", "G"), set_(None, "venue", WORDS))
    await ada.ok("join_room", f"content_{setlist}")
    await ada.ok("edit_content", first)
    await ben.ok("edit_content", edit(setlist, 1, text(None, "notes", WORDS)))
    await ada.refused("edit_content", edit(setlist, 1, set_("iko", WORDS, WORDS)))
    await ada.refused("edit_content", {"room_id": WORDS, WORDS: [WORDS]})
    await ada.refused(WORDS, WORDS)
    await ada.ok("undo_edit", {"room_id": f"content_{setlist}", "edit_id": new_edit_id(), "target": first["edit_id"]})
    await ada.ok("update_presence", {"room": f"content_{setlist}", "focus": {"item": "iko", "field": "title"}})
    return str(first["edit_id"])


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_nobodys_words_and_no_token_are_in_the_log(database_url: str, log_format: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    async with served(database_url, log_to=file, log_level="DEBUG", log_format=log_format) as server:
        setlist = await _make_gig(server)
        async with member(server, "ada") as ada, member(server, "ben", transports=["polling"]) as ben:
            edit_id = await _play(ada, ben, setlist)
            token = server.token("ada")
            await ada.ok("authenticate", {"token": token})
            await ada.refused("authenticate", {"token": f"{token}{WORDS}"})
            sids = {ada.sid, ben.sid}
        revert_id = new_edit_id()
        async with server.rest("ada") as rest:
            body = {"version": 0, "edit_id": revert_id}
            headers = {"X-Request-ID": REQUEST_ID}
            (await rest.post(f"/api/contents/{setlist}/revert", json=body, headers=headers)).raise_for_status()
        await server.terminate()
    log = file.read_text()

    assert WORDS not in log
    assert token not in log
    assert token.split(".")[1] not in log
    if log_format == "json":
        _is_told_whole(log, sids, edit_id)
        [reverted] = [line for line in map(json.loads, log.splitlines()) if line.get("edit_id") == revert_id]
        assert (reverted["event"], reverted["request_id"]) == ("committed", REQUEST_ID)
    else:
        assert edit_id in log


async def test_an_edit_is_stored_and_answered_where_nobody_reads_the_log_any_more(
    database_url: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    async with served(database_url, log_to=pipe, log_level="DEBUG") as server:
        setlist = await _make_gig(server)
        os.close(reader)
        async with member(server, "ada") as ada, member(server, "ben") as ben:
            await _play(ada, ben, setlist)
        async with server.rest("ada") as rest:
            assert (await rest.get(f"/api/contents/{setlist}")).json()["version"] == 3


def _is_told_whole(log: str, sids: set[str], edit_id: str) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    [committed] = [line for line in lines if line.get("edit_id") == edit_id]
    answers = [line for line in lines if line["event"] == "answered" and line["event_name"] == "edit_content"]
    assert committed["session_id"] in sids
    assert {line["session_id"] for line in answers} == sids
    assert [line["code"] for line in answers].count("ok") == 2
    assert [line["code"] for line in answers].count("invalid") == 2


async def test_a_request_is_known_by_its_id(database_url: str) -> None:
    async with served(database_url) as server, server.rest("ada") as rest:
        made = await rest.get("/api/me")
        kept = await rest.get("/api/me", headers={"X-Request-ID": "from-the-proxy.1"})
        unfit = await rest.get("/api/nobody", headers={"X-Request-ID": "two words"})
        refused = await asyncio.gather(*(rest.get("/api/me", headers={"X-Request-ID": name}) for name in ("a b", "")))

    assert len(made.headers["X-Request-ID"]) == 32
    assert kept.headers["X-Request-ID"] == "from-the-proxy.1"
    assert "X-Request-ID" not in unfit.headers  # nobody's route
    assert all(len(answer.headers["X-Request-ID"]) == 32 for answer in refused)
