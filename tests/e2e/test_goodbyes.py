"""A stock client that disconnects has said goodbye, by each transport: the others see it leave at once."""

import asyncio

import pytest
import socketio

from tests.conftest import Gig
from tests.support.members import TIMEOUT_S, member
from tests.support.serving import RunningEngine

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids="+".join)
async def test_who_disconnects_has_left(server: RunningEngine, gig: Gig, transports: list[str]) -> None:
    ben = socketio.AsyncClient(reconnection=False)
    async with member(server, "ada") as ada:
        await ada.ok("join_room", gig.band_room)
        await ben.connect(
            server.url, auth={"token": server.token("ben")}, transports=transports, wait_timeout=TIMEOUT_S
        )
        assert (await ben.call("join_room", {"room": gig.band_room}, timeout=TIMEOUT_S))["ok"]
        assert (await ada.next("user_joined"))["user"]["id"] == "ben"

        # Over a websocket it closes before it has sent its DISCONNECT: the normal closure is the goodbye.
        await asyncio.wait_for(ben.disconnect(), TIMEOUT_S)

        # The server's clock stands still: the grace of who has gone without a word would never end.
        assert (await ada.next("user_left"))["user_id"] == "ben"
