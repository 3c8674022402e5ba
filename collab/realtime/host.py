"""The host: what the application that the engine is part of says by way of it, and which events it answers itself.

What is told goes to every node, over the bus, and arrives behind what this node said before; where a message of the bus
is lost, it is lost, as what a stranger's broadcast is: nothing of it is in the database. It may come from any thread,
since a route that is no coroutine runs in one: then it is handed to the event loop, in the order in which it came.
"""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter

from collab.domain.access import BandRoom, ContentRoom, Role, SharedRoom
from collab.domain.addressee import addressee
from collab.domain.bands import User
from collab.domain.errors import TooLarge, Unavailable
from collab.protocol.catalogue import events
from collab.protocol.events import Json
from collab.protocol.host import host_json
from collab.realtime.broadcast import Broadcaster
from collab.realtime.connection import ConnectedSession
from collab.realtime.handlers import Handlers

ModelT = TypeVar("ModelT")

HANDLER_TIMEOUT_S = 30.0
"""How long a handler of the host's may take over an event."""

_EVENT = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")
_TAKEN = {"ok", "error", "in_parts"}
"""Keys of an answer that say something of the answer itself."""

_RESERVED = ("connect", "disconnect", "connect_error", "message")


@dataclass(frozen=True, slots=True)
class HostSession:
    """Who sent an event, for a handler of the host's: the session's id, and its user, whose token was accepted."""

    id: str
    user: User
    _role: Callable[[SharedRoom], Awaitable[Role | None]]

    async def band_role(self, band_id: str) -> Role | None:
        """The user's role in a band as it is now; None where they have none, or there is no such band."""
        return await self._role(BandRoom(band_id))

    async def content_role(self, content_id: str) -> Role | None:
        """The same for the band of a content."""
        return await self._role(ContentRoom(content_id))


HostAnswer: TypeAlias = Mapping[str, Any] | BaseModel | None
HostHandler: TypeAlias = Callable[[HostSession, ModelT], Awaitable[HostAnswer]]


class Host:
    """`max_bytes` is how long a message may be."""

    def __init__(self, broadcaster: Broadcaster, handlers: Handlers, max_bytes: int) -> None:
        self._broadcaster = broadcaster
        self._handlers = handlers
        self._max_bytes = max_bytes
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        self._loop = None

    def tell(
        self,
        event: str,
        payload: Any = None,
        *,
        user: str | None = None,
        band: str | None = None,
        content: str | None = None,
        session: str | None = None,
        room: str | None = None,
    ) -> None:
        """Tells all sessions of a user, the room of a band or of a content, or one session, on whichever nodes they
        are. It returns at once, may be called from any thread, and says nothing of who has heard it.

        `event` is `content_updated` (`{type, action, data?}`), `sync_status` (`{status: "syncing" | "completed" |
        "error", progress: 0..100, message?, job_id?}`), `progress` (`{percent: 0..100, job_id?}`), `complete`
        (`{result?, job_id?}`), each of which clients get with `from_host: true`; or a name that begins with `host_`,
        with any payload. `room` is a room by its name, such as `band_7`.

        `Invalid` where not exactly one is addressed, or the payload does not fit; `TooLarge` where it is longer than a
        message may be; `Unavailable` where the engine does not run.
        """
        to = addressee(user=user, band=band, content=content, session=session, room=room)
        self.tell_room(to, event, payload)

    def tell_room(self, to: str, event: str, payload: Any) -> None:
        """As `tell`, to the name of a room or the id of a session."""
        body = host_json(event, payload, self._max_bytes)
        loop = self._loop
        if loop is None:
            raise Unavailable("expected a running engine: it starts with the lifespan of its application")
        if loop is _running_loop():
            self._broadcaster.host_told(to, event, body)
        else:
            loop.call_soon_threadsafe(self._broadcaster.host_told, to, event, body)

    def on(self, event: str, model: type[ModelT], handler: HostHandler[ModelT]) -> None:
        """Answers an event of clients by a function of the host's, beside the engine's own.

        `handler(session, request)` is a coroutine function. The session's token was accepted, its rate is counted as
        that of any request, and the payload fits `model` (a pydantic model, or whatever pydantic can check). What it
        returns (a mapping, a model or None) is the answer beside `ok: true`; a `collab.domain.errors` that it raises is
        answered as such, anything else is logged and answered `unavailable`, as what takes longer than 30 s is.

        `ValueError` where the name is the protocol's, or no name: one that begins with `host_` never will be.
        """
        if not _EVENT.fullmatch(event) or event in {*events(), *_RESERVED, *self._handlers.server.events}:
            raise ValueError(
                f"expected the name of an event that is nobody's yet, such as 'host_{event}', got {event!r}"
            )
        if not inspect.iscoroutinefunction(handler) and not inspect.iscoroutinefunction(type(handler).__call__):
            raise ValueError(f"expected a coroutine function to handle {event!r}: async def handler(session, request)")

        async def handle(session: ConnectedSession, request: ModelT) -> Json:
            asking = HostSession(session.id, session.user, lambda room: self._handlers.role_in(session, room))
            try:
                async with asyncio.timeout(HANDLER_TIMEOUT_S):
                    answer = await handler(asking, request)
            except TimeoutError:
                raise Unavailable(f"expected an answer to {event} within {HANDLER_TIMEOUT_S:g} s; try again") from None
            return self._answered(event, answer)

        self._handlers.on(event, TypeAdapter(model), handle)

    def _answered(self, event: str, answer: HostAnswer) -> Json:
        given = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else dict(answer or {})
        if taken := _TAKEN & given.keys():
            raise ValueError(f"expected an answer to {event} without {taken}: a refusal is raised")
        size_bytes = len(orjson.dumps(given))
        if size_bytes > self._max_bytes:
            raise TooLarge(f"expected an answer of at most {self._max_bytes} bytes, got {size_bytes}")
        return given


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
