"""Focus: where a session is working, and how edits move that or take it away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from collab.domain.ot import text
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Op, Remove, Set, Text
from collab.domain.record import record


@record
class Focus:
    """Where a session is: an item, a field of it, and a selection in code points where the field is a text.

    `lead`: on stage, the others are asked to follow it there.
    """

    item: str | None = None
    field: str | None = None
    anchor: int | None = None
    head: int | None = None
    lead: bool | None = None

    def to_json(self) -> dict[str, Any]:
        parts = {"item": self.item, "field": self.field, "anchor": self.anchor, "head": self.head, "lead": self.lead}
        return {name: value for name, value in parts.items() if value is not None}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Focus":
        """The focus of `to_json`. What else a later version may say of one is left out."""
        return cls(body.get("item"), body.get("field"), body.get("anchor"), body.get("head"), body.get("lead"))


def follow(focus: Focus, edit: Edit) -> Focus | None:
    """Where a focus is after an edit that somebody else made; None where its item is gone.

    An insert right at a cursor leaves the cursor before it. A text that is replaced whole keeps a cursor at its
    offset, or at the end of a shorter one.
    """
    followed: Focus | None = focus
    for op in edit.ops:
        if followed is not None:
            followed = _follow(followed, op)
    return followed


def _follow(focus: Focus, op: Op) -> Focus | None:
    match op:
        case Remove(item) if item == focus.item:
            return None
        case Text(item, field, delta) if (item, field) == (focus.item, focus.field):
            return replace(
                focus,
                anchor=None if focus.anchor is None else text.transform_position(focus.anchor, delta),
                head=None if focus.head is None else text.transform_position(focus.head, delta),
            )
        case Set(item, field, value) if (item, field) == (focus.item, focus.field):
            end = len(value) if isinstance(value, str) else 0
            return replace(
                focus,
                anchor=None if focus.anchor is None else min(focus.anchor, end),
                head=None if focus.head is None else min(focus.head, end),
            )
    return focus
