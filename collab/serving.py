"""uvicorn, set up for this engine."""

import asyncio
import errno
import gc
import signal
import socket as tcp
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collab.domain.errors import Unavailable
from collab.engine import Engine
from collab.engineio.handover import HandedOver
from collab.engineio.seams import may_hand_over
from collab.settings import Settings

RETRY_IN_S = 2.0
"""When clients are told to come back after a restart."""

GRACEFUL_SHUTDOWN_S = 5
"""How long an open request may hold up the end: a pending poll would hold it for a whole ping interval."""


FREEZE_EVERY_S = 1.0
COLLECT_EVERY_S = 600.0
"""How often the cyclic garbage collector goes through everything: a pause of some 100 ms for each 250,000 objects."""


class Server(uvicorn.Server):
    """Says where it serves, and tells the sessions before it goes."""

    def __init__(self, config: uvicorn.Config, engine: Engine, on_started: Callable[[str], None]) -> None:
        super().__init__(config)
        self._engine = engine
        self._on_started = on_started
        self._ageing: asyncio.Task[None] | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            # uvicorn raises again what it got, and of SIGTERM the process would die with its own end still to come.
            self._captured_signals = [number for number in self._captured_signals if number != signal.SIGTERM]

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ageing = asyncio.create_task(keep_from_the_collector(), name="ageing")
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_started(f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await self._engine.say_goodbye(RETRY_IN_S)
        await super().shutdown(sockets)
        if self._ageing is not None:
            self._ageing.cancel()


MAX_HEAD_BYTES = 65_536
"""A request's first line and its headers; what has come of them in one piece beyond that is read."""

HEAD_TIMEOUT_S = 10.0
"""How long they may take to come: of a new connection from its start, else from their first byte."""


class Http(HttpToolsProtocol):
    """uvicorn's HTTP, with a bound on the head of a request in bytes and in time: uvicorn reads one for as long as it
    comes, and knows nothing of who has not sent one yet. The body is bounded where it is read.

    Where a connection goes over to a websocket it lets go of its parser, as uvicorn does at the end of any other
    connection: the two hold each other, and with them all that a session had.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = False
    _is_between = True
    """No request has begun since the last one ended."""
    _has_begun = False
    """A request began in the data that came last."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        was_between, self._has_begun = self._is_between, False
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")
        elif was_between and not self._has_begun:
            # Empty lines before a request begin none. What came whole is no head to wait for: it may be answered
            # later (a poll), or the connection is a websocket by now.
            self._wait_for_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_between, self._is_in_head, self._head_bytes = False, True, 0
        self._has_begun = True
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_between = True
        super().on_message_complete()

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._refuse, b"408 Request Timeout")

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: bytes) -> None:
        self._stop_waiting()
        self._is_in_head = False
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as in `connection_lost`, which the websocket's hears from now on


def bound_to(host: str, port: int) -> socket:
    """A socket for a server to listen on; port 0 is any that is free. `Unavailable` where it can't be had."""
    bound = socket(tcp.AF_INET6 if ":" in host else tcp.AF_INET)
    bound.setsockopt(tcp.SOL_SOCKET, tcp.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(f"port {port} is taken; choose another by --port") from error
        raise Unavailable(f"expected an address to listen on, {host} port {port} is none: {error.strerror}") from error
    return bound


UNSENT_BYTES = 65_536
"""What the system keeps of what a connection has to send, beyond what is under way."""


def send_at_once(listening: socket) -> None:
    """Lets no answer wait for the peer's word on the one before (Nagle's algorithm, RFC 896), and no ping behind the
    megabytes that the system would take for a slow line. Accepted sockets inherit it.

    uvloop sees to the first itself; asyncio does only for a socket that was made with the number of its protocol.
    """
    listening.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_NODELAY, 1)
    if hasattr(tcp, "TCP_NOTSENT_LOWAT"):
        listening.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def drop_dead_peers(listening: socket, settings: Settings) -> None:
    """Ends connections made through a listening socket whose peer takes nothing for as long as a ping may take.

    Without it the connection of such a peer stays, and what was written to it: uvicorn closes it only once all is
    sent. Linux alone has the option, which accepted sockets inherit.
    """
    if hasattr(tcp, "TCP_USER_TIMEOUT"):
        after_ms = (settings.ping_interval_s + settings.ping_timeout_s) * 1_000
        listening.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_USER_TIMEOUT, after_ms)


def server_config(
    application: ASGIApp,
    host: str,
    port: int,
    max_message_bytes: int,
    trusted_proxies: Sequence[str] = ("127.0.0.1", "::1"),
) -> uvicorn.Config:
    """uvicorn's options for this engine; a host application that runs uvicorn itself wants the same."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        lifespan="on",
        http=Http,
        ws=HandedOver if may_hand_over() else "websockets-sansio",
        # Compression costs a third of the CPU and half of the memory, and every recipient pays anew.
        ws_per_message_deflate=False,
        ws_max_size=max_message_bytes,
        forwarded_allow_ips=list(trusted_proxies),
        # Engine.IO pings already.
        ws_ping_interval=None,
        ws_ping_timeout=None,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        log_level="warning",
        # What uvicorn has to say goes where everything else goes.
        log_config=None,
        access_log=False,
    )


def collect_garbage_rarely() -> None:
    """Keeps the cyclic garbage collector off the way of an edit, for the whole process.

    Counting references frees nearly all that an edit leaves behind. With Python's own thresholds the collector
    goes through every edit in memory about once a second under load, which costs a fifth of the CPU and holds
    answers up for 100 ms.
    """
    gc.collect()
    # What stands after the start is never garbage.
    gc.freeze()
    # More than a busy second brings: then it is set aside (`keep_from_the_collector`), and nobody has gone through it.
    gc.set_threshold(200_000)


async def keep_from_the_collector() -> None:
    """Runs for as long as the process serves, after `collect_garbage_rarely`.

    The collector counts what is made less what is freed. Where as many edits leave memory as come in, it stays away
    until, by chance, the count is passed, and then goes through all that has come in since: 200 ms under load. So what
    a second has brought is set aside, which costs nothing; counting frees it as before. The few circles that libraries
    leave behind (a REST call that is `invalid`, an edit that the journal refuses) are looked for every ten minutes.
    """
    while True:
        for _ in range(round(COLLECT_EVERY_S / FREEZE_EVERY_S)):
            await asyncio.sleep(FREEZE_EVERY_S)
            gc.freeze()
        gc.unfreeze()
        gc.collect()


def serve_until_stopped(engine: Engine, application: ASGIApp, bound: socket, on_started: Callable[[str], None]) -> None:
    """Serves on a socket until SIGINT or SIGTERM; what was accepted by then is committed and answered."""
    collect_garbage_rarely()
    host, port = bound.getsockname()[:2]
    settings = engine.settings
    config = server_config(application, host, port, settings.max_message_bytes, settings.trusted_proxies)
    send_at_once(bound)
    drop_dead_peers(bound, engine.settings)
    Server(config, engine, on_started).run([bound])
