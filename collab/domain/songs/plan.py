"""The edit that brings songs into a repertoire, and what it would change.

A song of a file and one of the repertoire are the same by title and artist. What becomes of it is a policy: an old file
that is brought in once more must not take back what the band has changed since, unless somebody wants that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from collab.domain.fields import TextField
from collab.domain.kinds import FieldTypes
from collab.domain.ot import positions
from collab.domain.ot.difference import field_op
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Insert, Item, Op, Set, Text, Value
from collab.domain.record import record
from collab.domain.songs.found import folded_title, identity
from collab.domain.songs.values import as_text

Policy: TypeAlias = Literal["theirs", "ours", "empty", "both"]
"""Of a song that the repertoire has: the file's values replace ours, ours stay, the file's fill what is empty here, or
there are two songs."""

State: TypeAlias = Literal["new", "changed", "same", "unsure"]
"""What a file's song is to the repertoire. `unsure` is new unless somebody says otherwise of it: a song of its title is
there, and one of the two names no artist."""


@record
class Incoming:
    """A song of a file, and what becomes of it where the repertoire has it; or an item of a setlist, which is new."""

    fields: Fields
    policy: Policy = "theirs"
    type: str = "song"
    is_chosen: bool = False
    """Whether somebody chose the policy for this very song: then it goes for a twin by title as well."""

    def to_json(self) -> dict[str, Value]:
        return {"fields": dict(self.fields), "policy": self.policy, "type": self.type, "chosen": self.is_chosen}

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Incoming":
        """What `to_json` made, or a node of an older version: that had the fields alone."""
        fields = data.get("fields")
        if not isinstance(fields, dict):
            return cls(data)
        return cls(fields, data["policy"], data["type"], data.get("chosen", False))


@record
class Compared:
    """A song of a file beside the repertoire: what its values would change there, as field, before and after; of one
    that is `unsure`, in the first of those that it may be."""

    state: State
    changes: Sequence[tuple[str, Value, Value]] = ()
    like: Sequence[str] = ()
    """The artists, empty where none is named, of those songs of its title that it may be."""


def plan(repertoire: Document, songs: Sequence[Incoming], ids: Sequence[str], types: FieldTypes) -> tuple[Op, ...]:
    """The ops for these songs, new ones at the end; none where the repertoire has all of it. `ids` are for those that
    are new. What the files don't say of a song stays as it is."""
    known = _Known(repertoire, [song.fields for song in songs])
    new: list[tuple[Incoming, str]] = []
    ops: list[Op] = []
    for song, item_id in zip(songs, ids, strict=True):
        item = known.item_of(song)
        if item is None:
            new.append((song, item_id))
        else:
            ops += _ops(item, song, types)
    last = max((item.position for item in repertoire.items.values()), default=None)
    keys = positions.spread_after(last, len(new))
    ops += (Insert(Item(item_id, song.type, key, song.fields)) for (song, item_id), key in zip(new, keys, strict=True))
    return tuple(ops)


def compared(repertoire: Document, songs: Sequence[Fields]) -> Iterator[Compared]:
    """Each of these songs beside the repertoire."""
    known = _Known(repertoire, songs)
    for song in songs:
        item = known.same(song)
        if item is not None:
            changes = tuple(_changes(item, song))
            yield Compared("changed" if changes else "same", changes)
        elif twins := known.twins(song):
            like = tuple(str(twin.fields.get("artist") or "") for twin in twins)
            yield Compared("unsure", tuple(_changes(twins[0], song)), like)
        else:
            yield Compared("new")


def tally(ops: Sequence[Op]) -> tuple[int, int]:
    """How many songs such an edit added and how many it changed."""
    added = sum(isinstance(op, Insert) for op in ops)
    return added, len({op.item for op in ops if isinstance(op, Set | Text)})


class _Known:
    """The songs of a repertoire, found by what a file says of one. Only those whose title some `wanted` song has are
    kept: an import plans a batch after the other, and each would put the whole repertoire in order."""

    def __init__(self, repertoire: Document, wanted: Iterable[Fields]) -> None:
        titles = {folded_title(fields) for fields in wanted}
        items = (item for item in repertoire.items.values() if folded_title(item.fields) in titles)
        songs = sorted((item for item in items if item.type == "song"), key=lambda item: (item.position, item.id))
        self._by_identity: dict[tuple[str, str], Item] = {}
        self._by_title: dict[str, list[Item]] = {}
        for item in songs:
            title, artist = identity(item.fields)
            self._by_identity.setdefault((title, artist), item)
            self._by_title.setdefault(title, []).append(item)

    def same(self, fields: Fields) -> Item | None:
        """The song of this title and artist."""
        return self._by_identity.get(identity(fields))

    def twins(self, fields: Fields) -> list[Item]:
        """The songs of this title where one of the two names no artist."""
        title, artist = identity(fields)
        return [item for item in self._by_title.get(title, ()) if not (artist and item.fields.get("artist"))]

    def item_of(self, song: Incoming) -> Item | None:
        """The song that the policy goes for; None where there is to be a new one."""
        if song.policy == "both":
            return None
        if (item := self.same(song.fields)) is not None or not song.is_chosen:
            return item
        return next(iter(self.twins(song.fields)), None)


def _changes(item: Item, song: Fields) -> Iterator[tuple[str, Value, Value]]:
    for name, value in song.items():
        before = item.fields.get(name)
        if before != value and not _reads_alike(before, value):
            yield name, before, value


def _reads_alike(before: Value, value: Value) -> bool:
    """Whether two texts differ in no more than the blank lines around them, which no file keeps."""
    return isinstance(before, str) and isinstance(value, str) and as_text(before) == as_text(value)


def _ops(item: Item, song: Incoming, types: FieldTypes) -> Iterator[Op]:
    if song.policy == "ours":
        return
    for name, before, value in _changes(item, song.fields):
        if song.policy == "theirs" or before in (None, "", []):
            yield field_op(item.id, name, before, value, is_text=isinstance(types.get(name), TextField))
