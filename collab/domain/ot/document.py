"""Document: a content at one version, immutable. A Draft applies ops to it and gives the inverse of each."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import Any, cast

from collab.domain.ot import positions, text
from collab.domain.ot.ops import Fields, Insert, Item, Move, Op, Remove, Set, Text, Value
from collab.domain.record import record

MAX_REMOVED = 1_000
"""How many removed items a document remembers: a content that lives for years does not carry all it ever held."""


@record
class Document:
    """A content at one version.

    `items` is keyed by item id, in no order: `ordered` sorts. `removed` maps the ids of the items that went last, the
    latest last, to the versions that removed them: so long none of them is used again.
    """

    id: str
    kind: str
    band_id: str
    version: int
    fields: Fields = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.fields.get("title") or "")

    def value(self, item_id: str | None, name: str) -> Value:
        """What a field holds; `None` where it is not set, or there is no such item."""
        if item_id is None:
            return self.fields.get(name)
        item = self.items.get(item_id)
        return None if item is None else item.fields.get(name)

    def ordered(self) -> list[Item]:
        """The items in the order in which people see them."""
        return sorted(self.items.values(), key=lambda item: (item.position, item.id))

    def to_json(self) -> dict[str, Value]:
        """The document as clients see it (PROTOCOL.md, The document and its ops)."""
        return {
            "id": self.id,
            "kind": self.kind,
            "band_id": self.band_id,
            "version": self.version,
            "fields": dict(self.fields),
            "items": [item.to_json() for item in self.ordered()],
        }

    def to_outline(self, fields: Collection[str]) -> dict[str, Value]:
        """The items alone, in order, each with those of its fields that are named."""
        return {
            "id": self.id,
            "kind": self.kind,
            "version": self.version,
            "items": [
                {
                    "id": item.id,
                    "type": item.type,
                    "fields": {name: value for name, value in item.fields.items() if name in fields},
                }
                for item in self.ordered()
            ],
        }

    def to_snapshot(self) -> dict[str, Value]:
        """All that is needed to go on from here: the visible document and the removed ids."""
        return {**self.to_json(), "removed": dict(self.removed)}

    @classmethod
    def from_snapshot(cls, data: Mapping[str, Value]) -> "Document":
        return cls(
            id=data["id"],
            kind=data["kind"],
            band_id=data["band_id"],
            version=data["version"],
            fields=data["fields"],
            items={item["id"]: Item.from_json(item) for item in data["items"]},
            removed=_latest(data.get("removed", {})),
        )


class Draft:
    """A working copy of a document, on which the ops of one edit are carried out in turn.

    `apply` trusts its caller: that an item exists and that a value fits is checked where the edit is rebased.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.version = document.version + 1
        self.fields = dict(document.fields)
        self.items = dict(document.items)
        self.removed: Mapping[str, int] = document.removed
        self._positions: list[str] | None = None

    def finish(self) -> Document:
        """The document of the next version."""
        whole = self._document
        removed = _latest(self.removed)
        return Document(whole.id, whole.kind, whole.band_id, self.version, self.fields, self.items, removed)

    def value(self, item_id: str | None, name: str) -> Value:
        """What a field holds now; `None` where it is not set."""
        return (self.fields if item_id is None else self.items[item_id].fields).get(name)

    def free_position(self, wanted: str, item_id: str) -> str:
        """`wanted`, or the next free key after it where another item is already there."""
        if self._positions is None:
            self._positions = sorted(item.position for item in self.items.values())
        item = self.items.get(item_id)
        own = None if item is None else item.position
        self._take_place(own, None)
        start, end = bisect_left(self._positions, wanted), bisect_right(self._positions, wanted)
        free = positions.next_free(wanted, self._positions[end : end + 1]) if start < end else wanted
        self._take_place(None, own)
        return free

    def apply(self, op: Op) -> Op:
        """Carries out one op and returns its inverse: applied next, it restores what was."""
        match op:
            case Set(item_id, name, value):
                before = self.value(item_id, name)
                self._put(item_id, name, value)
                return Set(item_id, name, before)
            case Text(item_id, name, delta):
                before = self.value(item_id, name) or ""
                self._put(item_id, name, text.apply(before, delta) or None)
                return Text(item_id, name, text.invert(delta, before))
            case Insert(item):
                self.items[item.id] = item
                self._take_place(None, item.position)
                if item.id in self.removed:
                    del self._own_removed()[item.id]
                return Remove(item.id)
            case Move(item_id, position):
                item = self.items[item_id]
                self.items[item_id] = replace(item, position=position)
                self._take_place(item.position, position)
                return Move(item_id, item.position)
            case Remove(item_id):
                self._own_removed()[item_id] = self.version
                item = self.items.pop(item_id)
                self._take_place(item.position, None)
                return Insert(item)

    def _take_place(self, before: str | None, after: str | None) -> None:
        """Keeps the positions in order, from the first time that one was asked for: an edit may have many ops."""
        if self._positions is None:
            return
        if before is not None:
            del self._positions[bisect_left(self._positions, before)]
        if after is not None:
            insort(self._positions, after)

    def _own_removed(self) -> dict[str, int]:
        """What is removed, for this draft to change: copied the first time, however many ops change it."""
        if self.removed is self._document.removed:
            self.removed = dict(self._document.removed)
        return cast("dict[str, int]", self.removed)

    def _put(self, item_id: str | None, name: str, value: Value) -> None:
        if item_id is None:
            _assign(self.fields, name, value)
            return
        item = self.items[item_id]
        fields = dict(item.fields)
        _assign(fields, name, value)
        self.items[item_id] = Item(item.id, item.type, item.position, fields)


def _latest(removed: Mapping[str, int]) -> Mapping[str, int]:
    if len(removed) <= MAX_REMOVED:
        return removed
    return dict(islice(removed.items(), len(removed) - MAX_REMOVED, None))


def _assign(fields: dict[str, Any], name: str, value: Value) -> None:
    if value is None:
        fields.pop(name, None)
    else:
        fields[name] = value


def apply_stored(document: Document, ops: Sequence[Op]) -> Document:
    """The document after an edit that is already accepted: replaying history needs no rebase."""
    draft = Draft(document)
    for op in ops:
        draft.apply(op)
    return draft.finish()
