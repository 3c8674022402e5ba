"""Runs schedules: `python -m tests.simulation --seeds 0:1000`, or one again: `--seed 19`.

The same seed is the same schedule, to the last step: the order of sets is pinned, and the garbage collector only works
between schedules.
"""

import argparse
import gc
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence

PINNED = {"PYTHONHASHSEED": "0"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", default="0:100", help="the first one, and the one after the last")
    parser.add_argument("--every", type=int, default=1, help="of those seeds every so many")
    parser.add_argument("--seed", type=int, help="one schedule again")
    parser.add_argument("--found", action="store_true", help="the schedules that found something once (found.py)")
    parser.add_argument("--lean", action="store_true", help="schedules of the lean tier: far more in the same time")
    parser.add_argument("--trace", action="store_true", help="every step of it")
    parser.add_argument("--shrink", action="store_true", help="makes each schedule that fails as small as it can be")
    parser.add_argument("--jobs", type=int, default=1, help="so many processes share the seeds")
    parser.add_argument(
        "--faults",
        type=int,
        nargs="?",
        const=10_000,
        metavar="N",
        help="plants one fault after the other, of those that show within N seeds, and looks for each",
    )
    parser.add_argument("--interleavings", type=int, metavar="N", help="every N-th history of interleavings.py; 1: all")
    asked = parser.parse_args()
    if asked.interleavings:
        return rehearse_interleavings(asked.interleavings)
    if asked.faults:
        return look_for_lean_faults(asked.faults) if asked.lean else look_for_faults(asked.faults)
    if asked.found:
        from tests.simulation.found import FOUND, LEAN_FOUND

        if asked.lean:
            return rehearse_lean([*LEAN_FOUND], is_traced=asked.trace)
        return run([*FOUND], is_traced=False, is_shrunk=asked.shrink)
    if asked.jobs > 1:
        return share(asked.seeds, asked.jobs, *(["--lean"] if asked.lean else []))
    first, end = (asked.seed, asked.seed + 1) if asked.seed is not None else map(int, asked.seeds.split(":"))
    if asked.lean:
        return rehearse_lean(range(first, end, asked.every), is_traced=asked.trace)
    return run(range(first, end, asked.every), is_traced=asked.trace, is_shrunk=asked.shrink)


def share(seeds: str, jobs: int, *options: str) -> int:
    """Has several processes run every so many of the seeds each; returns how many of them found a failure."""
    first, _, end = seeds.partition(":")
    command = [sys.executable, "-m", "tests.simulation", *options, "--every", str(jobs), "--seeds"]
    running = [subprocess.Popen([*command, f"{int(first) + job}:{end}"]) for job in range(jobs)]
    return sum(process.wait() != 0 for process in running)


def _tell(name: str, seed: int | None, failures: Sequence[str]) -> bool:
    """Tells where a planted fault showed; returns whether it did not."""
    print(f"{name}: " + ("NOT FOUND" if seed is None else f"seed {seed}: {failures[0][:150]}"), flush=True)
    return seed is None


def run(seeds: Sequence[int], *, is_traced: bool, is_shrunk: bool) -> int:
    """Runs schedules, and tells of each that failed; returns how many did."""
    from tests.simulation.plan import drawn_plan
    from tests.simulation.shrink import shrunk
    from tests.simulation.world import Stage

    stage, failed, steps, began_s = Stage(), 0, 0, time.process_time()
    for seed in seeds:
        plan = drawn_plan(seed)
        outcome = stage.run(plan, print if is_traced else None)
        steps += outcome.steps
        if outcome.failures:
            failed += 1
            if is_shrunk:
                plan = shrunk(stage, plan)
                outcome = stage.run(plan)
            print(f"seed {seed} fails:", *outcome.failures, "where this happens:", *plan.in_words(), sep="\n  ")
    took_s = time.process_time() - began_s
    rate = f"{len(seeds) / took_s:.1f} a second, {steps / len(seeds):.0f} steps each"
    print(f"{len(seeds)} schedules, {failed} failed; {rate}")
    return failed


def rehearse_lean(seeds: Sequence[int], *, is_traced: bool) -> int:
    """Plays schedules of the lean tier; returns how many problems there were."""
    from tests.simulation.lean.rehearsal import rehearse

    began_s = time.process_time()
    problems, steps = rehearse(seeds, print if is_traced else None)
    print(*problems[:20], sep="\n")
    rate = f"{len(seeds) / (time.process_time() - began_s):.0f} a second of Python, {steps / len(seeds):.0f} steps each"
    print(f"{len(seeds)} lean schedules, {len(problems)} problems; {rate}")
    return len(problems)


def rehearse_interleavings(every: int) -> int:
    """Plays every so many of all interleavings; returns how many problems there were."""
    from tests.simulation.interleavings import rehearse

    began_s = time.process_time()
    played, problems = rehearse(every)
    print(*problems[:20], sep="\n")
    print(f"{played} histories, {len(problems)} problems; {time.process_time() - began_s:.0f} s of Python")
    return len(problems)


def look_for_faults(within: int) -> int:
    """Plants each fault, and tells the first seed that shows it; returns how many were not found."""
    from tests.simulation.faults import FAULTS
    from tests.simulation.plan import drawn_plan
    from tests.simulation.world import Stage

    stage, missed, planted = Stage(), 0, [fault for fault in FAULTS if fault.seeds <= within]
    for fault in planted:
        with fault.planted():
            outcomes = ((seed, stage.run(drawn_plan(seed)).failures) for seed in range(fault.seeds))
            seed, failures = next(((seed, failures) for seed, failures in outcomes if failures), (None, [""]))
        missed += _tell(fault.name, seed, failures)
    print(f"{len(planted)} faults, {missed} not found")
    return missed


def look_for_lean_faults(within: int) -> int:
    """As `look_for_faults`, in the lean tier."""
    from tests.simulation.faults import FAULTS
    from tests.simulation.lean.rehearsal import LeanStage, drawn_plan

    stage, missed, planted = LeanStage(), 0, [fault for fault in FAULTS if 0 < fault.lean_seeds <= within]
    for fault in planted:
        with stage.set_up(), fault.planted():
            tried = ((seed, stage.run(drawn_plan(seed))) for seed in range(fault.lean_seeds))
            seed, failures = next(((seed, failures) for seed, failures in tried if failures), (None, [""]))
        missed += _tell(fault.name, seed, failures)
    print(f"{len(planted)} faults, {missed} not found")
    return missed


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in PINNED.items()):
        os.environ.update(PINNED)
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606
    # What a killed process leaves half done is collected at some time.
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    gc.disable()
    sys.exit(min(main(), 1))
