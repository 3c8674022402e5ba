"""Connections take turns: whoever sends a great deal at once is read in turn with all others, on either transport."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from collab.engineio import tcp_websocket
from collab.realtime import frames
from tests.support.polling import polling
from tests.support.serving import RunningEngine

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

EVENTS = 900


async def by_websocket(running: RunningEngine, beginning: str) -> None:
    url = f"{running.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    async with connect(url, compression=None) as client:
        await client.recv()
        await client.send("40" + json.dumps({"token": running.token("ada")}))
        while not str(await client.recv()).startswith('42["session"'):
            pass
        texts = [beginning, *(f'42{number}["no such event"]' for number in range(EVENTS))]
        client.transport.write(b"".join(Frame(Opcode.TEXT, text.encode()).serialize(mask=True) for text in texts))
        while not str(await client.recv()).startswith(f"43{EVENTS - 1}["):
            pass


async def events_first(running: RunningEngine) -> None:
    await by_websocket(running, '42["no such event"]')


async def a_pong_first(running: RunningEngine) -> None:
    """All that is behind it goes the long way."""
    await by_websocket(running, "3")


async def by_polling(running: RunningEngine) -> None:
    async with polling(running.url) as client:
        await client.connect(running.token("ada"))
        while '42["session"' not in (await client.poll()).text:
            pass
        await client.send("\x1e".join(f'42{number}["no such event"]' for number in range(EVENTS)))


@pytest.mark.parametrize("flood", [events_first, a_pong_first, by_polling])
async def test_who_sends_much_at_once_lets_others_have_their_turn(
    server: RunningEngine, flood: Callable[[RunningEngine], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp_websocket, "READ_S", 0.0)
    read = 0

    def counted(text: str) -> frames.Event | None:
        nonlocal read
        read += 1
        return frames.read_event(text)

    monkeypatch.setattr("collab.realtime.server.read_event", counted)
    flooding = asyncio.create_task(flood(server))
    before, most = 0, 0
    while not flooding.done():
        await asyncio.sleep(0)
        before, most = read, max(most, read - before)
    await flooding
    assert read >= EVENTS
    assert most <= 100
