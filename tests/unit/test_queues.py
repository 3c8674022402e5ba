"""The queue of a connection: as asyncio's, but small."""

import asyncio
import sys
from collections.abc import Sequence

import pytest
from engineio.packet import MESSAGE, PING, Packet
from hypothesis import given
from hypothesis import strategies as st

from collab.realtime.queues import Outbox, Queue


@given(st.lists(st.one_of(st.none(), st.integers())))
def test_what_was_put_first_is_got_first_and_none_is_got_of_none(puts_and_gets: Sequence[int | None]) -> None:
    queue, model = Queue[int](), list[int]()
    for entry in puts_and_gets:
        if entry is not None:
            queue.put_nowait(entry)
            model.append(entry)
        elif model:
            assert queue.get_nowait() == model.pop(0)
        else:
            with pytest.raises(asyncio.QueueEmpty):
                queue.get_nowait()
        assert (list(queue), queue.qsize(), queue.empty()) == (model, len(model), not model)


@pytest.mark.asyncio
async def test_who_waits_first_is_served_first() -> None:
    queue = Queue[int]()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    await queue.put(1)
    await queue.put(2)
    assert (await first, await second) == (1, 2)


@pytest.mark.asyncio
async def test_what_woke_somebody_who_gave_up_goes_to_who_waits_next() -> None:
    queue = Queue[int]()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait(1)
    first.cancel()
    assert await asyncio.wait_for(second, 1) == 1
    assert first.cancelled()


@pytest.mark.asyncio
async def test_joining_waits_until_all_is_done_with() -> None:
    queue = Queue[int]()
    await queue.join()
    queue.put_nowait(1)
    queue.put_nowait(2)
    joined = asyncio.create_task(queue.join())
    for _ in range(2):
        await asyncio.sleep(0)
        assert not joined.done()
        queue.get_nowait()
        queue.task_done()
    await asyncio.wait_for(joined, 1)


def test_each_entry_is_told_of_when_it_is_there() -> None:
    queue = Queue[int]()
    seen: list[list[int]] = []
    queue.on_put = lambda: seen.append(list(queue))
    queue.put_nowait(1)
    queue.put_nowait(2)
    assert seen == [[1], [1, 2]]


def test_an_empty_one_takes_a_tenth_of_what_asyncios_takes() -> None:
    own = Queue[int]()
    of_asyncio = asyncio.Queue[int]()
    size_bytes = sum(map(sys.getsizeof, (own, own._entries, own._getters)))  # noqa: SLF001  # what it is made of
    deques = [value for value in vars(of_asyncio).values() if hasattr(value, "popleft")]
    assert size_bytes < sum(map(sys.getsizeof, deques)) / 10


def test_a_ping_passes_what_waits_to_be_sent() -> None:
    outbox, pings = Outbox(), list[int]()
    outbox.on_ping = lambda: pings.append(outbox.qsize())
    for text in ("a", "b"):
        outbox.put_nowait(Packet(MESSAGE, text))
    outbox.put_nowait(Packet(PING))
    outbox.put_nowait(None)
    assert [entry and entry.data for entry in outbox] == [None, "a", "b", None]
    assert pings == [3]
