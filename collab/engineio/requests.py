"""The endpoint of Engine.IO: handshakes, polls, payloads and upgrades, each an ASGI request.

    GET  without a sid     a handshake, by polling
    GET  with a sid        a poll: waits until there is something to tell
    POST with a sid        a payload of packets
    a websocket            a handshake, or with a sid the upgrade of a client that polls

Whatever is refused is answered with 400 and a sentence. Two polls or two payloads at once, a poll that is given up, and
a payload that is none, end their connection, and no other.
"""

import gzip
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from collab.engineio.asgi import AsgiWebSocket
from collab.engineio.connection import Connection
from collab.engineio.handover import HandedOver, claim
from collab.engineio.packets import OPEN, Packet, from_form, payload
from collab.engineio.polling import Polling, Refused
from collab.engineio.session import Misplaced, Move
from collab.engineio.tcp_websocket import TcpWebSocket

if TYPE_CHECKING:
    from collab.engineio.server import EngineServer

_VERSION = "4"
_TRANSPORTS = ("polling", "websocket")
_GZIP_LEVEL = 6

_METHODS = ("GET", "POST", "OPTIONS")


class Endpoint:
    """An ASGI application."""

    def __init__(self, server: "EngineServer[Any]") -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        try:
            self._check(headers, query)
            if scope["type"] == "websocket":
                await self._websocket(scope, receive, send, query)
                return
            answer = await self._answer(scope, receive, headers, query)
        except Refused as refused:
            if scope["type"] == "websocket":
                # Before it was accepted: 403.
                await receive()
                await send({"type": "websocket.close", "reason": str(refused)})
                return
            answer = PlainTextResponse(str(refused), 400)
        except ClientDisconnect:
            return
        answer.headers["Cache-Control"] = "no-store"
        self._compress(answer, headers)
        self._allow(answer, headers, scope)
        await answer(scope, receive, send)

    def _check(self, headers: Headers, query: dict[str, str]) -> None:
        origin = headers.get("origin")
        if origin is not None and not self._server.is_origin_allowed(origin, headers):
            raise Refused(f"{origin} is not an accepted origin.")
        if query.get("transport", "") not in _TRANSPORTS:
            raise Refused("expected transport=polling or transport=websocket")
        if "sid" not in query and query.get("EIO") != _VERSION:
            raise Refused("expected EIO=4, the version of Engine.IO")
        if "j" in query and not query["j"].isdecimal():
            raise Refused("expected a number as j, the index of a JSONP answer")

    def _compress(self, answer: Response, headers: Headers) -> None:
        if len(answer.body) >= self._server.compression_threshold_bytes and "gzip" in headers.get(
            "accept-encoding", ""
        ):
            answer.body = gzip.compress(answer.body, compresslevel=_GZIP_LEVEL)
            answer.headers["Content-Encoding"] = "gzip"
            answer.headers["Content-Length"] = str(len(answer.body))

    def _allow(self, answer: Response, headers: Headers, scope: Scope) -> None:
        """Lets a page of another origin read the answer, where it may connect at all (Fetch, CORS protocol)."""
        origin = headers.get("origin")
        if origin is None or not self._server.is_origin_allowed(origin, headers):
            return
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Allow-Credentials"] = "true"
        answer.headers["Vary"] = "Origin"
        if scope["method"] == "OPTIONS":
            answer.headers["Access-Control-Allow-Methods"] = ", ".join(_METHODS)
            answer.headers["Access-Control-Allow-Headers"] = headers.get("access-control-request-headers", "")

    async def _answer(self, scope: Scope, receive: Receive, headers: Headers, query: dict[str, str]) -> Response:
        method = scope["method"]
        if method == "OPTIONS":
            return PlainTextResponse("ok")
        if method == "GET" and "sid" not in query:
            if query["transport"] != "polling":
                raise Refused("expected a websocket")
            return _polled(await self._open_polling(scope), query)
        if method == "GET":
            polling = self._polling(query)
            return _polled(await polling.poll(receive), query)
        if method == "POST":
            return await self._post(self._polling(query), Request(scope, receive), query)
        raise Refused(f"expected one of {', '.join(_METHODS)}")

    async def _open_polling(self, scope: Scope) -> str:
        connection = await self._server.let_in(scope)
        connection.transport = Polling(connection)
        _accept(self._server, connection, Move.ACCEPT)
        return payload([_open_packet(self._server, connection)])

    def _polling(self, query: dict[str, str]) -> Polling:
        """The transport of a client that polls."""
        connection = self._server.find(query.get("sid"))
        if connection is None or not isinstance(connection.transport, Polling):
            raise Refused("expected the sid of a client that polls: the session is over, or went over to a websocket")
        return connection.transport

    async def _post(self, polling: Polling, request: Request, query: dict[str, str]) -> Response:
        max_bytes = self._server.max_http_buffer_size
        body = await polling.read(request, max_bytes)
        if "j" in query:
            body = from_form(parse_qs(body.decode("utf-8", "replace")).get("d", [""])[0])
        await polling.receive(body, max_bytes)
        return PlainTextResponse("ok", media_type="text/html" if "j" in query else None)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send, query: dict[str, str]) -> None:
        if query["transport"] != "websocket":
            raise Refused("expected transport=websocket")
        if "sid" in query:
            connection = self._server.find(query["sid"])
            if connection is None:
                raise Refused("expected the sid of a client that polls: the session is over")
        else:
            connection = await self._server.let_in(scope)
            _accept(self._server, connection, Move.ACCEPT_WEBSOCKET)
            connection.put(_open_packet(self._server, connection))
        handed_over = claim(scope)
        await receive()
        await send({"type": "websocket.accept"})
        if handed_over is None or not self._carry(handed_over, connection):
            await AsgiWebSocket(receive, send, self._server.max_http_buffer_size).run(connection)

    def _carry(self, handed_over: HandedOver, connection: Connection) -> bool:
        """Whether a websocket on its TCP connection carries it from now on."""
        released = handed_over.release()
        if released is None:
            return False
        server = self._server
        websocket = TcpWebSocket(*released, server.context, server.max_http_buffer_size, server.heartbeat.patience_s)
        websocket.carry(connection)
        return True


def _accept(server: "EngineServer[Any]", connection: Connection, move: Move) -> None:
    """The application has let it in, unless it has ended it meanwhile."""
    try:
        connection.move(move)
    except Misplaced:
        raise Refused("the server ended the session") from None
    server.heartbeat.add(connection)


def _open_packet(server: "EngineServer[Any]", connection: Connection) -> Packet:
    """What a client hears first."""
    said = {
        "sid": connection.id,
        "upgrades": [] if connection.is_upgraded else ["websocket"],
        "pingTimeout": round(server.ping_timeout * 1_000),
        "pingInterval": round(server.ping_interval * 1_000),
        "maxPayload": server.max_http_buffer_size,
    }
    return Packet(OPEN + orjson.dumps(said).decode())


def _polled(body: str, query: dict[str, str]) -> Response:
    """The answer to a poll; a JSONP client's is a script (the protocol's JSONP)."""
    if "j" not in query:
        return PlainTextResponse(body)
    script = f"___eio[{int(query['j'])}]({orjson.dumps(body).decode()});"
    return Response(script, media_type="application/javascript")
