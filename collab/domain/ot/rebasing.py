"""Rebasing: one edit transformed, op by op, over everything that was committed since the version it was made on.

What it overwrites is counted from there. A client that kept the edit back has carried its text over a part of that
already, up to `rebased_to`: a delta meets only what came after.
"""

from collections.abc import Sequence
from dataclasses import replace

from collab.domain.errors import TooLarge, VersionUnknown
from collab.domain.fields import MERGED, FieldType, TextField, value_problem
from collab.domain.kinds import FieldTypes, Kind
from collab.domain.ot import text
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Dropped, Edit, Overwrite
from collab.domain.ot.making import Making
from collab.domain.ot.ops import Insert, Item, Move, Op, Place, Remove, Set, Text, Value
from collab.domain.ot.since import MAX_COMPONENTS, Since


class Rebasing(Making):
    """A member's edit: what has come since its base is known, and who wrote it."""

    def __init__(
        self,
        document: Document,
        since: Sequence[Edit],
        kind: Kind,
        base_version: int,
        rebased_to: int,
        author_id: str,
    ) -> None:
        super().__init__(document, kind)
        self._head = document
        self._since = Since(since)
        is_as_made = rebased_to == base_version
        self._unmet = self._since if is_as_made else Since([edit for edit in since if edit.version > rebased_to])
        self._base_version = base_version
        self._author_id = author_id
        self._written: set[Place] = set()
        self._committed: dict[Place, list[text.Delta] | None] = {}
        self._components = 0

    def rebase(self, index: int, op: Op) -> None:
        """Carries an op of a client's edit to the head and applies it, or notes why it can't be."""
        match op:
            case Set():
                self._rebase_set(index, op)
            case Text():
                self._rebase_text(index, op)
            case Insert(item):
                self._rebase_insert(index, item)
            case Move(item_id, position):
                path = f"ops.{index}.position"
                is_position = self._is_position(path, position)
                if self._target(index, item_id) is not None and is_position:
                    self._apply(Move(item_id, self._free_position(path, position, item_id)))
            case Remove(item_id):
                if self._target(index, item_id) is not None:
                    self._apply(op)

    def _rebase_set(self, index: int, op: Set) -> None:
        types = self._target(index, op.item)
        if types is None:
            return
        field_type = types.get(op.field)
        if field_type is None:
            self._wrong(f"ops.{index}.field", _expected_field(types, op.field))
            return
        if op.value is not None and (found := value_problem(field_type, op.value)):
            self._wrong(f"ops.{index}.value", f"{op.field}: {found}")
            return
        stored = _stored(field_type, op.value)
        op = op if stored is op.value else Set(op.item, op.field, stored)
        place = (op.item, op.field)
        if place not in self._written:
            self._note_overwrite(index, op)
        self._written.add(place)
        self._apply(op)

    def _note_overwrite(self, index: int, op: Set) -> None:
        """Notes whose value a `set` replaces, where somebody else gave it since the base."""
        last = self._since.last_write((op.item, op.field), self._author_id)
        if last is None:
            return
        value = self._head.value(op.item, op.field)
        if value != op.value:
            self.overwrote.append(Overwrite(index, last.version, last.author, value))

    def _rebase_text(self, index: int, op: Text) -> None:
        types = self._target(index, op.item)
        if types is None:
            return
        field_type = types.get(op.field)
        if not isinstance(field_type, MERGED):
            texts = [name for name, type_ in types.items() if isinstance(type_, MERGED)]
            self._wrong(f"ops.{index}.field", f"expected a text or line ({', '.join(texts)}), got {op.field!r}")
            return
        delta = self._rebase_delta((op.item, op.field), op.delta)
        if delta is None:
            self.dropped.append(Dropped(index, "field_replaced"))
            return
        if found := self._text_problem(op.item, op.field, delta):
            self._wrong(f"ops.{index}.delta", found)
        else:
            self._apply(Text(op.item, op.field, delta))

    def _rebase_insert(self, index: int, item: Item) -> None:
        if len(self.draft.items) >= self._kind.max_items:
            raise TooLarge(f"expected at most {self._kind.max_items} items in a {self._kind.name}: remove some first")
        path = f"ops.{index}.item"
        before = len(self._problems)
        if item.id in self.draft.items or item.id in self.draft.removed:
            self._wrong(
                f"{path}.id", f"expected an id that no item of this content has or had of late, got {item.id!r}"
            )
        self._is_position(f"{path}.position", item.position)
        types = self._kind.item_types.get(item.type)
        if types is None:
            known = ", ".join(self._kind.item_types)
            self._wrong(f"{path}.type", f"expected one of {known}, got {item.type!r}")
            return
        fields = {}
        for name, value in item.fields.items():
            field_type = types.get(name)
            if field_type is None:
                self._wrong(f"{path}.fields.{name}", _expected_field(types, name))
            elif value is not None and (found := value_problem(field_type, value)):
                self._wrong(f"{path}.fields.{name}", found)
            elif (stored := _stored(field_type, value)) is not None:
                fields[name] = stored
        if len(self._problems) == before:
            self._apply(Insert(self._placed(f"{path}.position", replace(item, fields=fields))))

    def _rebase_delta(self, place: Place, delta: text.Delta) -> text.Delta | None:
        """The delta over what was committed to its field since the base; None where the field was replaced.

        What is committed goes first where both insert at one place. Each committed delta is itself moved over
        the new one, for the next delta that this edit may have for the same field.
        """
        if place in self._written:
            return delta
        if place not in self._committed:
            self._committed[place] = self._unmet.deltas(place)
        committed = self._committed[place]
        if committed is None:
            return None
        for index, other in enumerate(committed):
            self._count(len(delta) + len(other))
            delta, committed[index] = (
                text.transform(delta, other, "right"),
                text.transform(other, delta, "left"),
            )
        return delta

    def _count(self, components: int) -> None:
        """What it takes to move two deltas over each other grows with the ops on both sides multiplied."""
        self._components += components
        if self._components > MAX_COMPONENTS:
            raise VersionUnknown(
                f"expected text deltas that meet at most {MAX_COMPONENTS} components of what was typed since: "
                "ask for the content anew, and make them on that"
            )

    def _target(self, index: int, item_id: str | None) -> FieldTypes | None:
        """The field types of what an op is about; None where it is gone, which is noted, or never was."""
        if item_id is None or item_id in self.draft.items:
            return self._field_types(item_id)
        if self.draft.removed.get(item_id, -1) > self._base_version or self._since.had(item_id):
            self.dropped.append(Dropped(index, "item_removed"))
        else:
            self._wrong(f"ops.{index}.item", f"expected the id of an item of this content, got {item_id!r}")
        return None


def _stored(field_type: FieldType, value: Value) -> Value:
    """A value as it is stored: an empty text is an unset one, whether it was set or typed away."""
    return None if value == "" and isinstance(field_type, TextField) else value


def _expected_field(types: FieldTypes, name: str) -> str:
    return f"expected one of the fields {', '.join(types)}, got {name!r}"
