"""Turns: work on a database that others use, in transactions so short, with pauses so long, that they hardly feel it.

SQLite has one write lock, and whoever edits waits while somebody has it. So a turn does as much as takes about as long
as a commit does, whatever it does. While anybody edits, nine times as long is left to them: of a hundred edits ten meet
a turn, and each waits for one at most. While nobody does, as long as it took: whoever comes gets in between two turns,
and is seen by their first edit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter, sleep
from typing import TypeAlias

from sqlalchemy import Connection, Engine, func, select

from collab.storage.engine import plain_engine
from collab.storage.tables import edits

WORK_S = 0.003
"""How long the work of a turn is meant to take; the commit after it takes what it takes, however little was done."""

MIN_ROWS, MAX_ROWS = 10, 1_000
"""How many rows are changed in one: as many as that time is enough for."""

BESIDE_MEMBERS, ALONE = 9.0, 1.0
"""So many times what a turn took is paused after it."""

QUIET_AFTER_S = 10.0
"""Nobody edits where nobody has for so long."""

Wait: TypeAlias = Callable[[float], object]
"""Waits for so many seconds."""

_LATEST = select(func.max(edits.c.created_at))


class Pauses:
    """Pauses between turns. `latest` says when the latest edit was made, by whatever clock."""

    def __init__(self, latest: Callable[[], datetime | None], wait: Wait, now_s: Callable[[], float]) -> None:
        self._latest = latest
        self._wait = wait
        self._now_s = now_s
        self._seen = latest()
        # Until then, somebody may.
        self._edited_s = now_s()

    def after(self, took_s: float) -> None:
        """Leaves the database to others after it was used for so long."""
        latest, now_s = self._latest(), self._now_s()
        if latest is not None and (self._seen is None or latest > self._seen):
            self._edited_s = now_s
        self._seen = latest
        is_alone = now_s - self._edited_s > QUIET_AFTER_S
        self._wait(took_s * (ALONE if is_alone else BESIDE_MEMBERS))


@contextmanager
def pauses_of(url: str, wait: Wait = sleep) -> Iterator[Pauses]:
    """The pauses of work on a database; it looks for edits on a connection of its own, without a lock."""
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:

            def latest() -> datetime | None:
                with connection.begin():
                    at: datetime | None = connection.scalar(_LATEST)
                    return at

            yield Pauses(latest, wait, perf_counter)
    finally:
        engine.dispose()


class TurnSize:
    """How many rows a turn changes: as many as its work has time for."""

    def __init__(self) -> None:
        self.rows = MIN_ROWS

    def learn(self, worked_s: float, done: int) -> None:
        """So long did it take to change so many."""
        if worked_s > WORK_S:
            self.rows = max(self.rows // 2, MIN_ROWS)
        elif done >= self.rows:
            self.rows = min(self.rows * 2, MAX_ROWS)


class Turns:
    """Work in turns, each in a transaction of its own."""

    def __init__(self, engine: Engine, pauses: Pauses) -> None:
        self._engine = engine
        self._pauses = pauses
        self._size = TurnSize()
        self._took_s = 0.0

    def take(self, work: Callable[[Connection, int], int]) -> int:
        """Has some work done, in a transaction, and returns what it returns: how many rows it has changed, of at most
        so many as it is told. The pause comes before the next turn: whoever ends it there knows what was done."""
        if self._took_s:
            self._pauses.after(self._took_s)
        began_s = perf_counter()
        with self._engine.begin() as connection:
            locked_s = perf_counter()
            done = work(connection, self._size.rows)
            worked_s = perf_counter() - locked_s
        self._size.learn(worked_s, done)
        self._took_s = perf_counter() - began_s
        return done
