"""What a user may take back and bring back: their own edits of one content, newest last, in groups that go together."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice

from collab.domain.ot.ops import Op, Set, Text

MAX_STEPS = 1_000
"""How many of the latest can be taken back: a program may make edits for months."""

GROUP_S = 1.0
"""What is written in one field with no longer pause is taken back together."""


@dataclass(frozen=True, slots=True)
class Step:
    """An edit, or an undo, that can be undone; `group` tells it from those that are not undone with it."""

    edit_id: str
    group: int


class UndoStacks:
    """Undoing an edit makes an edit, which undone is the redo: both are asked for by `undo_edit`."""

    def __init__(self) -> None:
        self.done: deque[Step] = deque(maxlen=MAX_STEPS)
        self.undone: deque[Step] = deque(maxlen=MAX_STEPS)

    def made(self, edit_id: str, group: int) -> None:
        """The user has made an edit; what they had undone before can't be brought back any more."""
        if not self.done or self.done[-1].edit_id != edit_id:
            self.done.append(Step(edit_id, group))
        self.undone.clear()

    def is_in(self, group: int) -> bool:
        """Whether the latest edit is of this group."""
        return bool(self.done) and self.done[-1].group == group

    def cut(self, edit_id: str, pieces: Sequence[str]) -> None:
        """An edit or undo became several, itself among them, in this order. They are taken back together."""
        for stack in (self.done, self.undone):
            whole = next((step for step in stack if step.edit_id == edit_id), None)
            if whole is not None:
                at = stack.index(whole)
                steps = [Step(piece, whole.group) for piece in pieces]
                cut = [*islice(stack, at), *steps, *islice(stack, at + 1, None)]
                stack.clear()
                stack.extend(cut)

    def forget(self, edit_id: str) -> None:
        """An edit or undo that was not stored."""
        for stack in (self.done, self.undone):
            for step in [step for step in stack if step.edit_id == edit_id]:
                stack.remove(step)


def take_group(stack: deque[Step]) -> list[Step]:
    """Takes off the steps that are to be undone together, in that order."""
    taken: list[Step] = []
    while stack and (not taken or stack[-1].group == taken[0].group):
        taken.append(stack.pop())
    return taken


class Groups:
    """Numbers the groups of edits as they are made."""

    def __init__(self) -> None:
        self._numbers = count()
        self._last: tuple[int, tuple[str | None, str], float] | None = None

    def of(self, ops: Sequence[Op], now_s: float) -> int:
        """The group of an edit that is made now."""
        last, self._last = self._last, None
        op = ops[0] if len(ops) == 1 else None
        if not isinstance(op, Set | Text):
            return next(self._numbers)
        place = op.item, op.field
        goes_on = last is not None and last[1] == place and now_s - last[2] < GROUP_S
        group = last[0] if last is not None and goes_on else next(self._numbers)
        self._last = group, place, now_s
        return group

    def end(self) -> None:
        """What comes next begins a group of its own."""
        self._last = None
