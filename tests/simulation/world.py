"""A whole cluster in one process, for the length of one schedule: nodes, database, bus, wires and people."""

import asyncio
import gc
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from collab.domain.access import Role
from collab.domain.bands import Band, Member, User
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item
from collab.services.editing.webhooks import Webhooks
from collab.services.ports import Clock, HistoryReader
from collab.services.stores import UNLIMITED, Outbox
from collab.storage.bands import StoredBands
from collab.storage.edit_log import EditLog
from tests.simulation import log, oracles
from tests.simulation.bus import Channel
from tests.simulation.chance import Chance
from tests.simulation.clock import BEGIN
from tests.simulation.database import SharedDatabase, with_schema
from tests.simulation.hook import Hook
from tests.simulation.host import Host
from tests.simulation.loop import Process, SimulatedLoop, Stuck
from tests.simulation.node import GONE_WITHIN_S, SETTINGS, Node
from tests.simulation.person import Person
from tests.simulation.plan import CONTENTS, LENGTH_S, USERS, Act, Call, Event, Plan, Trouble
from tests.simulation.weather import Weather, delay_s
from tests.simulation.wire import Wire

BAND = "band"

REST_WITHIN_S = 60.0
"""How long everybody may take to come to rest once nothing goes wrong any more."""

SETTLE_S = max(GONE_WITHIN_S, SETTINGS.node_lease_s) + 1.0
"""How long after that the rosters may still show who has died (PROTOCOL.md, Promises), and a commit go untold."""

LIMIT_S = 300.0

COLLECT_EVERY = 10
"""What is left of so many schedules is collected at once; within a schedule nothing is."""


@dataclass(frozen=True)
class Outcome:
    """`failures` is empty where all that must hold did. `checksum` is that of the trace."""

    failures: list[str]
    steps: int
    virtual_s: float
    checksum: int


class Stage:
    """What schedules share, so that each begins soon: the database, with a band in it."""

    def __init__(self) -> None:
        self._runs = 0
        self._begin = with_schema()
        self.database = SharedDatabase(self._begin)
        loop = SimulatedLoop(random.Random(0))  # noqa: S311  # no secret
        loop.run_to_end(_make_band(self.database), LIMIT_S)
        self._begin = sqlite3.connect(":memory:")
        self.database.raw.backup(self._begin)
        self._statements = EditLog(self.database.writing.dialect)
        # What is there by now stays: it need not be looked through again.
        gc.collect()
        gc.freeze()

    def run(self, plan: Plan, trace: Callable[[str], None] | None = None) -> Outcome:
        """What becomes of a plan."""
        self._runs += 1
        self.database.begin_anew(self._begin)
        loop = SimulatedLoop(Chance(plan.seed).of("order"), trace)
        # The libraries look at the system's clock; nothing else in here may.
        world = World(loop, self.database, plan)
        hook = patch("collab.engine.webhooks", world.webhooks_of_node)
        with patch("time.time", loop.time), hook, self._small(), log.kept() as logged:
            failures = world.run()
            failures += [f"it was logged: {line}" for line in logged]
            if self._runs % COLLECT_EVERY == 0:
                del world
                gc.collect()
        return Outcome(failures, loop.steps, loop.time(), loop.checksum)

    @contextmanager
    def _small(self) -> Iterator[None]:
        """Snapshots are taken within a schedule."""
        with (
            patch("collab.storage.batch.SNAPSHOT_EVERY", 5),
            # To compile the statements of an edit log takes longer than all that a schedule does with them.
            patch("collab.storage.journal.EditLog", lambda *_: self._statements),
        ):
            yield


async def _make_band(database: SharedDatabase) -> None:
    node = database.of_node(random.Random(0))  # noqa: S311  # no secret
    store = StoredBands(node.reading, node.writer, UNLIMITED)
    people = [User(user_id, user_id.capitalize()) for user_id in dict.fromkeys(USERS)]
    for user in people:
        await store.save_user(user, BEGIN)
    await store.create_band(Band(BAND, "Blue Nile"), people[0], BEGIN)
    for user in people[1:]:
        await store.put_member(BAND, Member(user.id, user.name, Role.EDITOR), BEGIN)
    for content_id in CONTENTS:
        songs = [Item(f"song{n}", "song", f"a{n}", {"title": f"Song {n}", "notes": "slow"}) for n in range(3)]
        fields = {"title": content_id, "notes": "doors at 8"}
        document = Document(content_id, "setlist", BAND, 0, fields, {song.id: song for song in songs})
        await store.create_content(document, people[0], BEGIN)


class World:
    """One schedule. `failures` are what did not hold, found while it ran."""

    def __init__(self, loop: SimulatedLoop, database: SharedDatabase, plan: Plan) -> None:
        self.loop = loop
        self.database = database
        self.plan = plan
        self.chance = chance = Chance(plan.seed)
        self.channel = Channel(chance)
        self.weather = Weather()
        self.nodes = [
            Node(loop, chance, database, self.channel, f"node {n}", is_limited=plan.weather.is_limited)
            for n in range(plan.nodes)
        ]
        self.host = Host(loop, chance, self.nodes, BAND)
        self.people = [Person(loop, chance, n, USERS[n], self._dial) for n in range(plan.clients)]
        self.hook = Hook(chance, lambda: self.weather)
        self.failures: list[str] = []
        self.calm_s = 0.0
        """When all that goes wrong was over."""

    @property
    def members(self) -> list[Person]:
        """Those who are not taken out of the band."""
        return [person for person in self.people if not person.is_removed]

    @property
    def processes(self) -> list[Process]:
        return [*(node.process for node in self.nodes), *(person.process for person in self.people)]

    def webhooks_of_node(
        self, _settings: object, outbox: Outbox, reader: HistoryReader, clock: Clock
    ) -> Webhooks | None:
        """Stands for `collab.from_settings.webhooks`."""
        return self.hook.of_node(outbox, reader, clock) if self.plan.weather.is_hooked else None

    def run(self) -> list[str]:
        try:
            self.loop.run_to_end(self._play(), LIMIT_S)
        except Stuck as stuck:
            self.failures.append(f"{stuck}: {self._unfinished()}")
        except TimeoutError:
            self.failures.append(f"not all came to rest: {self._unfinished()}")
        return self.failures + self.loop.failures

    async def _play(self) -> None:
        for node in self.nodes:
            node.start()
        await self._until(lambda: all(node.is_serving for node in self.nodes), REST_WITHIN_S)
        arrivals = [self.loop.spawn(person.process, person.arrive([*CONTENTS])) for person in self.people]
        self._set_weather(calm=False)
        for event in self.plan.events:
            self.loop.call_later(event.at_s, self._happen, event)
        await asyncio.sleep(LENGTH_S)
        await self._until_over()
        self._set_weather(calm=True)
        for process in self.processes:
            process.steps_left = None
        await self._until(lambda: not any(process.is_paused for process in self.processes), REST_WITHIN_S)
        self.calm_s = self.loop.time()
        await asyncio.gather(*arrivals)
        await self._until(self._is_at_rest, REST_WITHIN_S)
        await asyncio.sleep(SETTLE_S)
        self.failures += oracles.at_rest(self)
        await self._end()
        self.failures += oracles.at_the_end(self)

    async def _until_over(self) -> None:
        """Until all that the plan began has ended."""
        ends = [event.at_s + abs(event.for_s) for event in self.plan.events if isinstance(event, Trouble)]
        await asyncio.sleep(max(0.0, max(ends, default=0.0) - LENGTH_S) + 0.1)

    async def _until(self, is_so: Callable[[], bool], within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while not is_so():  # noqa: ASYNC110  # nobody who acts in a schedule is to know that it is watched
                await asyncio.sleep(0.1)

    def _is_at_rest(self) -> bool:
        return (
            self.host.is_done
            and all(node.is_serving for node in self.nodes)
            and all(
                person.me.is_online and all(room.pending == 0 for room in person.rooms.values())
                for person in self.members
            )
            and (not self.plan.weather.is_hooked or self._is_delivered())
        )

    def _is_delivered(self) -> bool:
        return all(version in {0, *self.hook.taken[content_id]} for content_id, version in self.database.heads())

    async def _end(self) -> None:
        """Everybody leaves, and then the nodes stop."""
        leaving = [self.loop.spawn(person.process, person.leave()) for person in self.people]
        await asyncio.wait(leaving)
        await asyncio.sleep(GONE_WITHIN_S)
        self.failures += oracles.when_all_have_left(self)
        await asyncio.gather(*(node.stop() for node in self.nodes))
        await asyncio.sleep(0.5)

    def _unfinished(self) -> str:
        waiting = [f"{node.name} does not serve" for node in self.nodes if not node.is_serving]
        for person in self.members:
            waiting += [
                f"{person.name} has {room.pending} pending in {room.id} at {room.version}"
                for room in person.rooms.values()
                if room.pending
            ]
            waiting += [] if person.lines and len(person.rooms) == len(CONTENTS) else [f"{person.name} is not in"]
        return "; ".join(waiting)

    def _set_weather(self, *, calm: bool) -> None:
        self.weather = Weather() if calm else self.plan.weather
        self.database.weather = self.channel.weather = self.weather
        if calm:
            self.database.is_away = self.channel.is_away = False

    def _dial(self, person: Person, url: str) -> Wire:
        """A connection to one of the nodes that take any; the first that is refused ends as it would."""
        stream = self.chance.of(f"network of {person.name}")
        serving = [node for node in self.nodes if node.takes_connections]
        node = stream.choice(serving or self.nodes)
        wire = Wire(self.loop, stream, lambda: self.weather, person.process, node.process)
        query = url.partition("?")[2]
        if serving:
            delay = delay_s(stream, self.weather.network_s)
            self.loop.call_later(delay, node.accept, wire, query, context=node.process.context)
        else:
            self.loop.call_later(0.01, wire.server_closes)
        return wire

    def _happen(self, event: Event) -> None:
        match event:
            case Act() if event.client < len(self.people):
                person = self.people[event.client]
                self.loop.call_soon(person.act, event, CONTENTS[event.content], context=person.process.context)
            case Trouble():
                self._go_wrong(event)
            case Call(user_id=None):
                self.host.edit(CONTENTS[event.content], f"v{event.at_s:.3f}")
            case Call(user_id=str(user_id)):
                for person in self.people:
                    person.is_removed = person.is_removed or person.user_id == user_id
                self.host.remove(user_id)

    def _go_wrong(self, trouble: Trouble) -> None:
        node = self.nodes[trouble.who % len(self.nodes)]
        person = self.people[trouble.who % len(self.people)]
        match trouble.what:
            case "kill" if not node.process.is_dead:
                node.process.after_steps(trouble.steps, lambda: self._kill(node, trouble.for_s))
            case "stop" if node.is_serving:
                self.loop.create_task(self._restart(node, trouble.for_s))
            case "pause" if not node.process.is_dead:
                node.process.after_steps(trouble.steps, lambda: self._pause(node.process, trouble.for_s))
            case "stall":
                person.process.after_steps(trouble.steps, lambda: self._pause(person.process, trouble.for_s))
            case "cut" if person.lines:
                person.lines[-1].wire.cut()
            case "silence" if person.lines:
                person.lines[-1].wire.fall_silent()
            case "bus":
                self.channel.is_away = True
                for each in [*self.channel.buses]:
                    self.loop.call_soon(each.drop, context=each.process.context)
                self.loop.call_later(trouble.for_s, setattr, self.channel, "is_away", False)
            case "off_bus" if (bus := node.bus) is not None:
                bus.is_cut_off = True
                self.loop.call_soon(bus.drop, context=bus.process.context)
                self.loop.call_later(trouble.for_s, setattr, bus, "is_cut_off", False)
            case "database":
                self.database.is_away = True
                self.loop.call_later(trouble.for_s, setattr, self.database, "is_away", False)
            case "clock":
                node.clock.ahead += timedelta(seconds=trouble.for_s)

    def _kill(self, node: Node, for_s: float) -> None:
        node.kill()
        self._later(for_s, node.start)

    async def _restart(self, node: Node, after_s: float) -> None:
        await node.stop()
        self._later(after_s, node.start)

    def _pause(self, process: Process, for_s: float) -> None:
        self.loop.pause(process)
        self._later(for_s, self.loop.resume, process)

    def _later(self, delay_s: float, callback: Callable[..., None], *arguments: Any) -> None:
        """In no process: what kills one does not go with it."""
        self.loop.call_later(delay_s, callback, *arguments, context=self.loop.world.context)
