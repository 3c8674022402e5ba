"""The Python SDK and a server that stands still: nothing is read, nothing is sent, and all buffers are full."""

import asyncio
import gc

import pytest

from collab.client import NotConnected
from collab.client.connection import Connection
from tests.support.members import TIMEOUT_S
from tests.support.proxy import proxy
from tests.support.serving import serving, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

MORE_THAN_BUFFERS_HOLD = ["x" * 1_000_000] * 16


@pytest.mark.parametrize("ack_timeout_s", [0.1, 3_600], ids=["by an answer that does not come", "by its silence"])
async def test_a_server_that_stands_still_with_full_buffers_is_left(
    database_url: str, ack_timeout_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(database_url, ping_interval_s=1, ping_timeout_s=1)
    async with serving(settings) as server, proxy(server.url) as line:
        connection = Connection(lambda event, payload: None)
        await connection.open(line.url, server.token("ada"), ["websocket"], TIMEOUT_S)
        line.freeze()
        calls = [connection.call("request_update", None, ack_timeout_s)]
        calls += [connection.call("edit_content", {"ops": part}, 3_600) for part in MORE_THAN_BUFFERS_HOLD]
        async with asyncio.timeout(TIMEOUT_S):
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(error) for error in ended} == {NotConnected}
            await connection.ended.wait()
    gc.collect()
    assert caplog.records == [], "no future's error is left behind"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_leaving_a_server_that_stands_still_takes_no_longer_than_a_goodbye(
    database_url: str, transport: str
) -> None:
    async with serving(settings_for(database_url)) as server, proxy(server.url) as line:
        connection = Connection(lambda event, payload: None)
        await connection.open(line.url, server.token("ada"), [transport], TIMEOUT_S)
        line.freeze()
        calls = [asyncio.create_task(connection.call("edit_content", part, 3_600)) for part in MORE_THAN_BUFFERS_HOLD]
        await asyncio.wait(calls, timeout=0)
        async with asyncio.timeout(TIMEOUT_S):
            await connection.close()
            ended = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(error) for error in ended} == {NotConnected}
