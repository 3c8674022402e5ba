"""Difference: what one version of a content has that another has not, and the ops that lead from the one to the other.

Needed where no edits lie in between, or none that are known: a document is brought back (restore.py), a client was away
for too long (collab/client/replica.py). diff.py tells a difference to people.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from collab.domain.fields import TextField
from collab.domain.kinds import Kind
from collab.domain.ot import positions, text
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Insert, Item, Move, Op, Remove, Set, Text, Value

IsText: TypeAlias = Callable[[Item | None, str, Value, Value], bool]
"""Whether a field, of an item or of the content itself, is edited in place: told by its name, or by both its values."""


def ops_between(before: Document, after: Document, is_text: IsText) -> Iterator[Op]:
    """The ops that lead from one version of a content to another.

    Every op puts an item where nothing is at that moment, and so does every inverse, taken in reverse order: positions
    come out exactly as they were. A text is edited in place, so that what others type in it meanwhile is kept.
    """
    yield from _field_ops(None, before.fields, after.fields, is_text)
    yield from (Remove(item_id) for item_id in before.items if item_id not in after.items)
    yield from _moves(before, after)
    for item_id, item in after.items.items():
        was = before.items.get(item_id)
        if was is None:
            yield Insert(item)
        else:
            yield from _field_ops(item, was.fields, item.fields, is_text)


def changed_fields(before: Fields, after: Fields) -> Iterator[tuple[str, Value, Value]]:
    """The fields that differ, each with both values."""
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield name, old, new


def field_op(item_id: str | None, name: str, before: Value, after: Value, *, is_text: bool) -> Op:
    """The op that takes a field from one value to another.

    A changed text is one delta between what both have in common at its start and its end: coarser than the edits were,
    so that what is pending in it may end up beside where it was typed, and is never lost.
    """
    return Text(item_id, name, text.replace(before or "", after or "")) if is_text else Set(item_id, name, after)


def texts_of(kind: Kind) -> IsText:
    """The texts are those of a kind."""

    def is_text(item: Item | None, name: str, _before: Value, _after: Value) -> bool:
        types = kind.fields if item is None else kind.item_types.get(item.type, {})
        return isinstance(types.get(name), TextField)

    return is_text


def hold_text(_item: Item | None, _name: str, before: Value, after: Value) -> bool:
    """Where the kind is not known: the texts are what holds one, or nothing, before and after."""
    return isinstance(before, str | None) and isinstance(after, str | None)


def _field_ops(item: Item | None, before: Fields, after: Fields, is_text: IsText) -> Iterator[Op]:
    item_id = None if item is None else item.id
    for name, old, new in changed_fields(before, after):
        yield field_op(item_id, name, old, new, is_text=is_text(item, name, old, new))


def _moves(before: Document, after: Document) -> Iterator[Move]:
    wanted = {
        item_id: item.position
        for item_id, item in after.items.items()
        if item_id in before.items and before.items[item_id].position != item.position
    }
    place = {item_id: item.position for item_id, item in before.items.items() if item_id in after.items}
    holder = {position: item_id for item_id, position in place.items()}

    def moved(item_id: str, position: str) -> Move:
        del holder[place[item_id]]
        place[item_id] = position
        holder[position] = item_id
        return Move(item_id, position)

    while wanted:
        # Whoever is in the way goes first, and whoever is in its way before that.
        chain = [next(iter(wanted))]
        while (blocking := holder.get(wanted[chain[-1]])) is not None and blocking != chain[0]:
            chain.append(blocking)
        if blocking is not None:
            # A ring of items that swap places: one of them makes room.
            yield moved(blocking, positions.after(max((*holder, *wanted.values()))))
        for item_id in reversed(chain):
            yield moved(item_id, wanted.pop(item_id))
