"""Two nodes behind nginx, with the configuration that the docs show."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
import socketio
from sqlalchemy import text

from collab.client import CollabClient
from collab.settings import Settings
from collab.storage.engine import reading_engine
from tests.conftest import Gig, make_gig
from tests.docs.pages import DOCS, section
from tests.fault.harness import history, make_band, under_load
from tests.support.members import Member, member, set_
from tests.support.nginx import CONFIGURATION, nginx, program
from tests.support.polling import Polling
from tests.support.processes import served
from tests.support.serving import Running, RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.one_database,
    pytest.mark.timeout(120),
    pytest.mark.long,
    pytest.mark.skipif(program() is None, reason="no nginx found: install nginx-light"),
]

CLIENTS = 6


@dataclass
class Stage:
    """Two nodes, and the proxy before them."""

    nodes: list[RunningEngine]
    front: Running
    gig: Gig

    def sessions(self) -> list[int]:
        """How many there are on each node."""
        return [len(node.engine.sessions.ids()) for node in self.nodes]


@pytest_asyncio.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    settings = settings_for(database_url)
    async with serving(settings) as first, serving(settings) as second:
        gig = await make_gig(first)
        async with nginx([first.url, second.url]) as url:
            yield Stage([first, second], Running.at(url, settings), gig)


async def test_websockets_are_spread_over_the_nodes(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(member(stage.front, "ada")) for _ in range(CLIENTS)]
        for someone in people:
            assert (await someone.edit(stage.gig.setlist_id, 0, set_("iko", "key", "G")))["ok"]
        assert stage.sessions() == [CLIENTS // 2, CLIENTS // 2]


async def test_a_polling_client_stays_on_its_node(stage: Stage) -> None:
    async with member(stage.front, "ada", ["polling"]) as ada:
        await ada.ok("join_room", stage.gig.room)
        versions = [
            (await ada.edit(stage.gig.setlist_id, 0, set_("iko", "tempo", n)))["version"] for n in range(20, 30)
        ]
        assert versions == list(range(1, 11))
        assert ada.client.transport() == "polling"


async def test_a_polling_client_can_change_over_to_a_websocket(stage: Stage) -> None:
    async with member(stage.front, "ada", ["polling", "websocket"]) as ada:
        await until(lambda: ada.client.transport() == "websocket")
        assert (await ada.edit(stage.gig.setlist_id, 0, set_("iko", "key", "G")))["version"] == 1


async def test_polling_clients_of_several_addresses_are_spread(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        for number in range(1, 17):
            source = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number}")
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=stage.front.url, transport=source))
            someone = Polling(http)
            await someone.open()
            await someone.connect(stage.front.token("ada"))
        await until(lambda: sum(stage.sessions()) == 16)
        assert min(stage.sessions()) > 0


async def test_pages_of_its_own_host_may_connect_and_others_not(stage: Stage) -> None:
    token = {"token": stage.front.token("ada")}
    own, other = Member("ada"), Member("ada")
    await own.connect(stage.front.url, token, headers={"Origin": stage.front.url})
    await own.next("session")
    await own.close()

    evil = {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}
    with pytest.raises(socketio.exceptions.ConnectionError):
        await other.connect(stage.front.url, token, headers=evil)
    await other.forget()


async def test_the_nodes_know_where_a_client_comes_from(stage: Stage, database_url: str) -> None:
    async def is_known() -> bool:
        async with reading.connect() as connection:
            rows = await connection.execute(text("SELECT remote_addr FROM presence_sessions"))
            return [row.remote_addr for row in rows] == ["127.0.0.7"]

    reading = reading_engine(database_url)
    source = httpx.AsyncHTTPTransport(local_address="127.0.0.7")
    forged = {"X-Forwarded-For": "192.0.2.1"}
    async with httpx.AsyncClient(base_url=stage.front.url, transport=source, headers=forged) as http:
        someone = Polling(http)
        await someone.open()
        await someone.connect(stage.front.token("ada"))
        await someone.emit("join_room", stage.gig.room)
        await until(is_known)
    await reading.dispose()


async def test_what_is_too_large_ends_at_the_proxy(stage: Stage) -> None:
    async with stage.front.rest("ada") as rest:
        message = await rest.post("/socket.io/?EIO=4&transport=polling", content=b"x" * 1_000_001)
        path = f"/api/bands/{stage.gig.band_id}/imports"
        larger = await rest.post(path, content=b"x" * 2_000_000)
        too_large = await rest.post(path, content=b"x" * 10_010_001)

    assert message.status_code == too_large.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert "nginx" in message.text
    assert "nginx" in too_large.text
    assert larger.json()["error"]["code"] == "invalid"


async def test_clients_of_a_node_that_dies_go_to_the_other(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(served(database_url)) for _ in range(2)]
        _, [setlist] = await make_band(nodes[0], CLIENTS, 1)
        front = Running.at(
            await stack.enter_async_context(nginx([node.url for node in nodes])), settings_for(database_url)
        )
        contents = []
        for number in range(CLIENTS):
            token = front.token(f"player-{number}")
            me = await stack.enter_async_context(CollabClient(front.url, token, first_retry_s=0.1))
            contents.append(await me.open(setlist))
        await nodes[0].kill()
        made = [content.set("song-0", "tempo", 100 + number) for number, content in enumerate(contents)]
        for content in contents:
            await content.saved()
        stored = await history(nodes[1], setlist)

    assert sorted(entry["edit_id"] for entry in stored) == sorted(made)


async def test_a_node_that_dies_under_load(database_url: str, bus_url: str) -> None:
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(served(database_url, bus_url=bus_url, node_lease_s=3, presence_grace_s=3))
            for _ in range(2)
        ]
        url = await stack.enter_async_context(nginx([node.url for node in nodes]))
        load = await stack.enter_async_context(under_load([Running.at(url, settings_for(database_url))]))
        await load.held()
        await nodes[0].kill()
        load.fault_is_over()
        await load.check("kill -9 of one of two nodes behind nginx")


async def test_its_limits_are_those_of_the_settings() -> None:
    sizes = [int(size) for size in re.findall(r"client_max_body_size (\d+);", CONFIGURATION.read_text())]
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert sizes == [defaults["max_message_bytes"], defaults["import_max_bytes"] + 10_000]


async def test_the_page_shows_it() -> None:
    assert f"```nginx\n{CONFIGURATION.read_text()}```" in section(DOCS / "operate.md", "Workers, and nginx before them")
