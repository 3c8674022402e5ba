"""Turns: work on a database that others use, in transactions so short, and pauses so long, that they hardly feel it.

SQLite has one write lock, and whoever edits waits while somebody has it. A turn is made as long as a commit of theirs
takes, and then nine times as long is left to them: of a hundred edits ten meet one, and each waits for one at most.
"""

from collections.abc import Callable
from time import perf_counter

from sqlalchemy import Connection, Engine

TURN_S = 0.005
"""How long a turn is meant to take."""

MIN_ROWS, MAX_ROWS = 10, 1_000
"""How many rows are changed in one: as many as that time is enough for."""

PAUSE_FACTOR = 9.0


class Turns:
    """`pause` waits for so many seconds."""

    def __init__(self, engine: Engine, pause: Callable[[float], None]) -> None:
        self._engine = engine
        self._pause = pause
        self._rows = MIN_ROWS

    def take(self, work: Callable[[Connection, int], int]) -> int:
        """Has some work done, in a transaction, and returns what it returns: how many rows it has changed, of at most
        so many as it is told."""
        began_s = perf_counter()
        with self._engine.begin() as connection:
            done = work(connection, self._rows)
        took_s = perf_counter() - began_s
        if took_s > TURN_S:
            self._rows = max(self._rows // 2, MIN_ROWS)
        elif done >= self._rows:
            self._rows = min(self._rows * 2, MAX_ROWS)
        self._pause(took_s * PAUSE_FACTOR)
        return done
