"""How the time that something takes grows with what it is given."""

import time
from collections.abc import Callable

MOST = 9
"""So many times the time may four times the letters take: 4 in proportion, 16 where it grows with the square."""

LEAST_S = 0.01
"""Less is not measured well."""

TRIES = 4


def grows(work: Callable[[int], object], size: int) -> str | None:
    """How the cost of `work` of a size grows, where that is out of proportion each time that it is measured."""
    found = None
    for _ in range(TRIES):
        once, four_times = _cost_s(work, size), _cost_s(work, 4 * size)
        if four_times <= MOST * max(once, LEAST_S):
            return None
        found = f"{once:.3f} s, then {four_times:.3f} s"
    return found


def _cost_s(work: Callable[[int], object], size: int) -> float:
    """Processor time, which other processes don't use up."""
    began = time.process_time()
    work(size)
    return time.process_time() - began
