"""Whoever is cancelled ends, also where what they waited for is done just then."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest
import socketio

from collab.client.connection import Connection
from collab.realtime.answers import Answers
from collab.services.editing.hooks import Hook

pytestmark = pytest.mark.asyncio

LONG_S = 30.0

Waiting: TypeAlias = tuple[Coroutine[Any, Any, Any], Callable[[], object]]
"""What waits, and what ends its wait."""


def a_hook_that_closes(_monkeypatch: pytest.MonkeyPatch) -> Waiting:
    go_on = asyncio.Event()

    async def callback() -> None:
        await go_on.wait()

    hook: Hook[()] = Hook("test", callback)
    hook.start()
    hook.notify()
    return hook.close(LONG_S), go_on.set


def answers_that_settle(_monkeypatch: pytest.MonkeyPatch) -> Waiting:
    answers = Answers()
    pending = answers.expect("join_room", "a session", lambda _: None)
    return answers.settled(LONG_S), pending.cancel


def a_call_of_the_client(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    callbacks: list[Callable[[dict[str, bool]], None]] = []

    async def emit(_self: object, _event: str, _payload: object, callback: Any) -> None:
        await asyncio.sleep(0)
        callbacks.append(callback)

    monkeypatch.setattr(socketio.AsyncClient, "emit", emit)
    connection = Connection(lambda _event, _payload: None)
    return connection.call("leave_room", "a room", LONG_S), lambda: callbacks[0]({"ok": True})


@pytest.mark.parametrize("ticks", range(6))
@pytest.mark.parametrize("waiting", [a_hook_that_closes, answers_that_settle, a_call_of_the_client])
async def test_a_cancellation_is_not_lost_where_the_wait_ends_at_the_same_time(
    waiting: Callable[[pytest.MonkeyPatch], Waiting], ticks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, end_the_wait = waiting(monkeypatch)
    task = asyncio.create_task(waits)
    await _ticks(10)
    assert not task.done()
    end_the_wait()
    await _ticks(ticks)
    was_running = task.cancel()
    await asyncio.wait([task], timeout=LONG_S)
    assert task.cancelled() == was_running


async def _ticks(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
