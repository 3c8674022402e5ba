"""Pending edits: made here, not yet done. What they are made of, and how they look on a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from collab.domain.errors import Invalid
from collab.domain.ot import text
from collab.domain.ot.document import Document, Draft
from collab.domain.ot.ops import Insert, Item, Move, Op, Place, Set, Text, Value


@dataclass(slots=True, eq=False)
class Pending:
    """An edit, or with a `target` an undo.

    `ops` are as they follow the confirmed document and the pending edits before, those of an undo as it is foretold;
    `ops_as_sent` as the server got them, which is what its answer speaks of. `undoes` is the edit that an undo takes
    back: the target, or its latest redo; None where that is not foretold. `made_on` is the version that its author
    saw; None where the server knows that no more, so that it counts as made on what is confirmed when it is sent.
    `expected` holds what the fields that it sets held then; None where it may replace whatever they hold.
    `was_sent`: the server may have it. `is_in_place`: it is among the confirmed versions. `is_void`: what it takes back
    is not stored, so that it comes to nothing.
    """

    edit_id: str
    ops: tuple[Op, ...] = ()
    target: str | None = None
    undoes: str | None = None
    made_on: int | None = 0
    expected: Mapping[Place, Value] | None = None
    ops_as_sent: tuple[Op, ...] = ()
    was_sent: bool = False
    is_in_place: bool = False
    is_void: bool = False

    def settle(self) -> tuple[Op, ...]:
        """It has its place, or will have none: the view shows it no more. Returns the ops that it showed."""
        shown, self.ops, self.is_in_place = self.ops, (), True
        return shown

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left of it that would change anything."""
        return self.is_void or (self.target is None and all(isinstance(op, Text) and not op.delta for op in self.ops))

    def is_as_expected(self, document: Document) -> bool:
        """Whether the fields still hold what its author expects, or what they are to be given."""
        return self.expected is None or all(
            document.value(op.item, op.field) in (self.expected.get((op.item, op.field)), op.value)
            for op in self.ops
            if isinstance(op, Set)
        )


def standing(waiting: Sequence[Pending]) -> list[int]:
    """Which of these stand, by index: all, but for edits that were undone before they were sent, and their undos, with
    nothing between them but others of that kind. Together these change nothing."""
    found: list[int] = []
    for index, edit in enumerate(waiting):
        last = waiting[found[-1]] if found else None
        if last is not None and not last.was_sent and edit.undoes == last.edit_id:
            found.pop()
        else:
            found.append(index)
    return found


def awake(waiting: Sequence[Pending]) -> int:
    """How many of these are to be sent: all up to the last that stands. Those after it wait for whether they are
    redone."""
    found = standing(waiting)
    return found[-1] + 1 if found else 0


def places_set(ops: Sequence[Op]) -> set[Place]:
    """The fields that these ops give a value."""
    return {(op.item, op.field) for op in ops if isinstance(op, Set)}


def applied(document: Document, ops: Sequence[Op]) -> Document:
    """The document with ops that have no version yet."""
    return predicted(document, ops)[1]


def predicted(document: Document, ops: Sequence[Op]) -> tuple[tuple[Op, ...], Document]:
    """Ops as they will be carried out, which the server has yet to order, and the document with them: where a place is
    taken it is the next free one, and an empty text counts as not set."""
    draft = Draft(document)
    carried_out: list[Op] = []
    for op in ops:
        carried_out.append(_predicted(draft, op))
        draft.apply(carried_out[-1])
    return tuple(carried_out), replace(draft.finish(), version=document.version)


def gave_way(before: Document, after: Document, ops: Sequence[Op]) -> tuple[Move, ...]:
    """The moves of items that one's own ops put somewhere, and that have another place in the view by now: their own is
    taken, or free again."""
    placed = dict.fromkeys(
        op.item.id if isinstance(op, Insert) else op.item for op in ops if isinstance(op, Insert | Move)
    )
    both = [item_id for item_id in placed if item_id in before.items and item_id in after.items]
    return tuple(
        Move(item_id, after.items[item_id].position)
        for item_id in both
        if before.items[item_id].position != after.items[item_id].position
    )


def _predicted(draft: Draft, op: Op) -> Op:
    match op:
        case Insert(item):
            fields = {name: value for name, value in item.fields.items() if value != ""}
            return Insert(replace(item, position=draft.free_position(item.position, item.id), fields=fields))
        case Move(item_id, position):
            return Move(item_id, draft.free_position(position, item_id))
        case Set(item_id, field, ""):
            return Set(item_id, field, None)
    return op


def checked(document: Document, ops: Sequence[Op]) -> tuple[tuple[Op, ...], Document]:
    """Ops as the server will store them, and the document with them; `Invalid` where one does not fit.

    Whether a kind has a field and what it may hold is for the server to say.
    """
    if not ops:
        raise Invalid.at("ops", "expected at least one op, got none")
    draft = Draft(document)
    fitting: list[Op] = []
    for index, op in enumerate(ops):
        fitting.append(_fitting(draft, f"ops.{index}", op))
        draft.apply(_predicted(draft, fitting[-1]))
    return tuple(fitting), replace(draft.finish(), version=document.version)


def _fitting(draft: Draft, path: str, op: Op) -> Op:
    if isinstance(op, Insert):
        if op.item.id in draft.items or op.item.id in draft.removed:
            raise Invalid.at(f"{path}.item.id", f"expected an id that is not used yet, got {op.item.id!r}")
        fields = {name: value for name, value in op.item.fields.items() if value is not None}
        return Insert(Item(op.item.id, op.item.type, op.item.position, fields))
    if op.item is not None and op.item not in draft.items:
        raise Invalid.at(f"{path}.item", f"expected the id of an item of this content, got {op.item!r}")
    if isinstance(op, Text):
        before = draft.value(op.item, op.field) or ""
        if not isinstance(before, str):
            raise Invalid.at(f"{path}.field", f"expected a text or line, got {op.field!r}, which holds {before!r}")
        if text.reach(op.delta) > len(before):
            raise Invalid.at(
                f"{path}.delta",
                f"expected a delta within the text's {len(before)} characters, got a reach of {text.reach(op.delta)}",
            )
    return op


def joined(last: Pending, next_: Pending) -> Pending | None:
    """Both edits as one, where the second goes on typing in the text that the first is about; else None."""
    if (
        last.target is not None
        or len(last.ops) != 1
        or len(next_.ops) != 1
        or last.expected is not None
        or next_.expected is not None
    ):
        return None
    first, second = last.ops[0], next_.ops[0]
    if not (isinstance(first, Text) and isinstance(second, Text)):
        return None
    if (first.item, first.field) != (second.item, second.field):
        return None
    delta = text.compose(first.delta, second.delta)
    return Pending(last.edit_id, (Text(first.item, first.field, delta),), made_on=last.made_on) if delta else None


def correction(document: Document, shown: Sequence[Op], stored: Sequence[Op]) -> tuple[Op, ...]:
    """What leads from the document with `shown` to that with `stored`; mostly nothing."""
    shown_alike, stored_alike = [*map(_alike, shown)], [*map(_alike, stored)]
    if shown_alike == stored_alike:
        return ()
    draft = Draft(document)
    inverses = [draft.apply(op) for op in shown]
    back = [inverse for op, inverse in zip(shown_alike, inverses, strict=True) if op not in stored_alike]
    forth = [op for op, alike in zip(stored, stored_alike, strict=True) if alike not in shown_alike]
    return (*reversed(back), *forth)


def _alike(op: Op) -> Op:
    """An op without what the server may have changed: its position, and whether a field is unset or empty."""
    match op:
        case Insert(item):
            fields = {name: value for name, value in item.fields.items() if value != ""}
            return Insert(replace(item, position="", fields=fields))
        case Move(item_id):
            return Move(item_id, "")
        case Set(item_id, field, ""):
            return Set(item_id, field, None)
    return op
