"""Whose turn it is to be read, among the polled payloads of a connection."""

import asyncio

import pytest

from collab.realtime.payloads import Closed, Payloads

pytestmark = pytest.mark.asyncio


async def test_payloads_of_a_connection_are_read_one_at_a_time_and_those_of_others_beside_them() -> None:
    first, other, read = Payloads(), Payloads(), list[str]()

    async def reads(payloads: Payloads, name: str) -> None:
        async with payloads.turn():
            read.append(name)

    async with first.turn():
        waiting = [asyncio.create_task(reads(first, "first")), asyncio.create_task(reads(first, "second"))]
        await reads(other, "other")
    await asyncio.gather(*waiting)
    assert read == ["other", "first", "second"]


async def test_a_connection_that_closes_ends_what_is_read_and_what_waits() -> None:
    payloads, ended = Payloads(), list[str]()

    async def reads(name: str) -> None:
        try:
            async with payloads.turn():
                await asyncio.Event().wait()
        except Closed:
            ended.append(name)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for name in ("read", "waiting"):
            group.create_task(reads(name))
        await asyncio.sleep(0)
        payloads.close()
    assert sorted(ended) == ["read", "waiting"]
