"""uvicorn's websocket, which can hand its TCP connection over once the handshake is done."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "collab.websocket"
"""Where an application finds it in the scope (ASGI, Extensions)."""


class HandedOver(WebSocketsSansIOProtocol):
    """`uvicorn.Config(ws=HandedOver)`. Whoever does not claim it has a websocket as uvicorn's always are."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._has_heard = False

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        # A client that speaks before it was let in: what it said is in the parser's hands, or in the queue.
        self._has_heard = self._has_heard or self.handshake_initiated
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._free()

    def release(self) -> tuple[asyncio.Transport, set[Any]] | None:
        """The TCP connection, and the set of all that uvicorn closes at its end; None where it can't be had any more.
        The ASGI application has to return then."""
        if self._has_heard or self.transport.is_closing():
            return None
        self.stop_keepalive()
        transport, self.transport = self.transport, cast("asyncio.Transport", _Released())
        self.connections.discard(self)
        self._free()
        return transport, self.connections

    def _free(self) -> None:
        # A parser that waits for more holds the connection that holds it: only the garbage collector would free them.
        self.conn.parser.close()


class _Released:
    """Stands where the transport was: uvicorn closes it when the application has returned."""

    def close(self) -> None:
        """Nothing: somebody else has the connection."""


def claim(scope: MutableMapping[str, Any]) -> HandedOver | None:
    """The websocket of a scope, where uvicorn serves it by this class; taken out of it, so that nothing holds on to an
    ended one."""
    found: HandedOver | None = scope.get("extensions", {}).pop(EXTENSION, None)
    return found
