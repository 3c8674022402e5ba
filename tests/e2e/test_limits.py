"""Limits: of what is too many or too large nothing is taken, and everybody else goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import socketio
from websockets.asyncio.client import connect

from tests.conftest import Gig
from tests.support.limits import limited
from tests.support.members import TIMEOUT_S, Member, edit, member, set_
from tests.support.polling import polling
from tests.support.serving import Running, RunningEngine
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio


async def test_a_full_room_takes_back_whose_connection_broke_and_nobody_else(database_url: str) -> None:
    async with (
        limited(database_url, max_room_sessions=2) as (server, gig),
        member(server, "ada") as ada,
        member(server, "dex") as dex,
    ):
        await ada.ok("join_room", gig.room)
        async with member(server, "ben") as ben:
            await ben.ok("join_room", gig.room)
            assert (await dex.refused("join_room", gig.room))["code"] == "too_large"
            # Who was not let in hears nothing; who is in may ask again.
            await ada.ok("join_room", gig.room)
            await ada.ok("edit_content", edit(gig.setlist_id, 0, set_("iko", "key", "G")))
            await ben.next("content_edited")
            await dex.ok("join_room", gig.band_room)
            assert dex.heard["content_edited"] == []
            ben.break_off()
            await ben.next("disconnect")
        assert (await dex.refused("join_room", gig.room))["code"] == "too_large"
        async with member(server, "ben") as again:
            await again.ok("join_room", gig.room)


async def test_a_long_roster_comes_in_several_messages(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.realtime.broadcast.MAX_TOLD_SESSIONS", 2)
    async with AsyncExitStack() as there:
        members = [
            await there.enter_async_context(member(server, name)) for name in ("ada", "ben", "dex", "ada", "ben")
        ]
        for one in members:
            joined = await one.ok("join_room", gig.room)
        sessions = [*joined["roster"]]
        assert sessions[-1]["session_id"] == members[-1].sid
        while len(sessions) < 5:
            told = (await members[-1].next("presence_updated"))["sessions"]
            assert 1 <= len(told) <= 2
            sessions += told
        assert {session["session_id"] for session in sessions} == {one.sid for one in members}


async def test_a_user_has_so_many_sessions(database_url: str) -> None:
    async with limited(database_url, max_user_sessions=2) as (server, _), member(server, "ada"), member(server, "ben"):
        async with member(server, "ada"):
            another = Member("ada")
            with pytest.raises(socketio.exceptions.ConnectionError):
                await another.connect(server.url, {"token": server.token("ada")})
            refused = await another.next("connect_error")
            assert refused["data"] == {"code": "rate_limited", "details": {"retry_after": 5.0}}
            await another.forget()
        await until(lambda: len(server.engine.sessions.ids()) == 2)
        async with member(server, "ada"):
            pass


async def test_a_band_has_so_many_contents(database_url: str) -> None:
    async with limited(database_url, max_band_contents=2) as (server, gig), server.rest("ada") as rest:
        body = {"kind": "setlist", "title": "One more"}
        made = [await rest.post(f"/api/bands/{gig.band_id}/contents", json=body) for _ in range(2)]
        assert [answer.status_code for answer in made] == [201, 413]
        assert made[1].json()["error"]["code"] == "too_large"


async def test_an_edit_has_so_many_ops_and_a_seed_so_many_items(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, server.rest("ada") as rest:
        ops = [set_("iko", "tempo", 100)] * 1_001
        assert (await ada.refused("edit_content", edit(gig.setlist_id, 0, *ops)))["code"] == "too_large"
        assert (await ada.edit(gig.setlist_id, 0, *ops[:1_000]))["ok"]

        body = {"kind": "setlist", "title": "Long", "document": {"items": [{"type": "song"}] * 10_001}}
        answer = await rest.post(f"/api/bands/{gig.band_id}/contents", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_a_body_has_a_length_and_it_is_looked_at_first(server: Running) -> None:
    async def forever() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 1_000

    async with server.rest("ada") as rest:
        large = await rest.post("/api/bands", content=b"x" * 10_000_001)
        assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
        chunked = await rest.post("/api/bands", content=forever())
        assert (chunked.status_code, chunked.json()["error"]["code"]) == (422, "invalid")


async def test_a_body_that_is_no_text_is_invalid(server: Running) -> None:
    async with server.rest("ada") as rest:
        for body in (b"\xff\xfe", b'{"name": "\xc3"}', b"[" * 100_000, b'{"name": ' + b"9" * 5_000 + b"}"):
            answer = await rest.post("/api/bands", content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), body[:20]


def _handshake(server: Running) -> Any:
    return connect(f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket", compression=None)


async def test_sockets_without_a_token_keep_nobody_of_their_address_out_who_has_one(database_url: str) -> None:
    async with limited(database_url, max_unauthenticated_per_address=2) as (server, _), AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(_handshake(server)) for _ in range(2)]
        # In either transport, and while more come that say nothing.
        first = await stack.enter_async_context(member(server, "ada"))
        silent += [await stack.enter_async_context(_handshake(server)) for _ in range(3)]
        polled = await stack.enter_async_context(polling(server.url))
        await polled.connect(server.token("ben"))
        assert '"sid"' in (await polled.poll()).text
        second = await stack.enter_async_context(member(server, "cleo"))
        # The oldest made room, and those that are left may still show a token.
        for socket in silent[:3]:
            await asyncio.wait_for(socket.wait_closed(), TIMEOUT_S)
        await silent[-1].recv()
        await silent[-1].send("40" + json.dumps({"token": server.token("dex")}))
        assert str(await silent[-1].recv()).startswith("40")
        for one in (first, second):
            await one.ok("request_update")


@pytest.mark.parametrize(("trusted", "is_told_apart"), [("127.0.0.1", True), ("10.0.0.0/8,192.0.2.1", False)])
async def test_a_trusted_proxy_alone_is_believed_who_a_client_is(
    database_url: str, trusted: str, is_told_apart: bool
) -> None:
    async with (
        limited(database_url, max_unauthenticated_per_address=1, trusted_proxies=trusted) as (server, _),
        server.rest(None) as rest,
    ):
        path, opened = "/socket.io/?EIO=4&transport=polling", []
        for address in ("198.51.100.1", "198.51.100.2"):
            answer = await rest.get(path, headers={"X-Forwarded-For": address})
            opened.append(f"{path}&sid={json.loads(answer.text[1:])['sid']}")
        answers = [(await rest.post(address, content="40")).status_code for address in opened]
        assert answers == [200 if is_told_apart else 400, 200]


async def test_so_many_sockets_in_all_may_be_without_a_token(database_url: str) -> None:
    async with (
        limited(database_url, max_unauthenticated=1) as (server, _),
        polling(server.url) as first,
        polling(server.url) as second,
    ):
        for _ in range(2):
            assert (await first.send("40")).status_code == (await first.poll()).status_code == 400
        await second.connect(server.token("ada"))
        async with member(server, "ben") as ben:
            await ben.ok("request_update")


async def test_a_polled_payload_over_the_limit_ends_the_connection_and_nothing_else(database_url: str) -> None:
    async with limited(database_url, max_message_bytes=10_000) as (server, gig), polling(server.url) as client:
        await client.connect(server.token("ada"))
        await until(lambda: len(server.engine.sessions.ids()) == 1)
        await client.emit("edit_content", {"blob": "x" * 10_000})
        await until(lambda: not server.engine.sessions.ids())
        async with member(server, "ben") as ben:
            await ben.ok("join_room", gig.room)
