"""The unit test of the document that the project began with, as it has to be: a token, an answer, an awaited event."""

import asyncio
from typing import Any

import pytest
from socketio import AsyncClient

from tests.conftest import Gig
from tests.support.serving import Running


@pytest.mark.asyncio
async def test_websocket_connection(server: Running, gig: Gig) -> None:
    client = AsyncClient()
    received: asyncio.Queue[Any] = asyncio.Queue()

    @client.on("content_updated")  # type: ignore[untyped-decorator]  # python-socketio ships no types
    def on_update(data: Any) -> None:
        received.put_nowait(data)

    await client.connect(server.url, transports=["websocket"])

    # Test authentication
    answer = await client.call("authenticate", {"token": server.token("ben")})
    assert answer["ok"]

    # Test event emission
    await client.emit("request_update")
    update = await asyncio.wait_for(received.get(), timeout=5)

    assert update["action"] == "refresh"
    assert [summary["id"] for summary in update["data"]] == [gig.setlist_id]
    await client.disconnect()
