"""Pending ops transformed over what was committed before them: the client's half of PROTOCOL.md, How edits meet, 2.

Server and client fill in the same grid of transformations, one square for each pair of a pending and a committed
op, so that both come to the same deltas whichever side they fill it from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from collab.domain.ot import text
from collab.domain.ot.edits import Reason
from collab.domain.ot.ops import Move, Op, Remove, Set, Text

Ops: TypeAlias = tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """A pending op that has nothing left to act on."""

    op: Op
    reason: Reason


def transform(pending: Sequence[Op], committed: Sequence[Op]) -> tuple[Ops, Ops, tuple[Lost, ...]]:
    """Pending and committed ops of one document, each as it must be to follow the other; and the pending ones lost.

    What is committed stands first where both insert text at one place, and loses where both give a value.
    """
    kept: list[Op] = list(pending)
    moved: list[Op] = []
    lost: list[Lost] = []
    for op in committed:
        theirs: Op | None = op
        still: list[Op] = []
        for index, mine in enumerate(kept):
            if theirs is None:
                still += kept[index:]
                break
            mine_after, theirs_after = _meet(mine, theirs)
            if mine_after is None:
                lost.append(Lost(mine, "item_removed" if isinstance(theirs, Remove) else "field_replaced"))
            else:
                still.append(mine_after)
            theirs = theirs_after
        kept = still
        if theirs is not None:
            moved.append(theirs)
    return tuple(kept), tuple(moved), tuple(lost)


def _meet(mine: Op, theirs: Op) -> tuple[Op | None, Op | None]:
    """Both ops, each to be applied after the other; None for one that the other leaves nothing to do."""
    match mine, theirs:
        case Remove(item), Remove(other) if item == other:
            return None, None
        case Set(item) | Text(item) | Move(item), Remove(other) if item == other:
            return None, theirs
        case Remove(item), Set(other) | Text(other) | Move(other) if item == other:
            return mine, None
        case Set(), Set() | Text() if _place(mine) == _place(theirs):
            return mine, None
        case Text(), Set() if _place(mine) == _place(theirs):
            return None, theirs
        case Text(item, field, delta), Text(_, _, other_delta) if _place(mine) == _place(theirs):
            return (
                Text(item, field, text.transform(delta, other_delta, "right")),
                Text(item, field, text.transform(other_delta, delta, "left")),
            )
        case Move(item), Move(other) if item == other:
            return mine, None
    return mine, theirs


def _place(op: Set | Text) -> tuple[str | None, str]:
    return op.item, op.field
