"""Who works on one thing waits for each other, and for nobody else."""

import asyncio

import pytest

from collab.services.bands.keyed_locks import KeyedLocks

pytestmark = pytest.mark.asyncio


async def test_one_thing_is_had_in_turn_several_at_once_and_nothing_is_kept() -> None:
    locks = KeyedLocks()
    done: list[str] = []

    async def work(*what: str) -> None:
        async with locks.at_all(what):
            done.append("+" + "".join(what))
            await asyncio.sleep(0)
            done.append("-" + "".join(what))

    async with asyncio.timeout(5):
        async with locks.at("a"):
            both = [asyncio.create_task(work("b", "a")), asyncio.create_task(work("a", "b", "a"))]
            await work("c")
            assert done == ["+c", "-c"]
            assert len(locks) == 1
        await asyncio.gather(*both)
    assert done[2:] == ["+ba", "-ba", "+aba", "-aba"]
    assert len(locks) == 0
