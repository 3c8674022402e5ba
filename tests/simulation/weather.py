"""The weather of a schedule: how slow everything is, and how often it fails, apart from what its plan says."""

import math
import random
from dataclasses import dataclass, replace

from tests.simulation.chance import Chance


@dataclass(frozen=True)
class Weather:
    """Mean delays in seconds, and probabilities."""

    network_s: float = 0.002
    bus_s: float = 0.001
    database_s: float = 0.001
    grain_s: float = 0.0
    """Clients read what has come in once in so long: several frames in one turn."""
    bus_loss: float = 0.0
    bus_twice: float = 0.0
    commit_fails: float = 0.0
    commit_unanswered: float = 0.0
    """It is durable, and nobody is told so."""
    read_fails: float = 0.0
    token_s: float = 86_400.0
    """How long a token lasts."""
    is_limited: bool = False
    """Whether clients may send little at once, and are told to wait."""
    is_hooked: bool = False
    """Whether edits are delivered to a webhook."""
    hook_fails: float = 0.0
    """How often its receiver refuses an edit, and how often it takes one and does not say so."""

    def without(self, name: str) -> "Weather":
        return replace(self, **{name: getattr(Weather(), name)})


def drawn(chance: Chance) -> Weather:
    draw = chance.of("weather").choice
    return Weather(
        network_s=draw([0.002, 0.02, 0.1]),
        bus_s=draw([0.001, 0.01, 0.1]),
        database_s=draw([0.001, 0.005, 0.02]),
        grain_s=draw([0, 0, 0.05, 0.3]),
        bus_loss=draw([0, 0.05, 0.3]),
        bus_twice=draw([0, 0.1]),
        commit_fails=draw([0, 0.1]),
        commit_unanswered=draw([0, 0.1]),
        read_fails=draw([0, 0, 0.05]),
        token_s=draw([86_400.0, 86_400.0, 2.5]),
        is_limited=draw([False, False, True]),
        is_hooked=draw([False, False, True]),
        hook_fails=draw([0, 0.1, 0.5]),
    )


def happens(stream: random.Random, probability: float) -> bool:
    """Draws in any case, so that the stream goes on alike."""
    return stream.random() < probability


def grained(when: float, weather: Weather) -> float:
    """When a client reads what comes at a time."""
    return math.ceil(when / weather.grain_s) * weather.grain_s if weather.grain_s else when


def delay_s(stream: random.Random, mean_s: float) -> float:
    return stream.expovariate(1) * mean_s
