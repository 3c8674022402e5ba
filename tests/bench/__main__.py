"""The benchmark: collab, bare relays, and its peers from npm, under the same loads, in turn.

    uv run --group bench python -m tests.bench            all, with a table and a plot in tests/bench/results
    uv run python -m tests.bench --quick                  under a minute, without what comes from npm

Each server runs on one core and the load on the other. Ratios of one round are what counts: absolute figures are
those of one machine at one moment.
"""

import argparse
import importlib.util
import os
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from tests.bench import alone
from tests.bench.figures import Run
from tests.bench.measuring import LOADS, Load, Pace, measure
from tests.bench.report import RESULTS, Results, load_table, markdown, plot, write_page
from tests.bench.targets import FROM_NPM, GENERATOR_CORE, OURS, Target, install_peers

QUICK = Pace(warm_up_s=0.5, measured_s=1.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short run each; writes no file")
    parser.add_argument("--only", choices=[*(load.name for load in LOADS), "alone"], help="one load; writes no file")
    parser.add_argument("--servers", help="their letters, with commas: collab,A2,D-sqlite")
    parser.add_argument("--rounds", type=int, default=3, help="each server once in each; medians are told")
    parser.add_argument("--seconds", type=float, default=5.0, help="measured in each run")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder for table, figures and plot")
    parser.add_argument("--page", action="store_true", help="puts the table into collab/docs/benchmark.md, too")
    options = parser.parse_args()

    os.sched_setaffinity(0, {GENERATOR_CORE})
    pace = QUICK if options.quick else Pace(measured_s=options.seconds)
    rounds = 1 if options.quick else options.rounds
    results = Results(f"{datetime.now(UTC):%Y-%m-%d}", _machine(), rounds, pace.measured_s, os.getloadavg()[0])
    is_whole = not options.quick and options.only is None

    targets = [] if options.only == "alone" else _chosen(options.servers, is_quick=options.quick)
    for load in _loads(options.only, is_quick=options.quick):
        # Quick, one load shows what a kill loses; the restarts take their time.
        load_pace = replace(pace, may_kill=not options.quick or load == LOADS[0])
        runs = [_run(target, load, load_pace, number) for number in range(rounds) for target in targets]
        done = [run for run in runs if run is not None]
        print(f"\n## {load.name}\n\n{load_table(done)}", flush=True)
        results.runs += done
        if is_whole:
            results.save(options.results)
    if is_whole or options.only == "alone":
        results.alone = uvloop.run(alone.rows(pace))
        print("\n" + "".join(f"{what}: {how_much}\n" for what, how_much in results.alone))
    if is_whole:
        _write(results, options.results, is_for_page=options.page)


def _loads(only: str | None, *, is_quick: bool) -> list[Load]:
    if only is not None:
        return [load for load in LOADS if load.name == only]
    return [load for load in LOADS if not is_quick or load.name != "50 x 4"]


def _write(results: Results, folder: Path, *, is_for_page: bool) -> None:
    results.save(folder)
    if importlib.util.find_spec("matplotlib"):
        print(plot(results, folder))
    else:
        print("no plot: it needs matplotlib (uv run --group bench)")
    if is_for_page:
        write_page(markdown(results))


def _chosen(letters: str | None, *, is_quick: bool) -> list[Target]:
    known = [*OURS] if is_quick else [*OURS, *FROM_NPM]
    wanted = None if letters is None else letters.split(",")
    chosen = [target for target in known if wanted is None or target.name.partition(":")[0] in wanted]
    if any(target in FROM_NPM for target in chosen):
        install_peers()
    return chosen


def _run(target: Target, load: Load, pace: Pace, number: int) -> Run | None:
    """One run; None, and the reason printed, where the server failed under it."""
    try:
        return uvloop.run(measure(target, load, pace, number))
    except (RuntimeError, OSError, TimeoutError) as error:
        print(f"{target.name}, {load.name}: {error!r}", flush=True)
        return None


def _machine() -> str:
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return f"{len(cpus)} cores of {cpus[0] if cpus else platform.machine()}, Linux, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
