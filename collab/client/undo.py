"""What a user may take back and bring back: the ids of their own edits of one content, newest last."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

MAX_STEPS = 1_000
"""So many of the latest can be taken back: a program may make edits for months."""


class UndoStacks:
    """Undoing an edit makes an edit, which undone is the redo: both are asked for by `undo_edit`."""

    def __init__(self) -> None:
        self._done: deque[str] = deque(maxlen=MAX_STEPS)
        self._undone: deque[str] = deque(maxlen=MAX_STEPS)

    def made(self, edit_id: str) -> None:
        """The user has made an edit; what they had undone before can't be brought back any more."""
        if not self._done or self._done[-1] != edit_id:
            self._done.append(edit_id)
        self._undone.clear()

    def cut(self, edit_id: str, pieces: Sequence[str]) -> None:
        """An edit of the user's became several: it, and after it these."""
        if pieces and edit_id in self._done:
            at = self._done.index(edit_id) + 1
            self._done = deque([*islice(self._done, at), *pieces, *islice(self._done, at, None)], MAX_STEPS)

    def undo(self, edit_id: str) -> str | None:
        """The edit that the undo `edit_id` takes back; None where there is none."""
        return _shift(self._done, self._undone, edit_id)

    def redo(self, edit_id: str) -> str | None:
        """The undo that the redo `edit_id` takes back; None where there is none."""
        return _shift(self._undone, self._done, edit_id)

    def forget(self, edit_id: str) -> None:
        """An edit or undo that was not stored."""
        for stack in (self._done, self._undone):
            if edit_id in stack:
                stack.remove(edit_id)


def _shift(source: deque[str], to: deque[str], edit_id: str) -> str | None:
    if not source:
        return None
    to.append(edit_id)
    return source.pop()
