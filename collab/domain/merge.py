"""Merge: one edit carried, op by op, over everything that was committed since the version it was made on.

What it overwrites is counted from there. A client that kept the edit back has carried its text over a part of that
already, up to `rebased_to`: a delta meets only what came after.
"""

from collections.abc import Sequence
from dataclasses import replace

from collab.domain import positions, text
from collab.domain.document import Document, Draft
from collab.domain.edits import Dropped, Edit, Overwrite, Reason
from collab.domain.errors import Invalid, Problem, TooLarge, VersionUnknown
from collab.domain.fields import FieldType, TextField, value_problem
from collab.domain.kinds import FieldTypes, Kind
from collab.domain.ops import Insert, Item, Move, Op, Remove, Set, Text, Value
from collab.domain.since import MAX_COMPONENTS, Place, Since


class Merge:
    """Collects, op by op, what is applied, what takes it back, what was dropped, overwritten or wrong."""

    def __init__(
        self,
        document: Document,
        since: Sequence[Edit],
        kind: Kind,
        base_version: int,
        rebased_to: int,
        author_id: str,
    ) -> None:
        self.draft = Draft(document)
        self.ops: list[Op] = []
        self.inverse: list[Op] = []
        self.dropped: list[Dropped] = []
        self.overwrote: list[Overwrite] = []
        self._head = document
        self._since = Since(since)
        is_as_made = rebased_to == base_version
        self._unmet = self._since if is_as_made else Since([edit for edit in since if edit.version > rebased_to])
        self._kind = kind
        self._base_version = base_version
        self._author_id = author_id
        self._problems: list[Problem] = []
        self._written: set[Place] = set()
        self._committed: dict[Place, list[text.Delta] | None] = {}
        self._components = 0
        self._kept: dict[Place, Reason] = {}

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
                path = f"ops.{index}.position"
                is_position = self._is_position(path, position)
                if self._target(index, item_id) is not None and is_position:
                    self._apply(Move(item_id, self._free_position(path, position, item_id)))
            case Remove(item_id):
                if self._target(index, item_id) is not None:
                    self._apply(op)

    def carry_back(self, index: int, done: Op, inverse: Op) -> None:
        """Applies the inverse of a stored op where that still makes sense (PROTOCOL.md, How edits meet, 5)."""
        subject = _subject(inverse)
        # What an edit did to a thing before lies under what it did to it last: where that stays, both do.
        carried = (
            self._kept.get((subject[0], "")) or self._kept.get(subject) or self._carried_back(index, done, inverse)
        )
        if isinstance(carried, str):
            self._kept[subject] = carried
            self.dropped.append(Dropped(index, carried))
        else:
            self._apply(carried)

    def _carried_back(self, index: int, done: Op, inverse: Op) -> Op | Reason:
        """The inverse of a stored op as it fits the head, or why it does not."""
        if isinstance(inverse, Insert):
            item = inverse.item
            if item.id in self.draft.items:
                return "item_exists"
            return Insert(self._placed(f"ops.{index}.item.position", item))
        if inverse.item is not None and inverse.item not in self.draft.items:
            return "item_removed"
        match inverse:
            case Set(item_id, name, _):
                given = done.value if isinstance(done, Set) else None
                if self.draft.value(item_id, name) != given:
                    return "field_changed"
                self._written.add((item_id, name))
            case Text(item_id, name, delta):
                carried = self._carry_delta((item_id, name), delta)
                if carried is None:
                    return "field_replaced"
                if self._text_problem(item_id, name, carried):
                    return "text_too_long"
                return Text(item_id, name, carried)
            case Move(item_id, position):
                put = done.position if isinstance(done, Move) else None
                if self.draft.items[item_id].position != put:
                    return "item_moved"
                return Move(item_id, self._free_position(f"ops.{index}.position", position, item_id))
        return inverse

    def _carry_set(self, index: int, op: Set) -> None:
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
        fields = self._head.fields if op.item is None else self._head.items[op.item].fields
        value = fields.get(op.field)
        if value != op.value:
            self.overwrote.append(Overwrite(index, last.version, last.author, value))

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
        if found := self._text_problem(op.item, op.field, delta):
            self._wrong(f"ops.{index}.delta", found)
        else:
            self._apply(Text(op.item, op.field, delta))

    def _carry_insert(self, index: int, item: Item) -> None:
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

    def _carry_delta(self, place: Place, delta: text.Delta) -> text.Delta | None:
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

    def _field_types(self, item_id: str | None) -> FieldTypes:
        if item_id is None:
            return self._kind.fields
        return self._kind.item_types.get(self.draft.items[item_id].type, {})

    def _text_problem(self, item_id: str | None, name: str, delta: text.Delta) -> str | None:
        """What is wrong with a delta of the text as it now is, or None."""
        before = self.draft.value(item_id, name) or ""
        if text.reach(delta) > len(before):
            return f"expected a delta within the text's {len(before)} characters, got a reach of {text.reach(delta)}"
        field_type = self._field_types(item_id).get(name)
        return field_type.problem(text.apply(before, delta)) if field_type is not None else None

    def _is_position(self, path: str, position: str) -> bool:
        if found := positions.problem(position):
            self._wrong(path, found)
            return False
        return True

    def _placed(self, path: str, item: Item) -> Item:
        return replace(item, position=self._free_position(path, item.position, item.id))

    def _free_position(self, path: str, wanted: str, item_id: str) -> str:
        """`wanted`, or the next free key after it. That there is none which may be stored is noted."""
        free = self.draft.free_position(wanted, item_id)
        if free is not wanted:
            self._is_position(path, free)
        return free

    def _apply(self, op: Op) -> None:
        self.ops.append(op)
        self.inverse.append(self.draft.apply(op))

    def _wrong(self, path: str, message: str) -> None:
        self._problems.append(Problem(path, message))


def _subject(op: Op) -> Place:
    """What an op changes: a field, or an item's position (here ".") or presence (here "")."""
    match op:
        case Set(item_id, name, _) | Text(item_id, name, _):
            return item_id, name
        case Move(item_id, _):
            return item_id, "."
        case Insert(item):
            return item.id, ""
        case Remove(item_id):
            return item_id, ""


def _stored(field_type: FieldType, value: Value) -> Value:
    """A value as it is stored: an empty text is an unset one, whether it was set or typed away."""
    return None if value == "" and isinstance(field_type, TextField) else value


def _expected_field(types: FieldTypes, name: str) -> str:
    return f"expected one of the fields {', '.join(types)}, got {name!r}"
