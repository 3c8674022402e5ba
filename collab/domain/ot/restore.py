"""Restore: the edit that brings a document back to what it was, made of the same five ops as any other edit."""

from collections.abc import Iterator

from collab.domain.fields import TextField
from collab.domain.kinds import FieldTypes, Kind
from collab.domain.ot import positions, text
from collab.domain.ot.document import Document, Draft
from collab.domain.ot.edits import Edit, Restore
from collab.domain.ot.ops import Fields, Insert, Move, Op, Remove, Set, Text, Value
from collab.domain.ot.rebase import Accepted, Nothing


def restore(request: Restore, document: Document, kind: Kind) -> Accepted | Nothing:
    """The edit that turns the head `document` into `request.wanted`; `Nothing` where it is just that already.

    It is computed on the head itself, so that there is nothing to rebase; undone like any other edit.
    """
    draft = Draft(document)
    ops = tuple(ops_between(document, request.wanted, kind))
    if not ops:
        return Nothing(document.version, ())
    inverse = [draft.apply(op) for op in ops]
    made = draft.finish()
    edit = Edit(
        content_id=document.id,
        version=made.version,
        edit_id=request.edit_id,
        base_version=document.version,
        author=request.author,
        session_id=request.session_id,
        ops=ops,
        inverse=tuple(reversed(inverse)),
        at=request.at,
    )
    return Accepted(edit, made)


def ops_between(before: Document, after: Document, kind: Kind) -> Iterator[Op]:
    """The ops that lead from one version of a content to another.

    Every op puts an item where nothing is at that moment, and so does every inverse, taken in reverse order:
    positions come out exactly as they were. A text is edited in place, so that typing meanwhile merges with it.
    """
    yield from _field_ops(None, before.fields, after.fields, kind.fields)
    yield from (Remove(item_id) for item_id in before.items if item_id not in after.items)
    yield from _moves(before, after)
    for item_id, item in after.items.items():
        now = before.items.get(item_id)
        if now is None:
            yield Insert(item)
        else:
            yield from _field_ops(item_id, now.fields, item.fields, kind.item_types.get(item.type, {}))


def field_op(item_id: str | None, name: str, before: Value, after: Value, types: FieldTypes) -> Op:
    """The op that takes a field from one value to another."""
    if isinstance(types.get(name), TextField):
        return Text(item_id, name, text.replace(before or "", after or ""))
    return Set(item_id, name, after)


def _field_ops(item_id: str | None, before: Fields, after: Fields, types: FieldTypes) -> Iterator[Op]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield field_op(item_id, name, before.get(name), after.get(name), types)


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
