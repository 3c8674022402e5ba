"""uvicorn, set up for this engine."""

import gc
import socket as tcp
from collections.abc import Callable
from socket import socket

import uvicorn
from starlette.types import ASGIApp

from collab.engine import Engine
from collab.realtime.push import PushWebSocket
from collab.settings import Settings

RETRY_IN_S = 2.0
"""When clients are told to come back after a restart."""

GRACEFUL_SHUTDOWN_S = 5
"""How long an open request may hold up the end: a pending poll would hold it for a whole ping interval."""


class Server(uvicorn.Server):
    """Says where it serves, and tells the sessions before it goes."""

    def __init__(self, config: uvicorn.Config, engine: Engine, on_started: Callable[[str], None]) -> None:
        super().__init__(config)
        self._engine = engine
        self._on_started = on_started

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_started(f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await self._engine.say_goodbye(RETRY_IN_S)
        await super().shutdown(sockets)


def drop_dead_peers(listening: socket, settings: Settings) -> None:
    """Ends connections made through a listening socket whose peer takes nothing for as long as a ping may take.

    Without it the connection of such a peer stays, and what was written to it: uvicorn closes it only once all is
    sent. Linux alone has the option, which accepted sockets inherit.
    """
    if hasattr(tcp, "TCP_USER_TIMEOUT"):
        after_ms = (settings.ping_interval_s + settings.ping_timeout_s) * 1_000
        listening.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_USER_TIMEOUT, after_ms)


def server_config(application: ASGIApp, host: str, port: int, max_message_bytes: int) -> uvicorn.Config:
    """uvicorn's options for this engine; a host application that runs uvicorn itself wants the same."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        lifespan="on",
        ws=PushWebSocket,
        # Compression costs a third of the CPU and half of the memory, and every recipient pays anew.
        ws_per_message_deflate=False,
        ws_max_size=max_message_bytes,
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
    gc.set_threshold(20_000, 20, 50)


def serve_until_stopped(
    engine: Engine,
    application: ASGIApp,
    host: str,
    port: int,
    on_started: Callable[[str], None],
    sockets: list[socket] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM, on sockets that are bound already where there are such; what was accepted by
    then is committed and answered."""
    collect_garbage_rarely()
    config = server_config(application, host, port, engine.settings.max_message_bytes)
    if sockets is None:
        sockets = [config.bind_socket()]
    for listening in sockets:
        drop_dead_peers(listening, engine.settings)
    Server(config, engine, on_started).run(sockets)
