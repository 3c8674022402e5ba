"""uvicorn, set up for this engine."""

import gc
from collections.abc import Callable
from socket import socket

import uvicorn
from starlette.types import ASGIApp

from collab.app import Engine

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


def server_config(application: ASGIApp, host: str, port: int, max_message_bytes: int) -> uvicorn.Config:
    """uvicorn's options for this engine; a host application that runs uvicorn itself wants the same."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        lifespan="on",
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
    engine: Engine, application: ASGIApp, host: str, port: int, on_started: Callable[[str], None]
) -> None:
    """Serves until SIGINT or SIGTERM; what was accepted by then is committed and answered."""
    collect_garbage_rarely()
    config = server_config(application, host, port, engine.settings.max_message_bytes)
    Server(config, engine, on_started).run()
