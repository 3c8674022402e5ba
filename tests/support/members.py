"""A band member with the stock python-socketio client, who remembers what they hear."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import socketio
from socketio.packet import DISCONNECT

from tests.support.serving import Running

TIMEOUT_S = 10.0

Json = dict[str, Any]


class Member:
    """One socket of a user."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard: defaultdict[str, list[Any]] = defaultdict(list)
        self._queues: defaultdict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)
        self.client.on("*", self._hear)
        self.client.on("disconnect", self._gone)
        self.client.on("connect_error", self._refused)

    async def _hear(self, event: str, *payload: Any) -> None:
        body = payload[0] if payload else None
        self.heard[event].append(body)
        self._queues[event].put_nowait(body)

    async def _gone(self, reason: str) -> None:
        if (websocket := self.client.eio.ws) is not None:
            # aiohttp keeps a connection that broke off, and complains when it is collected: in another test.
            websocket._response.close()  # noqa: SLF001
        await self._hear("disconnect", reason)

    async def _refused(self, *data: Any) -> None:
        await self._hear("connect_error", *data)

    @property
    def sid(self) -> str:
        """The session's id, also when its connection is over."""
        begun = self.heard["session"]
        return str(begun[-1]["session_id"] if begun else self.client.get_sid())

    async def connect(
        self, url: str, auth: Any = None, transports: Sequence[str] = ("websocket",), **options: Any
    ) -> None:
        """Connects, with more time than the client takes by itself: the machine may be busy."""
        await self.client.connect(url, auth=auth, transports=list(transports), wait_timeout=TIMEOUT_S, **options)

    async def close(self) -> None:
        """Leaves as a closed tab does that says so."""
        if self.client.transport() == "polling":
            # Its own disconnect would wait for the pending poll, which the server lets run for half a minute.
            for namespace in list(self.client.namespaces):
                await self.client._send_packet(self.client.packet_class(DISCONNECT, namespace=namespace))  # noqa: SLF001
            await self.client.eio.disconnect(abort=True)
        else:
            await self.client.disconnect()

    def break_off(self) -> None:
        """Its websocket breaks, without a word."""
        self.client.eio.ws._response.connection.transport.abort()  # noqa: SLF001  # its own close says goodbye

    async def forget(self) -> None:
        """Closes what a client keeps open whose connection was refused."""
        if self.client.eio.http is not None:
            await self.client.eio.http.close()

    async def call(self, event: str, payload: Any = None) -> Json:
        """The answer to an event."""
        answer: Json = await self.client.call(event, payload, timeout=TIMEOUT_S)
        return answer

    async def ok(self, event: str, payload: Any = None) -> Json:
        """The answer to an event that has to succeed."""
        answer = await self.call(event, payload)
        assert answer["ok"], answer
        return answer

    async def refused(self, event: str, payload: Any = None) -> Json:
        """The error that answers an event which has to fail."""
        answer = await self.call(event, payload)
        assert not answer["ok"], answer
        error: Json = answer["error"]
        return error

    async def next(self, event: str) -> Any:
        """The next payload of an event that nobody has taken yet."""
        return await asyncio.wait_for(self._queues[event].get(), TIMEOUT_S)

    async def edit(self, content_id: str, base_version: int, *ops: Json, **others: Any) -> Json:
        """The answer to an edit, with a new `edit_id` unless one is given."""
        return await self.call("edit_content", edit(content_id, base_version, *ops, **others))


def edit(content_id: str, base_version: int, *ops: Json, **others: Any) -> Json:
    """The payload of `edit_content`."""
    body = {"room_id": f"content_{content_id}", "edit_id": new_edit_id(), "base_version": base_version}
    return {**body, "ops": list(ops), **others}


def set_(item: str | None, field: str, value: Any) -> Json:
    return {"op": "set", "item": item, "field": field, "value": value}


def insert(item_id: str, position: str, **fields: Any) -> Json:
    return {"op": "insert", "item": {"id": item_id, "type": "song", "position": position, "fields": fields}}


def text(item: str | None, field: str, *delta: Any) -> Json:
    return {"op": "text", "item": item, "field": field, "delta": list(delta)}


def new_edit_id() -> str:
    return str(uuid.uuid4())


@asynccontextmanager
async def member(
    server: Running, user_id: str, transports: Sequence[str] = ("websocket",), **token_options: Any
) -> AsyncIterator[Member]:
    """A connected member, whose `session` event has arrived."""
    someone = Member(user_id)
    token = server.token(user_id, **token_options)
    await someone.connect(server.url, {"token": token}, transports)
    try:
        await someone.next("session")
        yield someone
    finally:
        await someone.close()
