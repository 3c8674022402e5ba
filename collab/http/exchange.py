"""An exchange: how the body of a request is read once somebody is known to answer for it, and how answers leave."""

import asyncio
import math
from contextlib import suppress
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from collab.domain.errors import HTTP_STATUS, CollabError, Invalid, RateLimited
from collab.domain.json_text import parse_json
from collab.http.traffic import Traffic

PIECE_BYTES = 64_000
"""A larger answer leaves in pieces of this size, each when the one before is on its way, and counts as traffic."""

SMALL_BODY_BYTES = 256_000
"""A larger one is parsed in a thread, so that the event loop gets its turns meanwhile; small ones don't wait for it."""

REFUSED_S = 2.0
"""How long what comes after a refusal is read and dropped before the connection is closed. Closed at once, it would be
reset under a client that still sends, and the client would not hear why."""


class Incoming:
    """What comes of a body, piece by piece, within its time. A part of its own: a request that kept a method of itself
    would hold itself, until the garbage collector comes."""

    def __init__(self, receive: Receive) -> None:
        self.is_unread = False
        self._receive = receive
        self._timeout_s: float = 0
        self._deadline_s: float | None = None

    def expect_within(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._deadline_s = asyncio.get_running_loop().time() + timeout_s

    async def __call__(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline_s if self.is_unread else None):
                message = await self._receive()
        except TimeoutError:
            raise Invalid.at("body", f"expected the whole body within {self._timeout_s:g} s") from None
        self.is_unread = self.is_unread and bool(message.get("more_body"))
        return message


class Asked(Request):
    """A request whose body waits until somebody answers for it, and then has its time. Its JSON is read as that of an
    event is: none is too deep for what follows."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._incoming = Incoming(receive)
        super().__init__(scope, self._incoming)
        length = self.headers.get("content-length", "0")
        self._incoming.is_unread = length != "0" or "transfer-encoding" in self.headers
        self._whole: bytes | None = None

    @property
    def is_unread(self) -> bool:
        """Whether a part of the body has not come yet."""
        return self._incoming.is_unread

    def expect_within(self, timeout_s: float) -> None:
        """From now on so much time is left for what has not come yet; beyond it, reading raises `Invalid`."""
        self._incoming.expect_within(timeout_s)

    async def read(self) -> None:
        """Reads the body, which others may then ask for; `Invalid` where it did not come whole."""
        try:
            self._whole = b"".join([piece async for piece in self.stream()])
        except ClientDisconnect:
            raise Invalid.at("body", "expected the whole body; it broke off") from None

    async def body(self) -> bytes:
        return await super().body() if self._whole is None else self._whole

    async def json(self) -> Any:
        body = await self.body()
        return parse_json(body) if len(body) <= SMALL_BODY_BYTES else await asyncio.to_thread(parse_json, body)


class Unread(JSONResponse):
    """A refusal of a request whose body nobody has read: none of it is kept, and the connection ends."""

    def __init__(self, content: Any, status_code: int, headers: dict[str, str]) -> None:
        super().__init__(content, status_code, {**headers, "Connection": "close"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(REFUSED_S):
                while (await receive()).get("more_body"):
                    pass
        await send({"type": "http.response.body", "body": b""})


class Paced(Response):
    """A large answer to a user. It is refused instead where too many of theirs are on their way, and whoever takes
    longer over it than a call may take is cut off."""

    def __init__(self, whole: Response, traffic: Traffic, user_id: str) -> None:
        super().__init__(status_code=whole.status_code)
        self.raw_headers = whole.raw_headers
        self.body = whole.body
        self._traffic = traffic
        self._user_id = user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._traffic.held(self._user_id, len(self.body)):
                async with asyncio.timeout(self._traffic.limits.timeout_s):
                    await self._send(send)
        except RateLimited as error:
            await failed(error)(scope, receive, send)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for begin in range(0, len(self.body), PIECE_BYTES):
            piece, is_last = self.body[begin : begin + PIECE_BYTES], begin + PIECE_BYTES >= len(self.body)
            await send({"type": "http.response.body", "body": piece, "more_body": not is_last})


def failed(error: CollabError, *, is_unread: bool = False) -> JSONResponse:
    """The answer that an error makes; `is_unread` says that there is a body which nobody has read."""
    headers = {"WWW-Authenticate": "Bearer"} if HTTP_STATUS[error.code] == 401 else {}
    if isinstance(error, RateLimited):
        # Whole seconds (RFC 9110, 10.2.3), never too few.
        headers["Retry-After"] = str(math.ceil(error.details["retry_after"]))
    kind = Unread if is_unread else JSONResponse
    return kind({"error": error.to_json()}, HTTP_STATUS[error.code], headers)
