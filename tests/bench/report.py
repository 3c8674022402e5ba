"""What a benchmark found, as Markdown and as a plot; `python -m tests.bench.report` makes both again."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.figures import Run, middle, paired_ratio
from tests.bench.targets import A2, COLLAB

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "collab" / "docs" / "benchmark.md"
BEGIN, END = "<!-- benchmark: written by `python -m tests.bench --page` -->", "<!-- end of the benchmark -->"

_HEAD = (
    "server",
    "edits/s",
    "deliveries/s",
    "ack p50 / p95 / p99 ms",
    "propagation p50 / p99 ms",
    "CPU s per 1000 edits",
    "CPU, to A2",
    "kB per connection",
    "acked edits lost by kill -9",
    "CPU server / load",
)


@dataclass
class Results:
    date: str
    machine: str
    rounds: int
    measured_s: float
    load_average: float
    """Of the last minute before it began: what the machine did beside."""
    runs: list[Run] = field(default_factory=list)
    alone: list[tuple[str, str]] = field(default_factory=list)
    """Of collab alone: what, and how much."""

    def save(self, folder: Path = RESULTS) -> None:
        folder.mkdir(exist_ok=True)
        body = {**vars(self), "runs": [run.to_json() for run in self.runs]}
        (folder / "benchmark.json").write_text(json.dumps(body) + "\n")
        (folder / "benchmark.md").write_text(markdown(self))

    @classmethod
    def load(cls, folder: Path = RESULTS) -> "Results":
        body: dict[str, Any] = json.loads((folder / "benchmark.json").read_text())
        body["runs"] = [Run.from_json(run) for run in body["runs"]]
        body["alone"] = [(what, how_much) for what, how_much in body["alone"]]
        return cls(**body)


def markdown(results: Results) -> str:
    """All tables."""
    told = (
        f"Measured {results.date} on {results.machine}, whose load average was {results.load_average:.1f} before; "
        f"medians of {results.rounds} x {results.measured_s:g} s, the servers in turn on core 0, the load on core 1.\n"
    )
    by_load = {
        load: [run for run in results.runs if run.load == load] for load in _names(run.load for run in results.runs)
    }
    parts = [told, *(f"**{load}**\n\n{load_table(runs)}" for load, runs in by_load.items())]
    if results.alone:
        parts.append(f"**collab alone**\n\n{_table(('what', 'measured'), results.alone)}")
    missing = [f"{run.server} ({run.load}): {run.missing}" for run in results.runs if run.missing]
    parts.append(f"Deliveries that never came: {', '.join(missing) or 'none'}.\n")
    return "\n".join(parts)


def load_table(runs: Sequence[Run]) -> str:
    """One load's servers, a row each."""
    by_server = {
        name: [run for run in runs if run.server == name] for name in dict.fromkeys(run.server for run in runs)
    }
    base = by_server.get(A2.name, [])
    return _table(_HEAD, [_row(name, mine, base) for name, mine in by_server.items()])


def _row(name: str, runs: Sequence[Run], base: Sequence[Run]) -> tuple[str, ...]:
    def mid(what: Callable[[Run], float]) -> float:
        return middle(what(run) for run in runs)

    return (
        name,
        f"{mid(lambda run: run.edits_per_s):,.0f}",
        f"{mid(lambda run: run.deliveries_per_s):,.0f}",
        " / ".join(_number(mid(lambda run, rank=rank: run.ack_ms[rank]), 1) for rank in range(3)),  # type: ignore[misc]
        " / ".join(_number(mid(lambda run, rank=rank: run.propagation_ms[rank]), 1) for rank in (0, 2)),  # type: ignore[misc]
        _number(mid(lambda run: run.cpu_s_per_1000), 3),
        _number(paired_ratio(runs, base, lambda run: run.cpu_s_per_1000), 2),
        _number(mid(lambda run: run.kb_per_connection), 0),
        _losses(runs),
        f"{mid(lambda run: run.server_share):.0%} / {mid(lambda run: run.generator_share):.0%}",
    )


def _names(names: Iterable[str]) -> list[str]:
    """Each once, in the order in which they come."""
    return list(dict.fromkeys(names))


def _losses(runs: Sequence[Run]) -> str:
    killed = [run for run in runs if run.acked]
    acked, lost = sum(run.acked or 0 for run in killed), sum(run.lost or 0 for run in killed)
    if not acked:
        return "-"
    return f"all {acked:,}" if lost == acked else f"{lost:,} of {acked:,}"


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))


def write_page(text: str, page: Path = PAGE) -> None:
    """Puts the text between the page's two markers."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"expected {page} to hold {BEGIN!r} and {END!r}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def plot(results: Results, folder: Path = RESULTS) -> Path:
    """Draws CPU per edit and the latency of an ack for each load; the file. Needs the dependency group `bench`."""
    import matplotlib  # of its own group: nothing but this function needs it

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "collab"
    from matplotlib import pyplot, ticker

    loads = _names(run.load for run in results.runs)
    # matplotlib sizes are in inches.
    figure, axes = pyplot.subplots(2, len(loads), figsize=(4.2 * len(loads), 7), squeeze=False, layout="constrained")
    for column, load in enumerate(loads):
        runs = [run for run in results.runs if run.load == load]
        names = _names(run.server for run in reversed(runs))
        short = [name.partition(":")[0] for name in names]
        colours = [_colour(name, [run for run in runs if run.server == name]) for name in names]
        cpu = [middle(run.cpu_s_per_1000 for run in runs if run.server == name) for name in names]
        acks = [[middle(run.ack_ms[rank] for run in runs if run.server == name) for rank in (0, 2)] for name in names]
        upper, lower = axes[0][column], axes[1][column]
        upper.barh(short, cpu, color=colours)
        upper.bar_label(upper.containers[0], fmt="%.3g", padding=3, fontsize=8)
        upper.set(title=load, xscale="log", xlabel="server CPU s per 1000 edits")
        lower.barh(short, [p99 for _, p99 in acks], color=colours, alpha=0.45, label="p99")
        lower.barh(short, [p50 for p50, _ in acks], color=colours, label="p50")
        lower.set(xscale="log", xlabel="ack ms: p50 dark, p99 light")
        for axis in (upper, lower):
            axis.spines[["top", "right"]].set_visible(False)
            axis.margins(x=0.15)
            axis.xaxis.set_minor_formatter(ticker.NullFormatter())
    figure.suptitle("grey: a kill -9 loses edits that were acknowledged", fontsize=10)
    folder.mkdir(exist_ok=True)
    file = folder / "benchmark.svg"
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
    return file


def _colour(name: str, runs: Sequence[Run]) -> str:
    if name == COLLAB.name:
        return "#d1495b"
    return "#c0c6cf" if any(run.lost for run in runs) else "#33658a"


if __name__ == "__main__":
    saved = Results.load()
    saved.save()
    print(plot(saved))
