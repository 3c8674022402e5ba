"""Diff: a difference as people are told it, each change with the edit that made it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from collab.domain.ot.difference import changed_fields
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Fields, Insert, Item, Move, Remove, Set, Text, Value
from collab.domain.record import record


@record
class FieldSet:
    """A field has another value. `item` is the item as it was, None for a field of the content itself."""

    item: Item | None
    field: str
    before: Value
    after: Value

    def to_json(self) -> dict[str, Value]:
        about = _about(self.item)
        return {"change": "set", **about, "field": self.field, "before": self.before, "after": self.after}


@record
class Added:
    """An item is new, at `place`: 1 is the top of the list."""

    item: Item
    place: int

    def to_json(self) -> dict[str, Value]:
        return {"change": "added", **_about(self.item), "to": self.place, "fields": dict(self.item.fields)}


@record
class Removed:
    """An item is gone from `place`."""

    item: Item
    place: int

    def to_json(self) -> dict[str, Value]:
        return {"change": "removed", **_about(self.item), "from": self.place, "fields": dict(self.item.fields)}


@record
class Moved:
    """An item stands elsewhere among the others; `item` is the item as it was."""

    item: Item
    before: int
    after: int

    def to_json(self) -> dict[str, Value]:
        return {"change": "moved", **_about(self.item), "from": self.before, "to": self.after}


Change: TypeAlias = FieldSet | Added | Removed | Moved


@record
class Made:
    """A change, and the latest edit that had a part in it; None where that is not known any more."""

    change: Change
    edit: Edit | None

    def to_json(self) -> dict[str, Value]:
        author = None if self.edit is None else self.edit.author.to_json()
        version = None if self.edit is None else self.edit.version
        return {**self.change.to_json(), "author": author, "version": version}


def diff(before: Document, after: Document) -> list[Change]:
    """The changes that lead from one version to another: of the content's fields, then what is removed, then item
    by item in the order in which they now stand. An item that only others were moved past has not changed."""
    changes: list[Change] = list(_field_changes(None, before.fields, after.fields))
    old, new = before.ordered(), after.ordered()
    old_place = {item.id: place for place, item in enumerate(old, 1)}
    changes += (Removed(item, old_place[item.id]) for item in old if item.id not in after.items)
    old_rank, new_rank = _ranks(old, after), _ranks(new, before)
    for place, item in enumerate(new, 1):
        was = before.items.get(item.id)
        if was is None:
            changes.append(Added(item, place))
        elif was is not item:
            if was.position != item.position and old_rank[item.id] != new_rank[item.id]:
                changes.append(Moved(was, old_place[item.id], place))
            changes += _field_changes(was, was.fields, item.fields)
    return changes


def attribute(changes: Iterable[Change], edits: Sequence[Edit]) -> list[Made]:
    """Each change with the last of the edits that touched the same thing. `edits` are in order."""
    last: dict[tuple[str | None, ...], Edit] = {}
    for edit in edits:
        for op in edit.ops:
            match op:
                case Set(item_id, name, _) | Text(item_id, name, _):
                    last["set", item_id, name] = edit
                case Move(item_id, _):
                    last["move", item_id] = edit
                case Insert(item):
                    last["insert", item.id] = edit
                case Remove(item_id):
                    last["remove", item_id] = edit
    return [Made(change, _maker(change, last)) for change in changes]


def _maker(change: Change, last: dict[tuple[str | None, ...], Edit]) -> Edit | None:
    match change:
        case FieldSet(item, name, _, _):
            item_id = None if item is None else item.id
            # An item that was removed and brought back may have come back with other values.
            return last.get(("set", item_id, name)) or last.get(("insert", item_id))
        case Moved(item, _, _):
            return last.get(("move", item.id)) or last.get(("insert", item.id))
        case Added(item, _):
            return last.get(("insert", item.id))
        case Removed(item, _):
            return last.get(("remove", item.id))


def _field_changes(item: Item | None, before: Fields, after: Fields) -> Iterator[FieldSet]:
    return (FieldSet(item, name, old, new) for name, old, new in changed_fields(before, after))


def _ranks(items: Sequence[Item], other: Document) -> dict[str, int]:
    """The order of those items that both versions have."""
    return {item.id: rank for rank, item in enumerate(item for item in items if item.id in other.items)}


def _about(item: Item | None) -> dict[str, Value]:
    if item is None:
        return {"item": None, "type": None, "title": None}
    return {"item": item.id, "type": item.type, "title": item.fields.get("title")}
