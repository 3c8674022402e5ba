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

from collab.services.pace import Pace
from collab.storage.engine import plain_engine
from collab.storage.tables import edits

WORK_S = 0.003
"""How long the work of a turn is meant to take; the commit after it takes what it takes, however little was done."""

ALONE_WORK_S = 0.05
"""The same while nobody edits, for work that somebody waits for."""

MIN_ROWS, MAX_ROWS = 10, 1_000
"""How many rows are changed in one: as many as that time is enough for."""

Wait: TypeAlias = Callable[[float], object]
"""Waits for so many seconds."""

LATEST_EDIT = select(func.max(edits.c.created_at))
"""When anybody last edited."""


class Pauses:
    """Pauses between turns. `latest` says when the latest edit was made, by whatever clock."""

    def __init__(self, latest: Callable[[], datetime | None], wait: Wait, now_s: Callable[[], float]) -> None:
        self._latest = latest
        self._wait = wait
        self._now_s = now_s
        self._pace = Pace(latest(), now_s())

    def after(self, took_s: float) -> None:
        """Leaves the database to others after it was used for so long."""
        self._pace.look(self._latest(), self._now_s())
        self._wait(took_s * self._pace.factor)


@contextmanager
def pauses_of(url: str, wait: Wait = sleep) -> Iterator[Pauses]:
    """The pauses of work on a database; it looks for edits on a connection of its own, without a lock."""
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:

            def latest() -> datetime | None:
                with connection.begin():
                    at: datetime | None = connection.scalar(LATEST_EDIT)
                    return at

            yield Pauses(latest, wait, perf_counter)
    finally:
        engine.dispose()


class TurnSize:
    """How many rows a turn changes: as many as its work has time for."""

    def __init__(self) -> None:
        self.rows = MIN_ROWS

    def learn(self, worked_s: float, done: int, work_s: float = WORK_S) -> None:
        """So long did it take to change so many, and so long was it to take."""
        if worked_s > work_s:
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
