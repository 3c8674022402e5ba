"""Requests to other services: none takes longer, and none is answered with more, than was said before.

A timeout of httpx begins anew with each byte. Whoever answers a byte at a time would be waited for for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

MAX_KEPT = 100
"""Connections that are kept open for the next requests."""


class Unanswered(Exception):
    """No answer, or none in time; the message says which."""


class TooMuch(Unanswered):
    """More was answered than was to be read."""


def client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Follows no redirect: where our requests go is for us to say. Asks for nothing compressed: a little of that can
    be very much."""
    headers = {"accept-encoding": "identity"}
    # A connection that is used again and again stays, of as many as there are at once.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=MAX_KEPT)
    # `answered` has the only timeout.
    return httpx.AsyncClient(
        timeout=None,  # noqa: S113
        limits=limits,
        follow_redirects=False,
        headers=headers,
        transport=transport,
    )


@asynccontextmanager
async def answered(
    client: httpx.AsyncClient, request: httpx.Request, deadline_s: float
) -> AsyncIterator[httpx.Response]:
    """The answer to a request, its body still to be read; all of that within the deadline. Raises `Unanswered`."""
    try:
        async with asyncio.timeout(deadline_s):
            answer = await client.send(request, stream=True)
            try:
                yield answer
            finally:
                await answer.aclose()
    except TimeoutError:
        raise Unanswered(f"no whole answer within {deadline_s:g} s") from None
    except httpx.HTTPError as error:
        raise Unanswered(f"no answer: {type(error).__name__}") from error


async def body(answer: httpx.Response, max_bytes: int) -> bytes:
    """What was answered; `TooMuch` where that is longer, or came compressed all the same."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise TooMuch("expected an answer that is not compressed")
    read = bytearray()
    async for chunk in answer.aiter_bytes():
        read += chunk
        if len(read) > max_bytes:
            raise TooMuch(f"expected an answer of at most {max_bytes} bytes")
    return bytes(read)
