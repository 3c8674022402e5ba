"""Connections on which anything is said in any order, by both transports: each is answered, and when all have gone
nothing is left of them."""

import json
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.fuzz.conftest import budget
from tests.support.hosted import Hosted
from tests.support.log import Log
from tests.support.polling import CLOSE
from tests.support.waiting import until

TOKEN = "<token>"

CONNECTING = ["40", "40" + json.dumps({"token": TOKEN}), '40{"token":"none"}', "40/x,{}"]

GOING = [CLOSE, "41", "41/x,"]

OTHERS = [
    # Engine.IO's own, in and out of place.
    "0", "2", "2probe", "3", "5", "6", "9", "b",
    # Events, whole or not.
    "4", '421["request_update"]', "422" + json.dumps(["authenticate", {"token": TOKEN}]), '42["leave_room","band_x"]',
    '451-["join_room",{"_placeholder":true,"num":0}]',
]  # fmt: skip

PACKETS = st.sampled_from(CONNECTING) | st.sampled_from(GOING) | st.sampled_from(OTHERS)


@pytest.fixture(scope="module")
def polling() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


@budget(30)
@given(frames=st.lists(PACKETS, max_size=8), payloads=st.lists(st.lists(PACKETS, min_size=1, max_size=4), max_size=4))
def test_nothing_is_left_of_who_has_gone(
    server: Hosted, log: Log, polling: httpx.Client, frames: list[str], payloads: list[list[str]]
) -> None:
    token = server.token("ada")
    _say_by_websocket(server, [frame.replace(TOKEN, token) for frame in frames])
    _say_by_polling(server, polling, ["\x1e".join(payload).replace(TOKEN, token) for payload in payloads])

    async def has_forgotten() -> None:
        socketio = server.running.engine._server  # noqa: SLF001  # nothing else tells of it
        await until(lambda: not [*socketio.connections, *socketio.environ, *socketio.manager.rooms.get("/", ())])

    server.run(has_forgotten())
    assert server.running.engine.sessions.ids() == []
    assert "Traceback" not in log.text


def _say_by_websocket(server: Hosted, frames: list[str]) -> None:
    url = f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    with connect(url, compression=None) as socket, suppress(ConnectionClosed):
        for frame in frames:
            socket.send(frame)


def _say_by_polling(server: Hosted, polling: httpx.Client, payloads: list[str]) -> None:
    """Polls for nothing, and says at last that it goes."""
    path = f"{server.url}/socket.io/?EIO=4&transport=polling"
    path += f"&sid={json.loads(polling.get(path).text[1:])['sid']}"
    statuses = {polling.post(path, content=payload).status_code for payload in [*payloads, CLOSE]}
    assert statuses <= {200, 400}
