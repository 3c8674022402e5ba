"""The lists of the admin pages, as statements.

Each reads its rows from one table, by an index and in its order, and has names joined to these few: by outer joins, so
that no plan can begin with the names. Edits may be asked for by what their contents are, too (edits_of_contents.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import JSON, Column, ColumnElement, FromClause, Select, Table, Text, cast, func, literal, select, tuple_

from collab.domain.errors import Invalid
from collab.services.browsing import Listing, Wanted
from collab.storage.edits_of_contents import latest_edits
from collab.storage.tables import bands, checkpoints, contents, edits, jobs, memberships, presence_sessions, users

MAX_SEARCHED = 1_000
"""So many names that begin with what is looked for are looked through."""

SHOWN_LETTERS = 300
"""So much of JSON is shown on a page; a row of its own, and an export, have all of it."""

_FROM_ON = {"sqlite": (">=", "<"), "postgresql": ("~>=~", "~<~")}
"""Comparing texts by their code points, whatever language the database sorts by."""
_LAST_LETTER = "\U0010ffff"

_Named: TypeAlias = tuple[FromClause, Mapping[str, ColumnElement[Any]]]
"""The rows with what is joined to them, and the columns that come from there."""


@dataclass(frozen=True)
class Source:
    """A list and the table that it is read from. `search` are the column whose beginning is looked for, the id beside
    it, and the column of the table that holds such ids. Of edits, `by_content` are the filters that say what their
    contents are."""

    table: Table
    listing: Listing
    named: Callable[[FromClause], _Named]
    search: tuple[Column[Any], Column[Any], Column[Any]] | None = None
    by_content: Mapping[str, Column[Any]] = field(default_factory=dict)

    @property
    def order(self) -> list[Column[Any]]:
        """What a row has its place by."""
        return [self.table.c[self.listing.time], *(self.table.c[name] for name in self.listing.key)]

    def rows(
        self, dialect: str, wanted: Wanted, after: Sequence[Any] | None, limit: int, *, is_brief: bool
    ) -> Select[Any]:
        """The first rows that are meant after a place, each with its place behind its columns."""
        few = self._page(dialect, wanted, after, limit).subquery("few")
        place_of = [few.c[column.name] for column in self.order]
        shown = self._shown(few, is_brief=is_brief).add_columns(*place_of)
        return shown.order_by(*(column.desc() for column in place_of))

    def _page(self, dialect: str, wanted: Wanted, after: Sequence[Any] | None, limit: int) -> Select[Any]:
        conditions = self.conditions(dialect, wanted)
        if (which := self._contents(dialect, wanted)) is not None:
            return latest_edits(which, wanted.since, wanted.until, after, limit)
        if after is not None:
            place = (literal(value, column.type) for column, value in zip(self.order, after, strict=True))
            conditions.append(tuple_(*self.order) < tuple_(*place))
        return select(self.table).where(*conditions).order_by(*(column.desc() for column in self.order)).limit(limit)

    def row(self, key: Sequence[str]) -> Select[Any]:
        """One row, whole."""
        columns = [self.table.c[name] for name in self.listing.key]
        values = [column.type.python_type(value) for column, value in zip(columns, key, strict=True)]
        this = select(self.table).where(*(column == value for column, value in zip(columns, values, strict=True)))
        return self._shown(this.subquery("few"), is_brief=False)

    def conditions(self, dialect: str, wanted: Wanted) -> list[ColumnElement[bool]]:
        """Which rows are meant. `Invalid` where they can't be asked for so."""
        conditions: list[ColumnElement[bool]] = []
        filters = [*wanted.filters, *(["begins"] if self.by_content and wanted.begins is not None else [])]
        if len(filters) > 1:
            # By two there is no index, and what nothing fits would read all that fits the one.
            raise Invalid.at("filters", f"expected one filter at a time, got {' and '.join(sorted(filters))}")
        for name, value in wanted.filters.items():
            if name not in self.listing.filters:
                raise Invalid.at(name, f"expected a filter by {', '.join(self.listing.filters)}, got {name!r}")
            if name not in self.by_content:
                conditions.append(self.table.c[name] == value)
        if wanted.begins is not None and not self.by_content:
            found, here = self._found(dialect, wanted.begins)
            conditions.append(here.in_(select(found.subquery())))
        if (which := self._contents(dialect, wanted)) is not None:
            conditions.append(self.table.c.content_id.in_(select(which.subquery())))
        time = self.order[0]
        if wanted.since is not None:
            conditions.append(time >= wanted.since)
        if wanted.until is not None:
            conditions.append(time <= wanted.until)
        return conditions

    def _contents(self, dialect: str, wanted: Wanted) -> Select[str] | None:
        """The ids of the contents whose edits are meant, where edits are asked for by that."""
        if self.by_content and wanted.begins is not None:
            return self._found(dialect, wanted.begins)[0]
        of = [column == wanted.filters[name] for name, column in self.by_content.items() if name in wanted.filters]
        return select(contents.c.id).where(*of) if of else None

    def _found(self, dialect: str, beginning: str) -> tuple[Select[str], Column[Any]]:
        """The ids beside names that begin so, and the column that holds them here."""
        if self.search is None:
            raise Invalid.at("begins", "expected a list with names")
        searched, there, here = self.search
        return select(there).where(*_begins_with(dialect, searched, beginning)).limit(MAX_SEARCHED), here

    def _shown(self, few: FromClause, *, is_brief: bool) -> Select[Any]:
        joined, names = self.named(few)
        wanted = self.listing.brief if is_brief else self.listing.columns
        columns = (names[name] if name in names else _text(few.c[name], is_brief=is_brief) for name in wanted)
        return select(*(column.label(f"c{number}") for number, column in enumerate(columns))).select_from(joined)


def _begins_with(dialect: str, column: Column[Any], beginning: str) -> tuple[ColumnElement[bool], ...]:
    first, last = _FROM_ON[dialect]
    return column.bool_op(first)(beginning), column.bool_op(last)(beginning + _LAST_LETTER)


def _text(column: ColumnElement[Any], *, is_brief: bool) -> ColumnElement[Any]:
    """JSON goes as it is stored, unread."""
    if not isinstance(column.type, JSON):
        return column
    whole = cast(column, Text)
    return func.substr(whole, 1, SHOWN_LETTERS) if is_brief else whole


def _people(few: FromClause, **names: str) -> _Named:
    """The names of those whose ids the rows have; `names` says in which column each."""
    columns: dict[str, ColumnElement[Any]] = {}
    for name, column in names.items():
        person = users.alias()
        few, columns[name] = few.outerjoin(person, person.c.id == _column(few, column)), person.c.name
    return few, columns


def _column(source: FromClause, name: str) -> ColumnElement[Any]:
    return next(column for column in source.exported_columns if column.name == name)


def _with_band(few: FromClause, **people: str) -> _Named:
    band = bands.alias()
    joined, names = _people(few, **people)
    return joined.outerjoin(band, band.c.id == few.c.band_id), {**names, "band": band.c.name}


def _with_content(few: FromClause, **people: str) -> _Named:
    content, band = contents.alias(), bands.alias()
    joined, names = _people(few, **people)
    joined = joined.outerjoin(content, content.c.id == few.c.content_id)
    joined = joined.outerjoin(band, band.c.id == content.c.band_id)
    return joined, {**names, "band": band.c.name, "kind": content.c.kind, "content": content.c.title}


def _listed(brief: str, *more: str, time: str, key: str, filters: str, begins: str | None = None) -> Listing:
    shown = tuple(brief.split())
    return Listing((*shown, *more), shown, time, tuple(key.split()), tuple(filters.split()), begins)


SOURCES: Mapping[str, Source] = {
    "bands": Source(
        bands,
        _listed("id name created_at maker created_by", time="created_at", key="id", filters="id created_by",
                begins="name"),
        lambda few: _people(few, maker="created_by"),
        (bands.c.name, bands.c.id, bands.c.id),
    ),
    "members": Source(
        memberships,
        _listed("band band_id name user_id role created_at", time="created_at", key="band_id user_id",
                filters="band_id user_id", begins="name"),
        lambda few: _with_band(few, name="user_id"),
        (users.c.name, users.c.id, memberships.c.user_id),
    ),
    "contents": Source(
        contents,
        _listed("id band band_id kind title version updated_at updated_by_name created_at archived_at",
                "created_by", "updated_by", time="created_at", key="id", filters="id band_id", begins="title"),
        lambda few: _with_band(few, updated_by_name="updated_by"),
        (contents.c.title, contents.c.id, contents.c.id),
    ),
    "edits": Source(
        edits,
        _listed("created_at band kind content content_id version author author_id ops", "base_version", "edit_id",
                "session_id", "undoes", "dropped", "overwrote", time="created_at", key="content_id version",
                filters="band_id content_id author_id edit_id", begins="title"),
        lambda few: _with_content(few, author="author_id"),
        (contents.c.title, contents.c.id, edits.c.content_id),
        {"band_id": contents.c.band_id},
    ),
    "checkpoints": Source(
        checkpoints,
        _listed("created_at band content content_id version label maker created_by id", time="created_at",
                key="id", filters="content_id"),
        lambda few: _with_content(few, maker="created_by"),
    ),
    "stays": Source(
        presence_sessions,
        _listed("started_at ended_at end_reason user user_id room transport id", "last_seen_at", "session_id",
                "node_id", "user_agent", "remote_addr", time="started_at", key="id", filters="user_id room"),
        lambda few: _people(few, user="user_id"),
    ),
    "jobs": Source(
        jobs,
        _listed("created_at band band_id kind name status done total starter started_by finished_at id",
                "content_id", "result", time="created_at", key="id", filters="band_id"),
        lambda few: _with_band(few, starter="started_by"),
    ),
}  # fmt: skip
"""The lists by name."""
