"""The official socket.io-client takes part, run by Node."""

import asyncio
import json
from typing import Any

import pytest

from tests.conftest import Gig
from tests.javascript import run_node
from tests.support.serving import Running

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database, pytest.mark.timeout(180)]


async def _play(scene: str, server: Running, gig: Gig) -> Any:
    script_input = {
        "scene": scene,
        "url": server.url,
        "room": gig.room,
        "token": server.token("ada"),
        "other": server.token("ben"),
    }
    return json.loads(await asyncio.to_thread(run_node, "stock_client.mjs", json.dumps(script_input)))


async def test_a_refusal_carries_its_code(server: Running, gig: Gig) -> None:
    refused = await _play("refusal", server, gig)
    assert refused["data"] == {"code": "token_invalid"}
    assert "token" in refused["message"]
    assert refused["active"] is False


async def test_an_edit_is_acknowledged_and_heard_by_the_other_alone(server: Running, gig: Gig) -> None:
    scene = await _play("editing", server, gig)
    assert scene["session"]["user"]["id"] == "ada"
    assert scene["answer"]["version"] == scene["told"]["version"] == 1
    assert scene["told"]["ops"] == scene["answer"]["ops"]
    assert scene["echoes"] == 1, "ada heard ben's edit and not her own"


async def test_a_broken_connection_comes_back_with_what_was_missed(server: Running, gig: Gig) -> None:
    rejoined = await _play("reconnect", server, gig)
    assert rejoined["version"] == 1
    assert [edit["author"]["id"] for edit in rejoined["edits"]] == ["ben"]


async def test_edits_buffered_on_polling_all_arrive_in_order(server: Running, gig: Gig) -> None:
    assert await _play("buffered", server, gig) == list(range(1, 41))


async def test_polling_is_upgraded_to_websocket(server: Running, gig: Gig) -> None:
    assert await _play("upgrade", server, gig) == {"ok": True, "transport": "websocket"}
