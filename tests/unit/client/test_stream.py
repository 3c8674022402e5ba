"""The streams in which a client tells its user what happens."""

import asyncio

import pytest

from collab.client.events import Lagged
from collab.client.stream import MAX_WAITING, Source, Stream

pytestmark = pytest.mark.asyncio


async def _rest(stream: Stream[int]) -> list[int | Lagged]:
    return [event async for event in stream]


async def test_every_reader_gets_what_happens_from_then_on_in_order() -> None:
    source: Source[int] = Source()
    early = source.stream()
    source.publish(1)
    late = source.stream()
    source.publish(2, 3)
    assert await anext(early) == 1
    source.close()
    source.close()
    assert await _rest(early) == [2, 3]
    assert await _rest(late) == [2, 3]
    assert await _rest(late) == await _rest(source.stream()) == []


async def test_a_reader_that_keeps_up_misses_nothing() -> None:
    source: Source[int] = Source()
    stream = source.stream()
    for number in range(2 * MAX_WAITING):
        source.publish(number)
        assert await anext(stream) == number


async def test_a_reader_that_lags_is_told_how_much_it_missed_and_reads_the_latest() -> None:
    source: Source[int] = Source()
    stream, other = source.stream(), source.stream()
    source.publish(*range(MAX_WAITING))
    assert await anext(other) == 0
    source.publish(*range(MAX_WAITING, MAX_WAITING + 3))
    assert await anext(stream) == Lagged(3)
    assert await anext(stream) == 3
    assert await anext(other) == Lagged(2)
    source.publish(-1, -2)
    source.close()
    assert (await _rest(stream))[:2] == [Lagged(1), 5]
    assert (await _rest(other))[-3:] == [MAX_WAITING + 2, -1, -2]


async def test_readers_hear_in_the_order_in_which_they_began() -> None:
    source: Source[int] = Source()
    heard: list[int] = []

    async def read(number: int, stream: Stream[int]) -> None:
        await anext(stream)
        heard.append(number)

    async with asyncio.TaskGroup() as readers:
        for number in range(30):
            readers.create_task(read(number, source.stream()))
        await asyncio.sleep(0)
        source.publish(1)
    assert heard == [*range(30)]
