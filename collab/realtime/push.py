"""uvicorn's websocket, with a short way past ASGI: a message is handed on where it arrives, a frame is written at once.

ASGI has a queue and a task woken for each message that comes in, and a task woken for each that goes out: with
python-engineio on top of it that is most of what a message costs. uvicorn takes the class of its websockets as an
option (`ws`); served by anything else, all goes by ASGI. What this touches of uvicorn's class (`handle_connect`,
`handle_text`, `queue`, `writable`, `close_sent`) is in no documentation: tests hold it in place.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

_EXTENSION = "collab.push"
"""Where an application finds it in the scope (ASGI, Extensions)."""


class PushWebSocket(WebSocketsSansIOProtocol):
    """`on_text` is given each text and says whether it took it; what it did not take comes by ASGI."""

    on_text: Callable[[str], bool] | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[_EXTENSION] = self

    def handle_text(self, event: Frame) -> None:
        # A message behind others that wait keeps its place.
        if self.on_text is not None and event.fin and self.queue.empty() and not self.close_sent:
            try:
                text = bytes(event.data).decode()
            except UnicodeDecodeError:
                pass
            else:
                if self.on_text(text):
                    return
        super().handle_text(event)

    def write(self, frame: bytes) -> bool:
        """Whether the frame is on its way: not where the client is slow to read, or gone."""
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True


def pushing(scope: MutableMapping[str, Any]) -> PushWebSocket | None:
    """The websocket of a scope, where it is one of these; taken out of it, so that nothing holds on to an ended one."""
    found: PushWebSocket | None = scope.get("extensions", {}).pop(_EXTENSION, None)
    return found
