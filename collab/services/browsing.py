"""Browsing: what the admin pages need of a database. Storage implements it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that operators look at, the newest first.

    `time` is the column by which it is ordered, `brief` the columns that a page of it shows, and `key` those of them
    that name a row. Rows may be asked for by what a column of `filters` is, and by what `begins` begins with.
    """

    columns: tuple[str, ...]
    brief: tuple[str, ...]
    time: str
    key: tuple[str, ...]
    filters: tuple[str, ...]
    begins: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a list are meant. Times are both included; `after` is the `next_after` of the page before."""

    filters: Mapping[str, str] = field(default_factory=dict)
    begins: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A piece of a list: values in the order of its columns; on a page long JSON is cut. `next_after` is None at the
    end."""

    rows: Sequence[Sequence[Any]]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows are meant: `exact`, `about` so many, or `more` than so many."""

    number: int
    kind: Literal["exact", "about", "more"]


class Browser(Protocol):
    """Reads lists, past all that members wait for. `Invalid` where a list has no such filter or cursor."""

    @property
    def listings(self) -> Mapping[str, Listing]: ...

    async def page(self, name: str, wanted: Wanted) -> Rows:
        """The first rows that are meant, in brief."""
        ...

    async def count(self, name: str, wanted: Wanted) -> Count: ...

    async def row(self, name: str, key: Sequence[str]) -> Mapping[str, Any] | None:
        """All of one row, by the values of its key."""
        ...

    def pieces(self, name: str, wanted: Wanted) -> AsyncIterator[Rows]:
        """All rows that are meant, whole, a bounded piece at a time. As long as one took, nothing is read after it."""
        ...
