"""A node: the whole engine, in a process of the simulation."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from collab.domain.bands import User
from collab.domain.errors import CollabError
from collab.engine import Engine
from collab.services.ports import Identity
from collab.settings import Settings
from tests.simulation.bus import Channel, SimulatedBus
from tests.simulation.chance import Chance
from tests.simulation.clock import NodeClock, now
from tests.simulation.database import URL, SharedDatabase
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.weather import Weather
from tests.simulation.wire import Wire

SETTINGS = Settings(
    _env_file=None,
    database_url=URL,
    jwt_secret=SecretStr("a secret that nothing is signed with here"),
    ping_interval_s=2,
    ping_timeout_s=1,
    presence_grace_s=1.0,
    node_lease_s=3.0,
    rate_limits=False,
    admin_pages=False,
)
"""Short, since the time that passes at the end of a schedule is a third of what it costs."""

LIMITED = SETTINGS.model_copy(
    update={
        "rate_limits": True,
        "edits_per_s": 4.0,
        "edits_burst": 2,
        "requests_per_s": 4.0,
        "requests_burst": 3,
        "presence_per_s": 4.0,
        "presence_burst": 1,
    }
)
"""So few events that whoever acts twice within a second is told to wait."""

RESTART_S = 0.5

GONE_WITHIN_S = SETTINGS.ping_interval_s + SETTINGS.ping_timeout_s + SETTINGS.presence_grace_s
"""How long a session may stay in rosters that has died (PROTOCOL.md, Promises)."""


class NameTokens:
    """A token is the user's id, and lasts for as long as the weather says."""

    def __init__(self, weather: Callable[[], Weather]) -> None:
        self._weather = weather

    async def verify(self, token: str | None, _headers: object = None) -> Identity:
        user = User(token or "nobody", (token or "nobody").capitalize())
        until = now() + timedelta(seconds=self._weather().token_s)
        return Identity(user, until, until)


class Node:
    """Started, killed and started again; `wires` are those that end here."""

    def __init__(
        self,
        loop: SimulatedLoop,
        chance: Chance,
        database: SharedDatabase,
        channel: Channel,
        name: str,
        *,
        is_limited: bool,
    ) -> None:
        self.name = name
        self.process = Process(name)
        self.process.is_dead = True
        self.clock = NodeClock(timedelta(0))
        self.engine: Engine | None = None
        self.bus: SimulatedBus | None = None
        self.application: ASGIApp | None = None
        self._loop = loop
        self._chance = chance
        self._database = database
        self._channel = channel
        self._settings = LIMITED if is_limited else SETTINGS
        self._starts = 0
        self._stop = asyncio.Event()
        self.wires: list[Wire] = []
        self.of_its_own: Counter[str] = Counter()
        """The tasks and timers that it has by itself, before anybody connects."""
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_serving(self) -> bool:
        return self.application is not None and not self.process.is_dead

    @property
    def takes_connections(self) -> bool:
        return self.is_serving and not self.process.is_paused

    def start(self) -> None:
        if self.process.is_dead:
            self._starts += 1
            self.process = Process(f"{self.name}.{self._starts}")
            self._serving = self._loop.spawn(self.process, self._serve(), "node")

    def kill(self) -> None:
        """As by `kill -9`: the system closes its connections."""
        self._loop.kill(self.process)
        self._gone()

    async def stop(self) -> None:
        """In an orderly way, as by SIGTERM."""
        if self._serving is not None and not self.process.is_dead:
            self._loop.call_soon(self._stop.set, context=self.process.context)
            await asyncio.wait([self._serving])

    def accept(self, wire: Wire, query: str) -> None:
        """A client's connection reaches this node; runs in the node's own process."""
        if self.application is None:
            wire.server_closes()
            return
        self.wires.append(wire)
        wire.end_of_server.accept(self.application, query, wire.client.name)

    def _gone(self) -> None:
        self.application = self.engine = None
        if self.bus is not None:
            self.bus.gone()
        wires, self.wires = self.wires, []
        for wire in wires:
            wire.server_closes()

    async def _serve(self) -> None:
        try:
            await self._serve_until_stopped()
        except CollabError:
            # It could not begin or end as it should: whatever starts services starts it again.
            self._loop.call_later(RESTART_S, self.start, context=self._loop.world.context)
        self._loop.kill(self.process)
        self._gone()

    async def _serve_until_stopped(self) -> None:
        self._stop = asyncio.Event()
        self.bus = SimulatedBus(self._channel, self.name)
        ids: Callable[[], str] = partial(self._chance.id, f"ids of {self.name}")
        self.engine = engine = Engine(
            self._settings,
            clock=self.clock,
            bus=self.bus,
            database=self._database.of_node(self._chance.of(f"database of {self.name}")),
            tokens=NameTokens(lambda: self._channel.weather),
            new_id=ids,
        )
        server: Any = engine._server  # noqa: SLF001  # the ids of Engine.IO are as random as ours
        server.eio.generate_id = ids
        application = engine.socketio(_nothing_else)
        async with engine.running():
            self.of_its_own = Counter([*self.process.running, *self._loop.timers(self.process)])
            self.application = application
            await self._stop.wait()
            self.application = None
            await engine.say_goodbye(0.1)
            for wire in self.wires:
                wire.end_of_server.close()
            await asyncio.sleep(0)


async def _nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError(f"expected a websocket at /socket.io/, got {scope}")
