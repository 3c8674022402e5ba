"""Whose turn it is to be read, among the polled payloads of a socket."""

import asyncio

import pytest

from collab.realtime.payloads import Closed, Payloads

pytestmark = pytest.mark.asyncio


async def test_payloads_of_a_socket_are_read_one_at_a_time_and_those_of_others_beside_them() -> None:
    payloads, read = Payloads(), list[str]()
    payloads.opened("a")
    payloads.opened("b")

    async def reads(socket_id: str, name: str) -> None:
        async with payloads.turn(socket_id):
            read.append(name)

    async with payloads.turn("a"):
        waiting = [asyncio.create_task(reads("a", "first")), asyncio.create_task(reads("a", "second"))]
        await reads("b", "other")
    await asyncio.gather(*waiting)
    assert read == ["other", "first", "second"]


async def test_a_socket_that_closes_ends_what_is_read_and_what_waits() -> None:
    payloads, ended = Payloads(), list[str]()
    payloads.opened("a")

    async def reads(name: str) -> None:
        try:
            async with payloads.turn("a"):
                await asyncio.Event().wait()
        except Closed:
            ended.append(name)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for name in ("read", "waiting"):
            group.create_task(reads(name))
        await asyncio.sleep(0)
        payloads.closed("a")
    assert sorted(ended) == ["read", "waiting"]
    with pytest.raises(Closed):
        async with payloads.turn("a"):
            pass
