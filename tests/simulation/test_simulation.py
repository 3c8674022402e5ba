"""Some schedules of the simulation; `python -m tests.simulation --seeds A:B` runs any number.

They run in a process of their own, in which the order of sets is pinned.
"""

import subprocess
import sys

import pytest

from tests.simulation.__main__ import PINNED


def output_of(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments], capture_output=True, text=True, env=PINNED, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(900)
def test_whatever_happens_all_that_must_hold_does() -> None:
    assert "20 schedules, 0 failed" in output_of("--seeds", "0:20")


def test_what_did_not_hold_once_does() -> None:
    assert ", 0 failed" in output_of("--found")
    assert ", 0 problems" in output_of("--found", "--lean")


def test_many_lean_schedules_hold_in_both_languages() -> None:
    assert "100 lean schedules, 0 problems" in output_of("--lean", "--seeds", "0:100")


def test_the_lean_tier_finds_planted_faults_too() -> None:
    assert "10 faults, 0 not found" in output_of("--lean", "--faults")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_planted_faults_are_found() -> None:
    """Those that show soonest; `--faults` alone looks for all of them."""
    assert ", 0 not found" in output_of("--faults", "12")


def test_a_seed_is_the_same_schedule_to_the_last_step() -> None:
    first = output_of("--seed", "3", "--trace").splitlines()[:-1]
    assert first == output_of("--seed", "3", "--trace").splitlines()[:-1]
    assert len(first) > 1_000
