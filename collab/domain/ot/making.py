"""Making: an edit as it grows op by op on the head, whether it carries a member's ops or takes an edit back."""

from dataclasses import replace

from collab.domain.errors import MAX_PROBLEMS, Invalid, Problem
from collab.domain.kinds import FieldTypes, Kind
from collab.domain.ot import positions, text
from collab.domain.ot.document import Document, Draft
from collab.domain.ot.edits import Dropped, Overwrite
from collab.domain.ot.ops import Item, Op


class Making:
    """Collects what is applied, what takes it back, what was dropped, overwritten or wrong."""

    def __init__(self, document: Document, kind: Kind) -> None:
        self.draft = Draft(document)
        self.ops: list[Op] = []
        self.inverse: list[Op] = []
        self.dropped: list[Dropped] = []
        self.overwrote: list[Overwrite] = []
        self._kind = kind
        self._problems: list[Problem] = []

    def check(self) -> None:
        """Raises `Invalid` with every problem found so far."""
        if self._problems:
            raise Invalid(self._problems)

    def _apply(self, op: Op) -> None:
        self.ops.append(op)
        self.inverse.append(self.draft.apply(op))

    def _wrong(self, path: str, message: str) -> None:
        """Notes a problem. Raises `Invalid` where that makes as many as are told: nobody looks for more."""
        self._problems.append(Problem(path, message))
        if len(self._problems) == MAX_PROBLEMS:
            self.check()

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
