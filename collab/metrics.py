"""Metrics: what happens in one engine, counted as it happens and shown to Prometheus when it asks.

On the way of an edit only plain integers are added to: the client library's own counters take a lock each time.
All that is counted here is counted in the event loop, which is also where it is read.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from collab.domain.errors import CollabError, Unavailable
from collab.domain.ot.rebase import Accepted, Duplicate, Nothing, Stored

_OUTCOMES: Final[Mapping[type, str]] = {
    Accepted: "accepted",
    Duplicate: "duplicate",
    Nothing: "nothing",
}

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COUNTS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


class Tally:
    """How many values fell at or below each bound, and what all of them add up to."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def add_all(self, values: Iterable[int]) -> None:
        counts, bounds, total = self._counts, self._bounds, 0
        for value in values:
            counts[bisect_left(bounds, value)] += 1
            total += value
        self._sum += total

    def sample(self, family: HistogramMetricFamily, *labels: str) -> None:
        """Adds what was counted to a family of Prometheus."""
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        family.add_metric(labels, list(zip(names, accumulate(self._counts), strict=True)), self._sum)


@dataclass(slots=True)
class _Answers:
    """The answers to one event or call: how many by code, and how long they took."""

    codes: dict[str, int] = field(default_factory=dict)
    seconds: Tally = field(default_factory=lambda: Tally(SECONDS))

    def add(self, code: str, seconds: float) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1
        self.seconds.add(seconds)


@dataclass(frozen=True, slots=True)
class _Gauge:
    name: str
    help: str
    read: Callable[[], float]


class PrometheusMeter(Collector):
    """Implements `services.ports.Meter`. It has a registry of its own, so that several engines in a process, and
    what a host application measures, don't meet."""

    def __init__(self, version: str, database: str) -> None:
        self._built = {"version": version, "database": database}
        self._outcomes: Counter[str] = Counter()
        self._answers: defaultdict[str, _Answers] = defaultdict(_Answers)
        self._calls: defaultdict[str, _Answers] = defaultdict(_Answers)
        self._messages: Counter[str] = Counter()
        self._deliveries: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._pruned: Counter[str] = Counter()
        self._evictions = 0
        self._commit_seconds = Tally(SECONDS)
        self._lag_seconds = Tally(SECONDS)
        self._batch_edits = Tally(COUNTS)
        self._rebase_edits = Tally((0, *COUNTS))
        self._gauges: list[_Gauge] = []
        self._looks: list[Callable[[], Awaitable[None]]] = []
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def committed(self, outcomes: Sequence[Stored | CollabError], seconds: float) -> None:
        self._batch_edits.add(len(outcomes))
        self._commit_seconds.add(seconds)
        for kind, count in Counter(map(type, outcomes)).items():
            self._outcomes[kind.code if issubclass(kind, CollabError) else _OUTCOMES[kind]] += count
        edits = [outcome.edit for outcome in outcomes if isinstance(outcome, Accepted)]
        self._rebase_edits.add_all([edit.version - 1 - edit.base_version for edit in edits])

    def not_committed(self, edits: int) -> None:
        self._outcomes[Unavailable.code] += edits

    def answered(self, event: str, code: str, seconds: float) -> None:
        self._answers[event].add(code, seconds)

    def called(self, call: str, status: int, seconds: float) -> None:
        self._calls[call].add(str(status), seconds)

    def delivered(self, event: str, recipients: int) -> None:
        self._messages[event] += 1
        self._deliveries[event] += recipients

    def evicted(self) -> None:
        self._evictions += 1

    def rate_limited(self, what: str) -> None:
        self._refusals[what] += 1

    def pruned(self, what: str, rows: int) -> None:
        self._pruned[what] += rows

    def bus_lag(self, seconds: float) -> None:
        self._lag_seconds.add(seconds)

    def watch(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """A gauge `collab_<name>` that is read whenever Prometheus asks, and costs nothing else."""
        self._gauges.append(_Gauge(f"collab_{name}", documentation, read))

    def look_first(self, look: Callable[[], Awaitable[None]]) -> None:
        """Has something awaited whenever Prometheus asks, before the gauges are read. It has to end soon."""
        self._looks.append(look)

    async def exposition(self) -> bytes:
        """All that is measured, in Prometheus' text format 0.0.4."""
        for look in self._looks:
            await look()
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What a registry of Prometheus asks for."""
        built = GaugeMetricFamily("collab_build_info", "What runs here; always 1.", labels=list(self._built))
        built.add_metric(list(self._built.values()), 1)
        yield built
        for gauge in self._gauges:
            yield GaugeMetricFamily(gauge.name, gauge.help, gauge.read())
        yield _counter("collab_edits", "Edits, by what the journal made of them.", "outcome", self._outcomes)
        answers = CounterMetricFamily("collab_answers", "Answers to clients' events.", labels=["event", "code"])
        seconds = HistogramMetricFamily("collab_answer_seconds", "From an event to its answer.", labels=["event"])
        yield from _answered(answers, seconds, self._answers)
        calls = CounterMetricFamily("collab_calls", "REST calls, by their answers.", labels=["call", "status"])
        seconds = HistogramMetricFamily("collab_call_seconds", "From a REST call to its answer.", labels=["call"])
        yield from _answered(calls, seconds, self._calls)
        yield _counter("collab_messages", "Messages to rooms and sessions.", "event", self._messages)
        yield _counter("collab_deliveries", "The same, once for each session.", "event", self._deliveries)
        yield _counter("collab_rate_limited", "What was refused for being too much.", "what", self._refusals)
        yield _counter("collab_pruned_rows", "Rows that were kept for long enough.", "table", self._pruned)
        yield CounterMetricFamily("collab_evictions", "Sessions ended for not keeping up.", value=self._evictions)
        for name, documentation, tally in (
            ("collab_commit_seconds", "How long the journal's transactions took.", self._commit_seconds),
            ("collab_batch_edits", "How many edits were committed together.", self._batch_edits),
            ("collab_rebase_edits", "Over how many edits an accepted edit was rebased.", self._rebase_edits),
            ("collab_bus_lag_seconds", "How long messages of other nodes were on their way.", self._lag_seconds),
        ):
            family = HistogramMetricFamily(name, documentation)
            tally.sample(family)
            yield family


def _answered(
    answers: CounterMetricFamily, seconds: HistogramMetricFamily, given: Mapping[str, _Answers]
) -> Iterator[Metric]:
    for what, of_it in given.items():
        of_it.seconds.sample(seconds, what)
        for code, count in of_it.codes.items():
            answers.add_metric([what, code], count)
    yield answers
    yield seconds


def _counter(name: str, documentation: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, documentation, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
