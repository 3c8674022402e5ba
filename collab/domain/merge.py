"""Merge: one edit carried, op by op, over everything that was committed since the version it was made on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from collab.domain import positions, text
from collab.domain.document import Document, Draft
from collab.domain.edits import Dropped, Edit, Overwrite
from collab.domain.errors import Invalid, Problem
from collab.domain.fields import TextField
from collab.domain.kinds import FieldTypes, Kind
from collab.domain.ops import Fields, Insert, Item, Move, Op, Remove, Set, Text, Value

Place: TypeAlias = tuple[str | None, str]
"""An item's id (or None) and a field's name."""


class Merge:
    """Collects, op by op, what is applied, what takes it back, what was dropped, overwritten or wrong."""

    def __init__(
        self, document: Document, since: Sequence[Edit], kind: Kind, base_version: int, author_id: str
    ) -> None:
        self.draft = Draft(document)
        self.ops: list[Op] = []
        self.inverse: list[Op] = []
        self.dropped: list[Dropped] = []
        self.overwrote: list[Overwrite] = []
        self._since = since
        self._kind = kind
        self._base_version = base_version
        self._author_id = author_id
        self._problems: list[Problem] = []
        self._written: set[Place] = set()
        self._committed: dict[Place, list[text.Delta] | None] = {}

    def check(self) -> None:
        """Raises `Invalid` with every problem found so far."""
        if self._problems:
            raise Invalid(self._problems)

    def carry(self, index: int, op: Op) -> None:
        """Carries an op of a client's edit to the head and applies it, or notes why it can't be."""
        match op:
            case Set():
                self._carry_set(index, op)
            case Text():
                self._carry_text(index, op)
            case Insert(item):
                self._carry_insert(index, item)
            case Move(item_id, position):
                if self._target(index, item_id) is not None and self._is_position(f"ops.{index}.position", position):
                    self._apply(Move(item_id, self.draft.free_position(position, item_id)))
            case Remove(item_id):
                if self._target(index, item_id) is not None:
                    self._apply(op)

    def carry_back(self, index: int, done: Op, inverse: Op) -> None:
        """Applies the inverse of a stored op where that still makes sense (PROTOCOL.md, How edits meet, 5)."""
        match inverse:
            case Set(item_id, name, _):
                given = done.value if isinstance(done, Set) else None
                if self._is_there(index, item_id):
                    if self.draft.value(item_id, name) == given:
                        self._written.add((item_id, name))
                        self._apply(inverse)
                    else:
                        self.dropped.append(Dropped(index, "field_changed"))
            case Text(item_id, name, delta):
                if self._is_there(index, item_id):
                    carried = self._carry_delta((item_id, name), delta)
                    if carried is None:
                        self.dropped.append(Dropped(index, "field_replaced"))
                    else:
                        self._apply(Text(item_id, name, carried))
            case Insert(item):
                if item.id in self.draft.items:
                    self.dropped.append(Dropped(index, "item_exists"))
                else:
                    self._apply(Insert(self._placed(item)))
            case Move(item_id, position):
                put = done.position if isinstance(done, Move) else None
                if self._is_there(index, item_id):
                    if self.draft.items[item_id].position == put:
                        self._apply(Move(item_id, self.draft.free_position(position, item_id)))
                    else:
                        self.dropped.append(Dropped(index, "item_moved"))
            case Remove(item_id):
                if self._is_there(index, item_id):
                    self._apply(inverse)

    def _carry_set(self, index: int, op: Set) -> None:
        types = self._target(index, op.item)
        if types is None or not self._is_value(f"ops.{index}", types, op.field, op.value):
            return
        place = (op.item, op.field)
        if place not in self._written and (last := self._last_write(place)) is not None:
            before = self.draft.value(op.item, op.field)
            if last.author.id != self._author_id and before != op.value:
                self.overwrote.append(Overwrite(index, last.version, last.author, before))
        self._written.add(place)
        self._apply(op)

    def _carry_text(self, index: int, op: Text) -> None:
        types = self._target(index, op.item)
        if types is None:
            return
        field_type = types.get(op.field)
        if not isinstance(field_type, TextField):
            texts = [name for name, type_ in types.items() if isinstance(type_, TextField)]
            self._wrong(f"ops.{index}.field", f"expected a text field ({', '.join(texts)}), got {op.field!r}")
            return
        delta = self._carry_delta((op.item, op.field), op.delta)
        if delta is None:
            self.dropped.append(Dropped(index, "field_replaced"))
            return
        before = self.draft.value(op.item, op.field) or ""
        if text.reach(delta) > len(before):
            self._wrong(
                f"ops.{index}.delta",
                f"expected a delta within the text's {len(before)} characters, got a reach of {text.reach(delta)}",
            )
        elif found := field_type.problem(text.apply(before, delta)):
            self._wrong(f"ops.{index}.delta", found)
        else:
            self._apply(Text(op.item, op.field, delta))

    def _carry_insert(self, index: int, item: Item) -> None:
        path = f"ops.{index}.item"
        types = self._kind.item_types.get(item.type)
        if types is None:
            known = ", ".join(self._kind.item_types)
            self._wrong(f"{path}.type", f"expected one of {known}, got {item.type!r}")
            return
        is_good = self._is_position(f"{path}.position", item.position)
        for name, value in item.fields.items():
            is_good &= self._is_value(f"{path}.fields.{name}", types, name, value)
        if item.id in self.draft.items or item.id in self.draft.removed:
            self._wrong(f"{path}.id", f"expected an id that this content has never used, got {item.id!r}")
            is_good = False
        if is_good:
            fields: Fields = {name: value for name, value in item.fields.items() if value is not None}
            self._apply(Insert(self._placed(replace(item, fields=fields))))

    def _carry_delta(self, place: Place, delta: text.Delta) -> text.Delta | None:
        """The delta over what was committed to its field since the base; None where the field was replaced.

        What is committed goes first where both insert at one place. Each committed delta is itself moved over
        the new one, for the next delta that this edit may have for the same field.
        """
        if place in self._written:
            return delta
        if place not in self._committed:
            self._committed[place] = committed_deltas(self._since, place)
        committed = self._committed[place]
        if committed is None:
            return None
        for index, other in enumerate(committed):
            delta, committed[index] = (
                text.transform(delta, other, "right"),
                text.transform(other, delta, "left"),
            )
        return delta

    def _target(self, index: int, item_id: str | None) -> FieldTypes | None:
        """The field types of what an op is about; None where it is gone, which is noted, or never was."""
        if item_id is None:
            return self._kind.fields
        item = self.draft.items.get(item_id)
        if item is not None:
            return self._kind.item_types.get(item.type, {})
        if self.draft.removed.get(item_id, -1) > self._base_version:
            self.dropped.append(Dropped(index, "item_removed"))
        else:
            self._wrong(f"ops.{index}.item", f"expected the id of an item of this content, got {item_id!r}")
        return None

    def _is_there(self, index: int, item_id: str | None) -> bool:
        if item_id is None or item_id in self.draft.items:
            return True
        self.dropped.append(Dropped(index, "item_removed"))
        return False

    def _is_value(self, path: str, types: FieldTypes, name: str, value: Value) -> bool:
        field_type = types.get(name)
        if field_type is None:
            self._wrong(path, f"expected one of the fields {', '.join(types)}, got {name!r}")
            return False
        if value is not None and (found := field_type.problem(value)):
            self._wrong(path, f"{name}: {found}")
            return False
        return True

    def _is_position(self, path: str, position: str) -> bool:
        if found := positions.problem(position):
            self._wrong(path, found)
            return False
        return True

    def _placed(self, item: Item) -> Item:
        free = self.draft.free_position(item.position, item.id)
        return item if free == item.position else replace(item, position=free)

    def _last_write(self, place: Place) -> Edit | None:
        return next((edit for edit in reversed(self._since) if writes(edit.ops, place)), None)

    def _apply(self, op: Op) -> None:
        self.ops.append(op)
        self.inverse.append(self.draft.apply(op))

    def _wrong(self, path: str, message: str) -> None:
        self._problems.append(Problem(path, message))


def writes(ops: Sequence[Op], place: Place) -> bool:
    """Whether any of the ops gives that field a value or changes its text."""
    return any(isinstance(op, Set | Text) and (op.item, op.field) == place for op in ops)


def committed_deltas(since: Sequence[Edit], place: Place) -> list[text.Delta] | None:
    """The deltas that edits gave a text field, in order; None where one of them replaced the text whole."""
    item_id, name = place
    deltas: list[text.Delta] = []
    removed: Item | None = None
    for edit in since:
        for op, inverse in zip(edit.ops, reversed(edit.inverse), strict=True):
            match op:
                case Text(other, field, delta) if (other, field) == place:
                    deltas.append(delta)
                case Set(other, field, _) if (other, field) == place:
                    return None
                case Remove(other) if other == item_id and isinstance(inverse, Insert):
                    removed = inverse.item
                case Insert(item) if item.id == item_id and removed is not None:
                    # Undo brings an item back as it was; anything else that restores it replaced its text.
                    if item.fields.get(name) != removed.fields.get(name):
                        return None
    return deltas
