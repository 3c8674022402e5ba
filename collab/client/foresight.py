"""Foresight: what an undo will come to, before the server has it. It is found as the server finds it, by the same
function, in the edits that were heard and in one's own that are pending."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collab.client.pending import Pending, correction
from collab.domain.document import Document, Draft
from collab.domain.edits import Done
from collab.domain.errors import CollabError
from collab.domain.fields import Line
from collab.domain.kinds import Kind
from collab.domain.ops import Op
from collab.domain.undoing import Undoing, earlier, live_edit

MAX_PAST = 1_000
"""So many of the latest edits are kept, as many as the server's default looks back to. Of what lies further back an
undo shows once the server has it."""

_ANY = Kind("any", {"title": Line()})
"""What a field may hold is for the server to say."""


@dataclass(frozen=True, slots=True)
class Known:
    """An edit as it was applied here, stored or pending."""

    edit_id: str
    ops: tuple[Op, ...]
    inverse: tuple[Op, ...]
    undoes: str | None


class Past:
    """The latest confirmed edits, adjacent, up to the confirmed version."""

    def __init__(self) -> None:
        self.edits: list[Known] = []

    def add(self, document: Document, edit_id: str, ops: Sequence[Op], undoes: str | None) -> Document:
        """The document after an edit of the history."""
        draft = Draft(document)
        self.edits.append(_applied(draft, edit_id, ops, undoes))
        if len(self.edits) > 2 * MAX_PAST:
            del self.edits[:-MAX_PAST]
        return draft.finish()

    def clear(self) -> None:
        """The edits before are not known."""
        self.edits.clear()


class Foresight:
    """Goes through the pending edits, in order, each as it now follows the confirmed document."""

    def __init__(self, document: Document, past: Past) -> None:
        self._document = document
        self._history: list[Done] = [*past.edits[-MAX_PAST:]]

    def follow(self, edit: Pending) -> tuple[Op, ...]:
        """Takes in the next one. Returns what changes in the view, where an undo comes to something else by now."""
        change: tuple[Op, ...] = ()
        if edit.target is not None:
            shown = edit.ops
            edit.undoes, ops = self._foretold(edit.target)
            edit.ops = shown if edit.undoes is None else ops
            change = correction(self._document, shown, edit.ops)
        draft = Draft(self._document)
        self._history.append(_applied(draft, edit.edit_id, edit.ops, edit.undoes))
        self._document = replace(draft.finish(), version=self._document.version)
        return change

    def _foretold(self, edit_id: str) -> tuple[str | None, tuple[Op, ...]]:
        """Which edit an undo takes back, and how; None and nothing where only the server can tell."""
        target = next((edit for edit in self._history if edit.edit_id == edit_id), None)
        live = target and live_edit(target, self._history)
        if live is None or earlier(live, self._history):
            return None, ()
        try:
            return live.edit_id, tuple(Undoing(live, self._document, self._history, _ANY).ops)
        except CollabError:
            return None, ()


def _applied(draft: Draft, edit_id: str, ops: Sequence[Op], undoes: str | None) -> Known:
    inverse = [draft.apply(op) for op in ops]
    return Known(edit_id, tuple(ops), tuple(reversed(inverse)), undoes)
