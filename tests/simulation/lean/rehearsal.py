"""Lean schedules: what happens in one is drawn from its seed alone."""

import asyncio
import gc
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

from collab.client.replica import Replica
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import Item
from tests.simulation import log, oracles
from tests.simulation.bus import Channel
from tests.simulation.chance import Chance
from tests.simulation.history import History
from tests.simulation.lean import store
from tests.simulation.lean.client import LeanClient
from tests.simulation.lean.node import BAND, LeanNode
from tests.simulation.lean.recording import Recording
from tests.simulation.lean.store import Store
from tests.simulation.loop import Process, SimulatedLoop, Stuck
from tests.simulation.plan import Act, Event, Plan, Trouble, drawn_act, drawn_trouble
from tests.simulation.typescript import Script, differences
from tests.simulation.weather import Weather, drawn

USERS = ("ada", "ben", "cleo", "ada")
CONTENT = "friday"
ACTS_OF_A_CLIENT = 3
LENGTH_S = 1.0
REST_WITHIN_S = 30.0
LIMIT_S = 100.0
COLLECT_EVERY = 50
TROUBLES = {"kill": 4, "pause": 3, "stall": 2, "cut": 5, "bus": 2, "off_bus": 2, "database": 1}


def drawn_plan(seed: int) -> Plan:
    chance = Chance(seed)
    stream = chance.of("lean plan")
    acts = [drawn_act(stream, client, 1, LENGTH_S) for client in range(len(USERS)) for _ in range(ACTS_OF_A_CLIENT)]
    troubles = [drawn_trouble(stream, TROUBLES, LENGTH_S) for _ in range(stream.randrange(5))]
    events: list[Event] = [*acts, *troubles]
    return Plan(seed, len(USERS), 3, drawn(chance), tuple(sorted(events, key=lambda event: event.at_s)))


IN_BOTH = 4
"""Of so many schedules one is played in TypeScript, too."""

AT_ONCE = 2_000


class LeanStage:
    """`scripts` are what replicas were asked that are to be played in TypeScript."""

    def __init__(self) -> None:
        items = [Item(f"song{n}", "song", f"a{n}", {"title": f"Song {n}", "notes": "slow"}) for n in range(3)]
        fields = {"title": CONTENT, "notes": "doors at 8"}
        self.begin = Document(CONTENT, "setlist", BAND, 0, fields, {item.id: item for item in items})
        self.scripts: list[Script] = []
        self.steps = 0
        self._is_recorded = False

    @contextmanager
    def set_up(self) -> Iterator[None]:
        """What is replaced while schedules run."""
        with (
            patch("collab.storage.journal.EditLog", store.LeanLog),
            patch("collab.storage.batch.Past", store.LeanPast),
            patch("collab.storage.batch.Batch.recall", store.recall),
            patch("collab.client.sync.Replica", self._replica),
        ):
            yield

    def run(self, plan: Plan, trace: Callable[[str], None] | None = None) -> list[str]:
        """What does not hold."""
        loop = SimulatedLoop(random.Random(plan.seed), trace)  # noqa: S311  # no secret
        self._is_recorded = plan.seed % IN_BOTH == 0
        with log.kept() as logged:
            failures = LeanWorld(loop, plan, self.begin).run()
        self.steps += loop.steps
        return [*failures, *(f"it was logged: {line}" for line in logged)]

    def _replica(self, document: Document, user_id: str, last_edit: str | None) -> Replica:
        if not self._is_recorded:
            return Replica(document, user_id, last_edit)
        replica = Recording(document, user_id, last_edit)
        self.scripts.append((user_id, document.to_json(), replica.script))
        return replica

    def differences(self) -> list[str]:
        """Where TypeScript differs from what was played in Python since the last time."""
        scripts, self.scripts = self.scripts, []
        return [told for told in differences(scripts) if told]


def rehearse(seeds: Sequence[int], trace: Callable[[str], None] | None = None) -> tuple[list[str], int]:
    """Plays schedules. Returns what does not hold, and how many steps there were."""
    stage, problems = LeanStage(), list[str]()
    with stage.set_up():
        for number, seed in enumerate(seeds):
            plan = drawn_plan(seed)
            if failures := stage.run(plan, trace):
                problems.append(
                    "\n  ".join([f"lean seed {seed} fails:", *failures, "where this happens:", *plan.in_words()])
                )
            if len(stage.scripts) >= AT_ONCE:
                problems += stage.differences()
            if number % COLLECT_EVERY == 0:
                gc.collect()
    return problems + stage.differences(), stage.steps


class LeanWorld:
    """One schedule."""

    def __init__(self, loop: SimulatedLoop, plan: Plan, begin: Document) -> None:
        chance = Chance(plan.seed)
        self.loop = loop
        self.plan = plan
        self.store = Store({CONTENT: begin})
        self.channel = Channel(chance)
        self.weather = Weather()
        self._chance = chance
        self.nodes: list[LeanNode] = []
        self.people: list[LeanClient] = []
        self.host = _NoHost()
        self._begin = begin

    @property
    def members(self) -> list[LeanClient]:
        return self.people

    @property
    def processes(self) -> list[Process]:
        return [*(node.process for node in self.nodes), *(person.process for person in self.people)]

    def run(self) -> list[str]:
        try:
            self.loop.run_to_end(self._play(), LIMIT_S)
        except (Stuck, TimeoutError) as error:
            pending = [(person.name, person.content.pending, person.is_in) for person in self.people]
            heads = [person.content.version for person in self.people if person.is_in]
            head = self.store.documents[CONTENT].version
            return [f"not all came to rest: {error!r}: {pending}, at {heads}, the head is {head}", *self.loop.failures]
        return [*self._problems(), *self.loop.failures]

    async def _play(self) -> None:
        self.nodes = [
            LeanNode(self.loop, self._chance, self.store, self.channel, f"node {n}") for n in range(self.plan.nodes)
        ]
        for node in self.nodes:
            node.on_gone = lambda node=node: self._break(node)  # type: ignore[misc]
        for number, user_id in enumerate(USERS):
            arguments = self.loop, self._chance, number, user_id, CONTENT, self.nodes, lambda: self.weather
            client = LeanClient(*arguments)
            self.people.append(client)
            self.loop.spawn(client.process, client.live())
        self._set_weather(self.plan.weather)
        for event in self.plan.events:
            self.loop.call_later(event.at_s, self._happen, event)
        await asyncio.sleep(max([LENGTH_S, *(e.at_s + e.for_s for e in self.plan.events if isinstance(e, Trouble))]))
        self._set_weather(Weather())
        for process in self.processes:
            process.steps_left = None
        async with asyncio.timeout(REST_WITHIN_S):
            while not self._is_at_rest():  # noqa: ASYNC110  # nobody is to know that they are watched
                await asyncio.sleep(0.1)

    def _is_at_rest(self) -> bool:
        """Everybody has everything, and was told it: who asked for what was missing may have it first."""
        head, edits = self.store.documents[CONTENT].version, self.store.edits[CONTENT]
        return not any(process.is_dead or process.is_paused for process in self.processes) and all(
            person.is_in
            and not person.content.pending
            and person.content.version == head
            and not oracles.untold(person.lines[-1], CONTENT, head, edits)
            for person in self.people
        )

    def _problems(self) -> Iterator[str]:
        edits = self.store.edits[CONTENT]
        documents = [self._begin]
        for edit in edits:
            documents.append(apply_stored(documents[-1], edit.ops))
        history = History(CONTENT, self.store.documents[CONTENT].version, edits, documents, [])
        world = cast(Any, self)
        for person in self.people:
            yield from person.problems
            if person.content.document.to_json() != documents[-1].to_json():
                yield f"{person.name} has {person.content.document}, stored is {documents[-1]}"
        if self.store.documents[CONTENT] != documents[-1]:
            yield f"the head is {self.store.documents[CONTENT]}, its edits make {documents[-1]}"
        yield from oracles.stored_once_and_in_order(history)
        yield from oracles.acknowledged_is_durable(world, history)
        yield from oracles.stored_as_the_rules_say(world, history)
        yield from oracles.told_once_and_in_order(world, history)
        yield from oracles.told_of_conflicts(world, history)

    def _set_weather(self, weather: Weather) -> None:
        self.weather = self.store.weather = self.channel.weather = weather
        self.store.is_away = self.channel.is_away = False

    def _happen(self, event: Any) -> None:
        if isinstance(event, Act):
            person = self.people[event.client]
            self.loop.call_soon(person.act, event, context=person.process.context)
            return
        node, person = self.nodes[event.who % len(self.nodes)], self.people[event.who % len(self.people)]
        match event.what:
            case "kill" if not node.process.is_dead:
                node.process.after_steps(event.steps, lambda: self._kill(node, event.for_s))
            case "pause" if not node.process.is_dead:
                node.process.after_steps(event.steps, lambda: self._pause(node.process, event.for_s))
            case "stall":
                person.process.after_steps(event.steps, lambda: self._pause(person.process, event.for_s))
            case "cut" if person.line is not None:
                person.line.end()
            case "bus":
                self.channel.is_away = True
                for bus in [*self.channel.buses]:
                    self.loop.call_soon(bus.drop, context=bus.process.context)
                self.loop.call_later(event.for_s, setattr, self.channel, "is_away", False)
            case "off_bus" if (bus := node.bus) is not None:
                bus.is_cut_off = True
                self.loop.call_soon(bus.drop, context=bus.process.context)
                self.loop.call_later(event.for_s, setattr, bus, "is_cut_off", False)
            case "database":
                self.store.is_away = True
                self.loop.call_later(event.for_s, setattr, self.store, "is_away", False)

    def _kill(self, node: LeanNode, for_s: float) -> None:
        node.kill()
        self._later(for_s, node.start)

    def _break(self, node: LeanNode) -> None:
        for person in self.people:
            if person.line is not None and person.line.node is node:
                person.line.end()

    def _pause(self, process: Process, for_s: float) -> None:
        self.loop.pause(process)
        self._later(for_s, self.loop.resume, process)

    def _later(self, delay_s: float, callback: Callable[..., None], *arguments: Any) -> None:
        self.loop.call_later(delay_s, callback, *arguments, context=self.loop.world.context)


class _NoHost:
    """Nobody edits but people."""

    def __init__(self) -> None:
        self.sent: dict[Any, Any] = {}
        self.acknowledged: dict[Any, Any] = {}
