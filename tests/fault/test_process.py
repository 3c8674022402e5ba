"""A node that dies, is stopped or is suspended under load: its clients come back by themselves, and nothing is lost."""

import asyncio
import time

import pytest

from tests.fault.harness import under_load
from tests.support.members import member
from tests.support.processes import served
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180), pytest.mark.long]

STOP_WITHIN_S = 10.0


async def test_a_node_that_is_killed(database_url: str) -> None:
    async with served(database_url) as node, under_load([node]) as load:
        await load.held()
        await node.kill()
        await node.start_again()
        load.fault_is_over()
        await load.check("kill -9 of the node")


async def test_a_node_that_is_stopped(database_url: str) -> None:
    async with served(database_url) as node, under_load([node]) as load:
        await load.held()
        async with member(node, "player-0") as somebody:
            code = await asyncio.wait_for(node.terminate(), STOP_WITHIN_S)
            goodbye = await somebody.next("server_restarting")
        await node.start_again()
        load.fault_is_over()
        await load.check("SIGTERM to the node")

    assert code == 0
    assert goodbye["retry_in"] > 0


async def test_a_node_that_is_suspended(database_url: str, is_full: bool) -> None:
    node_at = served(database_url, ping_interval_s=1, ping_timeout_s=1, presence_grace_s=1, node_lease_s=3)
    async with node_at as node, under_load([node]) as load:
        await load.held()
        began = time.monotonic()
        async with node.paused():
            # Each client gives the node up by itself.
            await until(lambda: not any(player.client.is_online for player in load.players))
            if is_full:
                await asyncio.sleep(20 - (time.monotonic() - began))  # the fault itself: there is nothing to wait for
        load.fault_is_over()
        await load.check(f"SIGSTOP of the node for {time.monotonic() - began:.0f} s")
