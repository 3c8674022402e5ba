"""The edit that brings songs into a repertoire, and what it would change.

A song of a file and one of the repertoire are the same by title and artist. What becomes of it is a policy: an old file
that is brought in once more must not take back what the band has changed since, unless somebody wants that.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from collab.domain.fields import TextField
from collab.domain.kinds import FieldTypes
from collab.domain.ot import positions
from collab.domain.ot.difference import field_op
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Insert, Item, Op, Set, Text, Value
from collab.domain.record import record
from collab.domain.songs.found import identity

Policy: TypeAlias = Literal["theirs", "ours", "empty", "both"]
"""Of a song that the repertoire has: the file's values replace ours, ours stay, the file's fill what is empty here, or
there are two songs."""

State: TypeAlias = Literal["new", "changed", "same", "unsure"]
"""What a file's song is to the repertoire. `unsure` is new, but a song of its title is there, and one of the two names
no artist."""


@record
class Incoming:
    """A song of a file, and what becomes of it where the repertoire has it; or an item of a setlist, which is new."""

    fields: Fields
    policy: Policy = "theirs"
    type: str = "song"

    def to_json(self) -> dict[str, Value]:
        return {"fields": dict(self.fields), "policy": self.policy, "type": self.type}

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Incoming":
        """What `to_json` made, or a node of an older version: that had the fields alone."""
        fields = data.get("fields")
        return cls(fields, data["policy"], data["type"]) if isinstance(fields, dict) else cls(data)


@record
class Compared:
    """A song of a file beside the repertoire: what its values would change there, as field, before and after."""

    state: State
    changes: Sequence[tuple[str, Value, Value]] = ()
    like: Sequence[str] = ()
    """The artists, empty where none is named, of those songs of its title that it may be."""


def plan(repertoire: Document, songs: Sequence[Incoming], ids: Sequence[str], types: FieldTypes) -> tuple[Op, ...]:
    """The ops for these songs, new ones at the end; none where the repertoire has all of it. `ids` are for those that
    are new. What the files don't say of a song stays as it is."""
    ordered = repertoire.ordered()
    known = _by_identity(repertoire)
    new = [
        (song, item_id)
        for song, item_id in zip(songs, ids, strict=True)
        if song.policy == "both" or identity(song.fields) not in known
    ]
    last = ordered[-1].position if ordered else None
    ops: list[Op] = []
    for song in songs:
        if song.policy != "both" and (item := known.get(identity(song.fields))) is not None:
            ops += _ops(item, song, types)
    keys = positions.spread_after(last, len(new))
    ops += (Insert(Item(item_id, song.type, key, song.fields)) for (song, item_id), key in zip(new, keys, strict=True))
    return tuple(ops)


def compared(repertoire: Document, songs: Sequence[Fields]) -> Iterator[Compared]:
    """Each of these songs beside the repertoire."""
    known = _by_identity(repertoire)
    of_title: dict[str, list[str]] = {}
    for title, artist in known:
        of_title.setdefault(title, []).append(artist)
    for song in songs:
        title, artist = identity(song)
        item = known.get((title, artist))
        if item is not None:
            changes = tuple(_changes(item, song))
            yield Compared("changed" if changes else "same", changes)
        else:
            like = tuple(other for other in of_title.get(title, ()) if not (artist and other))
            yield Compared("unsure" if like else "new", like=like)


def tally(ops: Sequence[Op]) -> tuple[int, int]:
    """How many songs such an edit added and how many it changed."""
    added = sum(isinstance(op, Insert) for op in ops)
    return added, len({op.item for op in ops if isinstance(op, Set | Text)})


def _by_identity(repertoire: Document) -> dict[tuple[str, str], Item]:
    return {identity(item.fields): item for item in reversed(repertoire.ordered()) if item.type == "song"}


def _changes(item: Item, song: Fields) -> Iterator[tuple[str, Value, Value]]:
    for name, value in song.items():
        if (before := item.fields.get(name)) != value:
            yield name, before, value


def _ops(item: Item, song: Incoming, types: FieldTypes) -> Iterator[Op]:
    if song.policy == "ours":
        return
    for name, before, value in _changes(item, song.fields):
        if song.policy == "theirs" or before in (None, "", []):
            yield field_op(item.id, name, before, value, is_text=isinstance(types.get(name), TextField))
