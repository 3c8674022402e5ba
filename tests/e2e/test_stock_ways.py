"""With uvicorn's websockets as they are by themselves, members edit together all the same."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from collab.engineio import seams
from collab.engineio.tcp_websocket import TcpWebSocket
from tests.conftest import Gig, make_gig
from tests.support.members import edit, member, set_
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


@pytest_asyncio.fixture
async def stock(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningEngine]:
    monkeypatch.setattr(seams, "lacking", lambda _: ["all"])
    async with serving(settings_for(database_url)) as server:
        yield server


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_an_edit_reaches_the_others_and_is_answered(stock: RunningEngine, transport: str) -> None:
    gig: Gig = await make_gig(stock)
    async with member(stock, "ada", transports=[transport]) as ada, member(stock, "ben") as ben:
        for someone in (ada, ben):
            await someone.ok("join_room", gig.room)
        answer = await ada.ok("edit_content", edit(gig.setlist_id, 0, set_("iko", "tempo", 180)))
        told = await ben.next("content_edited")
        assert (answer["version"], told["version"]) == (1, 1)
        connections = stock.engine._server.connections  # noqa: SLF001  # nothing else tells of it
        assert not any(isinstance(connection.transport, TcpWebSocket) for connection in connections)
