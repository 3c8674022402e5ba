"""Clients of the SDK in tests, and a wire between them and the server that holds, cuts and loses."""

# The tests reach the client's connection, which its users can't.
# ruff: noqa: SLF001

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import pytest

from collab.client import CollabClient, Content, NotConnected
from collab.client.connection import Connection, Take
from collab.client.events import Edited
from collab.client.stream import Stream
from collab.domain.bands import User
from collab.domain.errors import Unavailable
from tests.support.members import TIMEOUT_S
from tests.support.serving import RunningEngine

EventT = TypeVar("EventT")


def client(server: RunningEngine, user_id: str, **options: Any) -> CollabClient:
    return CollabClient(server.url, server.token(user_id), **{"first_retry_s": 0.01, **options})


async def heard(events: Stream[Any], kind: type[EventT], fits: Callable[[EventT], bool] = lambda _: True) -> EventT:
    """The next event of a kind, past all others."""
    async with asyncio.timeout(TIMEOUT_S):
        async for event in events:
            if isinstance(event, kind) and fits(event):
                return event
    raise AssertionError(f"expected {kind.__name__}, but the events have ended")


async def agreed(server: RunningEngine, *contents: Content) -> None:
    """Waits until all of these have what the server has."""
    await asyncio.wait_for(asyncio.gather(*(content.saved() for content in contents)), TIMEOUT_S)
    head = await server.engine.history.document(User("ada", "Ada"), contents[0].id)
    for content in contents:
        events = content.events()
        while content.version < head.version:
            await heard(events, Edited)
        assert content.document.to_json() == head.to_json()


Meddling: TypeAlias = Callable[[Connection, str, Any, float], Awaitable[Any]]


class Wire:
    """Stands between the clients and the server: sees what is sent, and holds, cuts and loses it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._call = Connection.call
        self._hear = Connection._hear
        self._sent: list[tuple[str, str, Any]] = []
        self._next: dict[tuple[str, str], Meddling] = {}
        self._lost: set[tuple[str, str]] = set()
        self._gates: dict[str, asyncio.Event] = {}
        self._held: dict[str, asyncio.Event] = {}
        wire = self

        async def call(
            connection: Connection, event: str, payload: Any, timeout_s: float, take: Take | None = None
        ) -> Any:
            user_id = connection.session.user.id
            wire._sent.append((user_id, event, payload))
            if event == "edit_content" and (gate := wire._gates.get(user_id)) is not None:
                wire._held[user_id].set()
                await gate.wait()
            meddle = wire._next.pop((user_id, event), None)
            if meddle is None:
                return await wire._call(connection, event, payload, timeout_s, take)
            answer = await meddle(connection, event, payload, timeout_s)
            if take is not None:
                take(answer)
            return answer

        def hear(connection: Connection, event: str, payload: Any = None) -> None:
            if event != "session" and (key := (connection.session.user.id, event)) in wire._lost:
                wire._lost.remove(key)
            else:
                wire._hear(connection, event, payload)

        monkeypatch.setattr(Connection, "call", call)
        monkeypatch.setattr(Connection, "_hear", hear)

    def sent(self, user_id: str, event: str) -> list[Any]:
        return [payload for who, what, payload in self._sent if (who, what) == (user_id, event)]

    def then(self, user_id: str, event: str, meddling: Meddling) -> None:
        """Does this to the next such event."""
        self._next[user_id, event] = meddling

    def lose_next_event(self, user_id: str, event: str) -> None:
        """The user's next connection does not hear the next such event."""
        self._lost.add((user_id, event))

    @contextmanager
    def held(self, user_id: str, *, for_good: bool = False) -> Iterator[None]:
        """The user's edits are made and not sent before the block ends."""
        self._gates[user_id], self._held[user_id] = asyncio.Event(), asyncio.Event()
        yield
        if not for_good:
            self._gates.pop(user_id).set()

    async def is_held(self, user_id: str) -> None:
        """Returns when an edit of the user is being held."""
        await asyncio.wait_for(self._held[user_id].wait(), TIMEOUT_S)

    async def answered(self, user_id: str, event: str) -> None:
        """Returns when the next such event has its answer."""
        is_answered = asyncio.Event()

        async def call(connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
            answer = await self._call(connection, event, payload, timeout_s)
            is_answered.set()
            return answer

        self.then(user_id, event, call)
        await asyncio.wait_for(is_answered.wait(), TIMEOUT_S)

    async def cut_after_answer(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The server has stored it, and the connection breaks before its answer comes."""
        await self._call(connection, event, payload, timeout_s)
        await connection.abort()
        raise NotConnected("cut before the answer came")

    async def cut_while_sending(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The connection breaks right after the client has sent it."""
        answer = asyncio.ensure_future(self._call(connection, event, payload, timeout_s))
        await asyncio.sleep(0)
        await connection.abort()
        return await answer

    async def lose_answer(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The server has stored it; its answer never comes, and the connection stands."""
        emit = connection._socket.emit

        async def emit_unheard(event: str, payload: Any, callback: Callable[[Any], None]) -> None:
            await emit(event, payload)

        self._monkeypatch.setattr(connection._socket, "emit", emit_unheard)
        return await self._call(connection, event, payload, 0.1)

    async def answer_unavailable(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The server could not store it."""
        raise Unavailable("the server could not store the edit; send it again, unchanged")


async def break_connection(who: CollabClient) -> None:
    """The client's connection breaks without a word."""
    connection = who._connection
    assert connection is not None
    await connection.abort()


async def stored_ids(server: RunningEngine, content: Content) -> list[str]:
    """The ids of the edits in the history, oldest first."""
    async with server.rest("ada") as rest:
        page = (await rest.get(f"/api/contents/{content.id}/edits")).json()
    return [edit["edit_id"] for edit in page["edits"]]
