"""`collab serve --workers N`: several nodes behind one port."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fault.harness import make_band, under_load
from tests.support.members import Member, member, set_
from tests.support.processes import Served, served
from tests.support.waiting import until

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.timeout(120),
    pytest.mark.long,
]

STOP_WITHIN_S = 10.0


@pytest_asyncio.fixture
async def workers(database_url: str, bus_url: str) -> AsyncIterator[Served]:
    """Two nodes on a database that had no schema yet when they were asked to start."""
    async with served(
        database_url, options=["--workers", "2"], is_fresh=True, bus_url=bus_url, node_lease_s=3
    ) as running:
        yield running


def _workers_of(server: Served) -> list[int]:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    pids = [int(pid) for pid in children.split()]
    return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _running(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


async def test_members_on_all_nodes_share_a_setlist(workers: Served) -> None:
    band_id, [setlist] = await make_band(workers, players=12, contents=1)
    async with AsyncExitStack() as stage:
        people = [await stage.enter_async_context(member(workers, f"player-{n}")) for n in range(12)]
        for someone in people:
            await someone.ok("join_room", f"content_{setlist}")
        answer = await people[0].edit(setlist, 0, set_("song-0", "key", "G"))
        told = [await someone.next("content_edited") for someone in people[1:]]
        async with workers.rest("ada") as rest:

            async def all_are_online() -> bool:
                online = (await rest.get(f"/api/bands/{band_id}/presence")).json()["people"]
                return {person["user"]["id"] for person in online} == {someone.user_id for someone in people}

            # The node that answers hears of the other's people by the bus.
            await until(all_are_online)

    assert answer["version"] == 1
    assert {edit["edit_id"] for edit in told} == {answer["edit_id"]}


@pytest.mark.one_database
async def test_a_worker_that_dies_is_replaced_and_its_clients_come_back(workers: Served) -> None:
    async with under_load([workers]) as load:
        await load.held()
        before = _workers_of(workers)
        os.kill(before[0], signal.SIGKILL)
        await until(lambda: len(_workers_of(workers)) == 2 and before[0] not in _workers_of(workers))
        load.fault_is_over()
        await load.check("kill -9 of one of two workers")


@pytest.mark.one_database
async def test_sigterm_stops_all_with_a_goodbye(workers: Served) -> None:
    async def goodbye(someone: Member) -> float:
        return float((await someone.next("server_restarting"))["retry_in"])

    await make_band(workers, players=8, contents=1)
    async with AsyncExitStack() as stage:
        people = [await stage.enter_async_context(member(workers, f"player-{n}")) for n in range(8)]
        pids = _workers_of(workers)
        code = await asyncio.wait_for(workers.terminate(), STOP_WITHIN_S)
        goodbyes = await asyncio.gather(*map(goodbye, people))

    assert code == 0
    assert len(pids) == 2
    assert all(retry_in > 0 for retry_in in goodbyes)
    assert not _running(pids)


@pytest.mark.one_database
async def test_workers_end_with_their_parent(workers: Served) -> None:
    pids = _workers_of(workers)
    await workers.kill()
    await until(lambda: not _running(pids))
