"""The benchmark's arithmetic: percentiles of a run, medians over rounds, ratios of the same round."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

NAN = float("nan")


@dataclass(frozen=True)
class Run:
    """One server under one load, once. Latencies are p50, p95 and p99 in ms; shares are of one core."""

    server: str
    load: str
    round: int
    edits_per_s: float
    deliveries_per_s: float
    ack_ms: tuple[float, float, float]
    propagation_ms: tuple[float, float, float]
    cpu_s_per_1000: float
    server_share: float
    generator_share: float
    kb_per_connection: float
    missing: int
    """Deliveries that had not come when all edits had been acknowledged for ten seconds."""
    acked: int | None = None
    lost: int | None = None
    """Of all edits acknowledged until a `kill -9`, those that the server has not after it. None: not tried."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Run":
        return cls(
            **{**body, "ack_ms": tuple(body["ack_ms"]), "propagation_ms": tuple(body["propagation_ms"])},
        )


def percentiles(values: Iterable[float], ranks: Sequence[int] = (50, 95, 99)) -> tuple[float, ...]:
    """The nearest-rank percentiles: for each rank the least value that so many per cent do not exceed; else NaN."""
    ordered = sorted(values)
    if not ordered:
        return (NAN,) * len(ranks)
    return tuple(ordered[max(0, math.ceil(len(ordered) * rank / 100) - 1)] for rank in ranks)


def in_ms(seconds: Iterable[float]) -> tuple[float, float, float]:
    """p50, p95 and p99, in milliseconds."""
    p50, p95, p99 = percentiles(seconds)
    return (p50 * 1_000, p95 * 1_000, p99 * 1_000)


def middle(values: Iterable[float]) -> float:
    """The median of the values that are there; NaN where none is."""
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else NAN


def paired_ratio(runs: Sequence[Run], base: Sequence[Run], what: Callable[[Run], float]) -> float:
    """The median over rounds of a figure's ratio to the base's of the same round; NaN without a common round.

    A machine that is slow for a minute is slow for both: the ratio holds where the figures do not.
    """
    base_of = {run.round: what(run) for run in base}
    return middle(what(run) / base_of[run.round] for run in runs if base_of.get(run.round))


def lost_edits(acked: Sequence[int], found: dict[int, int]) -> int:
    """Edits lost, over all members: `acked` of each, and the number of the last edit that was found of some.

    Each member's edits are numbered from 0 and replace one another, so what is found stands for all before it.
    """
    return sum(max(0, count - (found.get(member, -1) + 1)) for member, count in enumerate(acked))
