"""Kinds: what a content may hold, declared field by field. A host application registers its own (`register_kind`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from collab.domain.errors import Invalid
from collab.domain.fields import (
    CLOCK,
    DURATION,
    KEY,
    TEMPO,
    TIME_SIGNATURE,
    Date,
    FieldType,
    Line,
    Number,
    Pattern,
    Tags,
    TextField,
)
from collab.domain.record import record

FieldTypes = Mapping[str, FieldType]


@record
class Kind:
    """One kind of content: its own fields, and the fields of each type of item that it may hold.

    Every kind has a `title`, which lists of contents show. A content of it holds at most `max_items` items.
    """

    name: str
    fields: FieldTypes
    item_types: Mapping[str, FieldTypes] = field(default_factory=dict)
    max_items: int = 20_000

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", self.name):
            raise ValueError(f"a kind's name is lower case letters, digits and underscores; got {self.name!r}")
        if not isinstance(self.fields.get("title"), Line):
            raise ValueError(f"kind {self.name!r} needs a field 'title' of type Line: lists of contents show it")


class Kinds:
    """The kinds that an engine knows."""

    def __init__(self, *kinds: Kind) -> None:
        self._by_name: dict[str, Kind] = {}
        for kind in kinds:
            self.register(kind)

    def register(self, kind: Kind) -> None:
        """Adds a kind. A name is given once: stored contents rely on it."""
        if self._by_name.get(kind.name, kind) != kind:
            raise ValueError(f"kind {kind.name!r} is already registered with other fields")
        self._by_name[kind.name] = kind

    def get(self, name: str) -> Kind:
        """The kind of that name; `Invalid` where there is none."""
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(sorted(self._by_name))
            raise Invalid.at("kind", f"expected one of {known}, got {name!r}") from None

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._by_name.values())


_LINK = Pattern(r"https?://\S{1,1000}\S{0,990}", "a web address that begins with http:// or https://")

SONG: FieldTypes = {
    "title": Line(),
    "artist": Line(),
    "key": KEY,
    "tempo": TEMPO,
    "duration": DURATION,
    "time_signature": TIME_SIGNATURE,
    "capo": Number(0, 12, "frets", is_whole=True),
    "tuning": Line(60),
    "lead": Line(80),
    "link": _LINK,
    "notes": TextField(),
}
"""A song in a setlist: what the band needs on the night."""

SETLIST = Kind(
    "setlist",
    fields={
        "title": Line(),
        "date": Date(),
        "venue": Line(),
        "start_time": CLOCK,
        "target_duration": DURATION,
        "notes": TextField(),
    },
    item_types={
        "song": {**SONG, "song_id": Line(64)},
        "break": {"title": Line(), "duration": DURATION, "notes": TextField()},
    },
)

REPERTOIRE = Kind(
    "repertoire",
    fields={"title": Line(), "notes": TextField()},
    item_types={
        "song": {
            **SONG,
            "subtitle": Line(),
            "composer": Line(),
            "style": Line(60),
            "year": Number(1000, 2999, "years", is_whole=True),
            "tags": Tags(),
            "chart": TextField(100_000),
        }
    },
)

KINDS = Kinds(SETLIST, REPERTOIRE)
"""The kinds that every engine knows, unless its host passes others."""


def register_kind(kind: Kind) -> None:
    """Adds a host application's own kind; call it before `create_app`."""
    KINDS.register(kind)
