"""The edit that brings songs into a repertoire: new ones at its end, what differs of those that are there."""

from collections.abc import Iterator, Sequence

from collab.domain.fields import TextField
from collab.domain.kinds import FieldTypes
from collab.domain.ot import positions
from collab.domain.ot.difference import field_op
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Insert, Item, Op, Set, Text
from collab.domain.songs.found import identity


def plan(repertoire: Document, songs: Sequence[Fields], ids: Sequence[str], types: FieldTypes) -> tuple[Op, ...]:
    """The ops for these songs; none where the repertoire has all of it. `ids` are for those that are new.

    A song is known by title and artist; what the files don't say of it stays as it is.
    """
    ordered = repertoire.ordered()
    known = {identity(item.fields): item for item in reversed(ordered) if item.type == "song"}
    new = [(song, item_id) for song, item_id in zip(songs, ids, strict=True) if identity(song) not in known]
    last = ordered[-1].position if ordered else None
    ops: list[Op] = []
    for song in songs:
        if (item := known.get(identity(song))) is not None:
            ops += _differences(item, song, types)
    keys = positions.spread_after(last, len(new))
    ops += (Insert(Item(item_id, "song", key, song)) for (song, item_id), key in zip(new, keys, strict=True))
    return tuple(ops)


def tally(ops: Sequence[Op]) -> tuple[int, int]:
    """How many songs such an edit added and how many it changed."""
    added = sum(isinstance(op, Insert) for op in ops)
    return added, len({op.item for op in ops if isinstance(op, Set | Text)})


def _differences(item: Item, song: Fields, types: FieldTypes) -> Iterator[Op]:
    for name, value in song.items():
        if item.fields.get(name) != value:
            yield field_op(item.id, name, item.fields.get(name), value, is_text=isinstance(types.get(name), TextField))
