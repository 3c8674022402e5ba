"""Undoing: a stored edit is taken back on the head, as far as others have left what it did (PROTOCOL.md, How edits
meet, 5). Texts are taken back letter by letter: see letters.py."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from collab.domain.errors import Forbidden
from collab.domain.kinds import Kind
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Done, Dropped, Edit, Reason, Undo
from collab.domain.ot.letters import Cause, Letters
from collab.domain.ot.making import Making
from collab.domain.ot.ops import Insert, Move, Op, Place, Remove, Set, Text
from collab.domain.ot.rebase import Accepted, Nothing, outcome_of

T = TypeVar("T", bound=Done)


def undo(request: Undo, target: Edit, document: Document, history: Sequence[Edit], kind: Kind) -> Accepted | Nothing:
    """What becomes of undoing `target` on the head `document`.

    `history` holds adjacent edits up to the head, from the target on or from earlier: as far back as `earlier` says.
    What others did since stays. Of an edit that was undone and redone it is the latest redo that is undone, so each
    edit is undone by one other at most. Raises `Forbidden` where the edit is somebody else's and the request may not
    undo others', `Invalid` where an item finds no room at its old place, and `NotFound` where too much was typed since.
    """
    if target.author.id != request.author.id and not request.may_undo_others:
        raise Forbidden("expected an edit of your own: only owners undo what others did")
    live = live_edit(target, history)
    if live is None:
        return Nothing(document.version, tuple(Dropped(index, "already_undone") for index, _ in enumerate(target.ops)))
    undoing = Undoing(live, document, history, kind)
    return outcome_of(undoing, document, request, document.version, undoes=live.edit_id)


def live_edit(target: T, history: Sequence[T]) -> T | None:
    """The edit that now carries the target's effect: itself, or its latest redo; None where it is undone."""
    undone_by = {edit.undoes: edit for edit in history if edit.undoes is not None}
    live = target
    while undone := undone_by.get(live.edit_id):
        redone = undone_by.get(undone.edit_id)
        if redone is None:
            return None
        live = redone
    return live


def earlier(target: Done, history: Sequence[Done]) -> set[str]:
    """The ids of edits that lie before the history, and without which the target's texts are not taken back exactly:
    undos in those texts take them back. Empty for an edit of no text."""
    places = set(_places(target))
    undone = {edit.undoes for edit in history if edit.undoes is not None and not places.isdisjoint(_places(edit))}
    return undone - {edit.edit_id for edit in history}


def _places(edit: Done) -> Iterator[Place]:
    return ((op.item, op.field) for op in edit.ops if isinstance(op, Text))


class Undoing(Making):
    """All that can still be taken back of an edit, taken back. Raises `Invalid` where an item finds no room."""

    def __init__(self, live: Done, document: Document, history: Sequence[Done], kind: Kind) -> None:
        super().__init__(document, kind)
        named = {live.edit_id} | {edit.undoes for edit in history if edit.undoes is not None}
        self._letters = {place: Letters(place, history, document.value(*place), named) for place in {*_places(live)}}
        self._causes = {place: letters.causes(live.edit_id)[:] for place, letters in self._letters.items()}
        self._kept: dict[Place, Reason] = {}
        last = len(live.ops) - 1
        for offset, inverse in enumerate(live.inverse):
            self._take_back(last - offset, live.ops[last - offset], inverse)
        self.check()

    def _take_back(self, index: int, done: Op, inverse: Op) -> None:
        subject = _subject(inverse)
        cause = self._causes[subject].pop() if subject in self._causes and isinstance(done, Set | Text) else None
        # What an edit did to a thing before lies under what it did to it last: where that stays, both do.
        reason = self._kept.get((subject[0], "")) or self._kept.get(subject)
        back = reason or self._back(index, done, inverse, cause)
        if isinstance(back, str):
            self._kept[subject] = back
            self.dropped.append(Dropped(index, back))
        else:
            self._apply(back)

    def _back(self, index: int, done: Op, inverse: Op, cause: Cause | None) -> Op | Reason:
        """What takes a stored op back, or why it is not."""
        if isinstance(inverse, Insert):
            if inverse.item.id in self.draft.items:
                return "item_exists"
            for (item_id, _), letters in self._letters.items():
                if item_id == inverse.item.id:
                    letters.restore(inverse.item)
            return Insert(self._placed(f"ops.{index}.item.position", inverse.item))
        if inverse.item is not None and inverse.item not in self.draft.items:
            return "item_removed"
        match inverse:
            case Set(item_id, name, _):
                given = done.value if isinstance(done, Set) else None
                if self.draft.value(item_id, name) != given:
                    return "field_changed"
                if cause is not None:
                    self._letters[item_id, name].set_back(cause, inverse)
            case Text(item_id, name, _) if cause is not None:
                return self._text_back(item_id, name, cause)
            case Move(item_id, position):
                put = done.position if isinstance(done, Move) else None
                if self.draft.items[item_id].position != put:
                    return "item_moved"
                return Move(item_id, self._free_position(f"ops.{index}.position", position, item_id))
        return inverse

    def _text_back(self, item_id: str | None, name: str, cause: Cause) -> Op | Reason:
        letters = self._letters[item_id, name]
        delta = letters.switch(cause)
        if delta is None:
            return "field_replaced"
        if self._text_problem(item_id, name, delta):
            letters.switch(cause)
            return "text_too_long"
        return Text(item_id, name, delta)


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
