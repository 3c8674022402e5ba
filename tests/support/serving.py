"""A real uvicorn with a real engine, on an ephemeral port, in the test's own event loop."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import routing
from fastapi._compat import ModelField
from fastapi.dependencies import models
from fastapi.dependencies import utils as dependency_utils
from fastapi.utils import create_model_field
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from starlette.types import ASGIApp
from uvicorn.config import WSProtocolType

from collab.app import attach, own_app
from collab.domain.bands import User
from collab.engine import Engine
from collab.services.ports import Bus, Clock
from collab.serving import drop_dead_peers, send_at_once, server_config
from collab.settings import Settings
from collab.tokens import Tokens
from tests.support.waiting import until

SECRET = "a secret that is long enough for the tests of collab, and for HS512 as well"

_fields: dict[object, ModelField] = {}


def _field(name: str, type_: Any, *, field_info: FieldInfo, **others: Any) -> ModelField:
    """As FastAPI makes one, or has made it: those of answers and parameters are the same for each server, more than
    a hundred, and half of what a server takes."""
    told = tuple(repr(told) for told in FieldInfo.__repr_args__(field_info))
    key = (name, type_, type(field_info), told, *(getattr(field_info, more, None) for more in ("embed", "media_type")))
    if key not in _fields:
        _fields[key] = create_model_field(name, type_, field_info=field_info, **others)
    return _fields[key]


routing.create_model_field = cache(create_model_field)  # type: ignore[attr-defined]
dependency_utils.create_model_field = _field  # type: ignore[assignment, attr-defined]

TLS = ssl.create_default_context()
"""To make one for each client takes 45 ms, and no test server speaks TLS."""


def settings_for(database_url: str, **others: Any) -> Settings:
    """Settings for a test: nothing comes from the environment or a `.env` but what a test says."""
    values: dict[str, Any] = {"jwt_secret": SecretStr(SECRET), "jwks_url": None, "bus_url": None, **others}
    return Settings(_env_file=None, database_url=database_url, **values)


def sqlite_url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


@dataclass
class Running:
    """A server that answers at `url`."""

    url: str
    tokens: Tokens

    @classmethod
    def at(cls, url: str, settings: Settings) -> "Running":
        """A server that somebody else has started with these settings."""
        return cls(url, Tokens(settings))

    def token(self, user_id: str, *, name: str | None = None, ttl_s: float = 3_600, is_operator: bool = False) -> str:
        user = User(user_id, name or user_id.capitalize(), is_operator)
        return self.tokens.sign(user, timedelta(seconds=ttl_s), datetime.now(UTC))

    def rest(self, user_id: str | None, **token_options: Any) -> httpx.AsyncClient:
        """An HTTP client that speaks for a user; use it as a context manager."""
        headers = {} if user_id is None else {"Authorization": f"Bearer {self.token(user_id, **token_options)}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10, verify=TLS)


@dataclass
class RunningEngine(Running):
    """A server whose engine the test can reach."""

    engine: Engine


@asynccontextmanager
async def serving(
    settings: Settings,
    clock: Clock | None = None,
    port: int = 0,
    bus: Bus | None = None,
    websockets: WSProtocolType | None = None,
) -> AsyncIterator[RunningEngine]:
    """Serves a database whose schema is up to date, until the block ends; on a free port unless one is given. Where it
    has a bus, it hears the other nodes when the block begins. `websockets` may be uvicorn's own."""
    engine = Engine(settings, clock=clock, bus=bus)
    async with listening(attach(engine, own_app(settings)), settings, port, websockets) as url:
        await until(lambda: engine.nodes.is_connected)
        yield RunningEngine(url, Tokens(settings), engine)


END_S = 1.0
"""How long open requests may hold up the end of a server."""


class _Server(uvicorn.Server):
    """Ends as soon as nothing is under way: uvicorn's own looks for that ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        config.load()
        self.lifespan = config.lifespan_class(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await until(lambda: not self.server_state.connections and not self.server_state.tasks)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


@asynccontextmanager
async def listening(
    application: ASGIApp, settings: Settings | None = None, port: int = 0, websockets: WSProtocolType | None = None
) -> AsyncIterator[str]:
    """Serves an application, on an ephemeral port unless one is given; the value is its URL."""
    settings = settings or settings_for("sqlite+aiosqlite://")
    # asyncio sends at once only through a socket that says that it is TCP; others wait 40 ms for more to come.
    with socket.socket(proto=socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        send_at_once(bound)
        drop_dead_peers(bound, settings)
        host, port = bound.getsockname()
        config = server_config(application, host, port, settings.max_message_bytes, settings.trusted_proxies)
        config.ws = websockets or config.ws
        server = _Server(config)
        await server.startup([bound])
        await server.on_tick(0)  # sets the headers of every answer
        try:
            yield f"http://{host}:{port}"
        finally:
            await server.shutdown([bound])
            _forget_dependencies()


def _forget_dependencies() -> None:
    """FastAPI remembers what kind of function each dependency is, and with it the server that it is a method of: every
    one that a worker has had would stay in memory."""
    for remembered in vars(models).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()
