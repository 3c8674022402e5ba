"""The official socket.io-client takes part, run by Node."""

import asyncio
import json
from functools import partial
from typing import Any

import pytest

from tests.conftest import Gig
from tests.javascript import run_node
from tests.support.clock import ManualClock, ManualTimer
from tests.support.serving import Running, RunningEngine
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database, pytest.mark.timeout(180)]


async def _play(scene: str, server: Running, gig: Gig, **more: Any) -> Any:
    script_input = {
        **more,
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


async def test_who_connects_again_whenever_the_time_for_a_token_is_up_is_given_more_of_it(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    rounds = 6
    playing = asyncio.create_task(_play("loop", server, gig, rounds=rounds))
    connections = server.engine._server.connections  # noqa: SLF001  # nothing else tells of who shows no token
    given_s = []
    for _ in range(rounds):
        await until(lambda: any(connection.session is not None for connection in connections))
        [session] = [connection.session for connection in connections if connection.session is not None]
        assert isinstance(session.timer, ManualTimer)
        given_s.append((session.timer.at - clock.now()).total_seconds())
        clock.advance(given_s[-1])
        await until(partial(getattr, session, "is_over"))
    played = await playing
    assert given_s == [5, 5, 5, 10, 20, 40]
    assert played["reasons"] == ["io server disconnect"] * rounds
    # In the seventh round it has a token, and is let in.
    assert played["answer"]["user"]["id"] == "ada"
