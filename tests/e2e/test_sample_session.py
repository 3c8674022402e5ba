"""The sample session of PROTOCOL.md happens just so, against a real server, over bare websockets."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.conftest import make_gig
from tests.support.members import TIMEOUT_S
from tests.support.serving import serving, settings_for
from tests.support.transcript import Names, steps


@pytest.mark.asyncio
async def test_the_sample_session_happens_byte_for_byte_but_for_ids_and_times(database_url: str) -> None:
    async with serving(settings_for(database_url, presence_interval_s=0)) as server, AsyncExitStack() as open_:
        gig = await make_gig(server)
        names = Names(setlist=gig.setlist_id, token_of_ada=server.token("ada"), token_of_ben=server.token("ben"))
        url = server.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        sockets: dict[str, ClientConnection] = {}
        for step in steps():
            if step.who not in sockets:
                sockets[step.who] = await open_.enter_async_context(connect(url, compression=None))
            if step.direction == ">":
                await sockets[step.who].send(names.filled(step.packet))
            else:
                came = await asyncio.wait_for(sockets[step.who].recv(decode=True), TIMEOUT_S)
                names.require(step.packet, str(came))
    assert set(sockets) == {"ada", "ben"}


def test_a_name_stands_for_one_id_and_a_time_for_any_time() -> None:
    names = Names(setlist="s1")
    names.require(
        '{"id":"<ada>","at":"<time>","in":"<setlist>"}', '{"id":"x-1","at":"2026-12-04T20:30:00.000Z","in":"s1"}'
    )
    assert names.filled("<ada> <setlist>") == "x-1 s1"
    for wrong in ("x-2", "x-1 "):
        with pytest.raises(AssertionError, match="expected"):
            names.require("<ada>", wrong)
    with pytest.raises(AssertionError, match="expected"):
        names.require("<time>", "2026-12-04T20:30:00Z")
    with pytest.raises(AssertionError, match="expected"):
        names.require('{"a":1}', '{"a": 1}')
