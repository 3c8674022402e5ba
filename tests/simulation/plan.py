"""What happens in a schedule, as data: what people do and what goes wrong, each at its time.

Everything in it is chosen before anything runs, so that a schedule can be run again without some of it.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.simulation.chance import Chance
from tests.simulation.weather import Weather, drawn

USERS = ("ada", "ben", "cleo", "dan", "eve", "ada")
"""Who the clients belong to: one of them has two."""

CONTENTS = ("friday", "sunday")


@dataclass(frozen=True)
class Act:
    """A client's user does something; `which`, `where` and `how` choose among what they see by then."""

    at_s: float
    client: int
    verb: str
    content: int
    which: int
    where: int
    how: int

    def __str__(self) -> str:
        return (
            f"{self.at_s:.3f} s: client {self.client} ({USERS[self.client]}): {self.verb} in {CONTENTS[self.content]}"
        )


@dataclass(frozen=True)
class Trouble:
    """Something goes wrong: with node or client `who`, after `steps` more steps of it, for `for_s` seconds."""

    at_s: float
    what: str
    who: int
    steps: int
    for_s: float

    def __str__(self) -> str:
        return f"{self.at_s:.3f} s: {WORDS[self.what].format(who=self.who, steps=self.steps, for_s=self.for_s)}"


WORDS: Mapping[str, str] = {
    "kill": "node {who} is killed {steps} steps later, and starts again after {for_s:g} s",
    "stop": "node {who} is stopped in an orderly way, and starts again after {for_s:g} s",
    "pause": "node {who} stands still {steps} steps later, for {for_s:g} s",
    "cut": "the connection of client {who} breaks",
    "silence": "the connection of client {who} falls silent",
    "stall": "client {who} stands still {steps} steps later, for {for_s:g} s",
    "bus": "the bus is away for {for_s:g} s",
    "off_bus": "node {who} loses the bus for {for_s:g} s",
    "database": "the database takes no changes and answers nothing for {for_s:g} s",
    "clock": "the clock of node {who} is set {for_s:g} s ahead",
}


@dataclass(frozen=True)
class Call:
    """The host asks a node for something: to take a user out of the band, or without one to edit a content."""

    at_s: float
    content: int
    user_id: str | None = None

    def __str__(self) -> str:
        done = f"edits {CONTENTS[self.content]}" if self.user_id is None else f"takes {self.user_id} out of the band"
        return f"{self.at_s:.3f} s: the host {done}"


Event: TypeAlias = Act | Trouble | Call


@dataclass(frozen=True)
class Plan:
    """`clients` of `USERS` take part; `seed` draws what is not chosen here: delays, losses, who comes first."""

    seed: int
    clients: int
    nodes: int
    weather: Weather
    events: tuple[Event, ...]

    def in_words(self) -> list[str]:
        return [f"drawn from {self.seed}: {self.clients} clients, {self.nodes} nodes", str(self.weather)] + [
            str(event) for event in self.events
        ]


VERBS = {
    "set": 30, "type": 30, "erase": 6, "insert": 10, "move": 8, "remove": 6, "undo": 14, "redo": 6, "expect": 4,
    "focus": 20,
}  # fmt: skip
TROUBLES = {
    "kill": 4, "stop": 1, "pause": 3, "cut": 4, "silence": 2, "stall": 2, "bus": 2, "off_bus": 2, "database": 1,
    "clock": 1,
}  # fmt: skip
REMOVALS = 0.08
"""How likely it is of each member to be taken out."""

ACTS_OF_A_CLIENT = 5
LENGTH_S = 4.0


def drawn_plan(seed: int) -> Plan:
    chance = Chance(seed)
    stream = chance.of("plan")
    contents = stream.choice((1, 2))
    acts = [
        drawn_act(stream, client, contents, LENGTH_S) for client in range(len(USERS)) for _ in range(ACTS_OF_A_CLIENT)
    ]
    troubles = [drawn_trouble(stream, TROUBLES, LENGTH_S) for _ in range(stream.randrange(7))]
    events: list[Event] = [*acts, *troubles, *_calls(chance.of("calls"), contents)]
    return Plan(seed, len(USERS), 3, drawn(chance), tuple(sorted(events, key=lambda event: event.at_s)))


def drawn_act(stream: random.Random, client: int, contents: int, length_s: float) -> Act:
    [verb] = stream.choices([*VERBS], [*VERBS.values()])
    choices = [stream.randrange(1_000) for _ in range(3)]
    return Act(stream.random() * length_s, client, verb, stream.randrange(contents), *choices)


def drawn_trouble(stream: random.Random, weights: Mapping[str, int], length_s: float) -> Trouble:
    [what] = stream.choices([*weights], [*weights.values()])
    for_s = stream.choice((-0.4, 0.4)) if what == "clock" else stream.choice((0.2, 1.0, 4.0))
    return Trouble(stream.random() * length_s, what, stream.randrange(60), stream.randrange(40), for_s)


def _calls(stream: random.Random, contents: int) -> list[Call]:
    edits = [Call(stream.random() * LENGTH_S, stream.randrange(contents)) for _ in range(stream.choice((0, 0, 1, 3)))]
    # Who owns the band stays.
    gone = [Call(stream.random() * LENGTH_S, 0, user_id) for user_id in USERS[1:5] if stream.random() < REMOVALS]
    return [*edits, *gone]
