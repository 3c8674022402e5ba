"""Queue: one's own edits and undos that are not done yet, in the order in which they were made.

One at most is in flight, ahead of all that waits. What waits can still change: it grows while its author types on, it
is moved over what comes in, what is too large is cut, and what was never sent is taken back as if it had not been made.
What is in flight is sent again as it was sent: only how it looks here is moved.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Literal

from collab.client.events import Notice, OpDropped
from collab.client.foresight import Foresight, Past
from collab.client.pending import Pending, awake, joined, places_set, standing
from collab.client.request import cut
from collab.client.transform import transform
from collab.client.undo import Step, UndoStacks, take_group
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Op


class Queue:
    """`flight` has been sent and is not done; `waiting` follow it."""

    def __init__(self) -> None:
        self.flight: Pending | None = None
        self.waiting: list[Pending] = []
        self._stacks = UndoStacks()
        self._groups = count(-1, -1)

    @property
    def pending(self) -> list[Pending]:
        return self.waiting if self.flight is None else [self.flight, *self.waiting]

    @property
    def awake(self) -> int:
        """How many of those that wait are to be sent."""
        return awake(self.waiting)

    def add(self, edit: Pending, group: int | None) -> Pending:
        """Takes in an edit that its author made on `made_on`, the version that is confirmed. Returns the edit that it
        is part of from now on: the one before it, where it goes on with that one's text."""
        # What was undone before it was sent never will be.
        del self.waiting[self.awake :]
        edit.made_on = self._seen_on(edit)
        may_join = self.waiting and (group is None or self._stacks.is_in(group))
        if may_join and (both := joined(self.waiting[-1], edit)) is not None:
            self.waiting[-1] = edit = both
        else:
            self.waiting.append(edit)
        self._stacks.made(edit.edit_id, next(self._groups) if group is None else group)
        return edit

    def step(self, side: Literal["undo", "redo"], new_id: Callable[[], str]) -> bool:
        """Takes back one's own latest group of edits, or what was last taken back. False where there is none."""
        stacks = self._stacks
        source, to = (stacks.done, stacks.undone) if side == "undo" else (stacks.undone, stacks.done)
        steps = take_group(source)
        for step in steps:
            last = self.waiting[-1] if self.waiting else None
            if last is not None and last.target is not None and last.edit_id == step.edit_id and not last.was_sent:
                # An undo that was never sent is taken back as if it had not been made.
                self.waiting.pop()
                to.append(Step(last.target, step.group))
            else:
                self.waiting.append(Pending(new_id(), target=step.edit_id))
                to.append(Step(self.waiting[-1].edit_id, step.group))
        return bool(steps)

    def cut(self, confirmed: Document, max_bytes: int, new_id: Callable[[], str]) -> bool:
        """Makes several edits of the first that waits, and as many of its undo, where it is too large for a message and
        may be cut; returns whether it did. What the undos come to, `transform` finds."""
        first = self.waiting[0]
        ops, *rest = cut(first, confirmed, max_bytes)
        if not rest:
            return False
        first.ops = ops
        pieces = [first, *(Pending(new_id(), more, made_on=first.made_on) for more in rest)]
        self._put_instead(first, pieces)
        if (undo := self.undo_of(first)) is not None:
            undos = [Pending(new_id(), target=piece.edit_id) for piece in reversed(pieces[1:])]
            self._put_instead(undo, [*undos, undo])
        return True

    def take_off(self) -> Pending:
        """Puts the first that waits in flight."""
        self.flight = self.waiting.pop(0)
        return self.flight

    def land(self) -> None:
        """What is in flight is done."""
        self.flight = None

    def put_back(self) -> None:
        """What is in flight waits again, to be made anew: the version that its author saw, the server does not know."""
        if self.flight is not None and not self.flight.is_in_place:
            self.flight.made_on = None
            self.waiting.insert(0, self.flight)
        self.flight = None

    def undo_of(self, edit: Pending) -> Pending | None:
        return next((undo for undo in self.waiting if undo.target == edit.edit_id), None)

    def forget(self, edit_id: str) -> None:
        """An edit that is not stored: neither it nor its undo can be undone. Its undo goes with the next `transform`,
        which takes it out of what was made on top of it."""
        self._stacks.forget(edit_id)
        for undo in [edit for edit in self.waiting if edit.target == edit_id and not edit.is_void]:
            undo.is_void = True
            self.forget(undo.edit_id)

    def follow(self, version: int) -> None:
        """What was in flight has this version. Who made the next edit saw all that came before it, and the edit itself
        while it was pending."""
        for edit in self.waiting:
            if edit.made_on == version - 1:
                edit.made_on = version

    def transform(self, over: Sequence[Op], confirmed: Document, past: Past) -> tuple[tuple[Op, ...], list[Notice]]:
        """Moves all that is pending over ops that are confirmed by now. Returns those as they change the view, and what
        there is to tell."""
        told: list[Notice] = []
        pending = [edit for edit in self.pending if not edit.is_in_place]
        # The answer tells of the edit in flight, and of an undo. Nobody is told of what is taken back already.
        told_of = [self.waiting[index] for index in standing(self.waiting)]
        foresight = Foresight(confirmed, past) if any(edit.target is not None for edit in pending) else None
        for edit in pending:
            edit.ops, over, lost = transform(edit.ops, over)
            if foresight is not None:
                over = (*over, *foresight.follow(edit))
            if edit.target is None and edit in told_of:
                told += [OpDropped(edit.edit_id, entry.op, entry.reason) for entry in lost]
            if edit.is_idle and edit is not self.flight:
                self.forget(edit.edit_id)
        self.waiting = [edit for edit in self.waiting if not edit.is_idle]
        return tuple(over), told

    def _seen_on(self, edit: Pending) -> int | None:
        """The version whose values the author of an edit saw: under their own pending ones, what came since is hidden
        from them."""
        places = places_set(edit.ops)
        hiding = [mine.made_on for mine in self.pending if mine.target is None and places & places_set(mine.ops)]
        return min((version for version in (edit.made_on, *hiding) if version is not None), default=None)

    def _put_instead(self, edit: Pending, pieces: Sequence[Pending]) -> None:
        at = self.waiting.index(edit)
        self.waiting[at : at + 1] = pieces
        self._stacks.cut(edit.edit_id, [piece.edit_id for piece in pieces])
