"""A hook hears what happens in order, and whatever it does is no matter to whoever tells it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import structlog

from collab.services.editing.hooks import Hook

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def hooked(callback: Callable[[int], Awaitable[None]], max_waiting: int = 100) -> AsyncIterator[Hook[int]]:
    hook: Hook[int] = Hook("test", callback, max_waiting)
    hook.start()
    yield hook
    await hook.close(5)


async def test_calls_are_made_in_order_one_at_a_time_and_before_the_end() -> None:
    heard: list[int] = []
    running = 0

    async def callback(number: int) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        heard.append(number)
        running -= 1

    async with hooked(callback) as hook:
        for number in range(20):
            hook.notify(number)
        assert heard == [], "whoever tells does not wait"
    assert heard == list(range(20))


async def test_a_call_that_fails_is_logged_and_the_next_is_made() -> None:
    heard: list[int] = []

    async def callback(number: int) -> None:
        if number == 1:
            raise RuntimeError("the host's own fault")
        heard.append(number)

    with structlog.testing.capture_logs() as logs:
        async with hooked(callback) as hook:
            for number in range(3):
                hook.notify(number)
    assert heard == [0, 2]
    assert [entry["event"] for entry in logs] == ["a hook failed"]


async def test_a_hook_that_is_too_slow_misses_what_comes_and_the_log_counts_it() -> None:
    heard: list[int] = []
    go_on, has_heard_three = asyncio.Event(), asyncio.Event()

    async def callback(number: int) -> None:
        await go_on.wait()
        heard.append(number)
        if len(heard) == 3:
            has_heard_three.set()

    with structlog.testing.capture_logs() as logs:
        async with hooked(callback, max_waiting=2) as hook:
            hook.notify(0)
            await asyncio.sleep(0)  # the call is being made, and the queue is empty
            for number in (1, 2, 3, 4):
                hook.notify(number)
            go_on.set()
            await asyncio.wait_for(has_heard_three.wait(), 5)
            hook.notify(5)
    assert heard == [0, 1, 2, 5]
    assert [entry.get("missed") for entry in logs] == [None, 2]


async def test_the_end_does_not_wait_for_a_hook_that_hangs() -> None:
    async def callback(_number: int) -> None:
        await asyncio.Event().wait()

    hook: Hook[int] = Hook("test", callback)
    hook.start()
    hook.notify(1)
    with structlog.testing.capture_logs() as logs:
        await asyncio.wait_for(hook.close(0.01), 5)
    assert len(logs) == 1


async def test_without_a_callback_nothing_is_kept() -> None:
    hook: Hook[int] = Hook("test", None, max_waiting=1)
    hook.start()
    with structlog.testing.capture_logs() as logs:
        hook.notify(1)
        hook.notify(2)
    await hook.close(1)
    assert logs == []
