"""Foresight: what an undo will come to, before the server has it. It is found as the server finds it, by the same
function, in the edits that were heard and in one's own that are pending."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collab.client.pending import Pending, correction, predicted
from collab.domain.errors import CollabError
from collab.domain.fields import Line
from collab.domain.kinds import Kind
from collab.domain.ot.document import Document, Draft
from collab.domain.ot.ops import Op
from collab.domain.ot.undoing import Undoing, earlier, live_edit

MAX_PAST = 1_000
"""So many of the latest edits are kept, as many as the server's default looks back to."""

_ANY = Kind("any", {"title": Line()})
"""What a field may hold is for the server to say."""


@dataclass(frozen=True, slots=True)
class Known:
    """An edit as it was applied here, stored or pending."""

    edit_id: str
    ops: tuple[Op, ...]
    inverse: tuple[Op, ...]
    undoes: str | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo comes to: the edit that it takes back, None where that is undone already, and its ops."""

    undoes: str | None
    ops: tuple[Op, ...]


class Past:
    """The latest edits, adjacent, up to a document."""

    def __init__(self, edits: Sequence[Known] = (), standing: Sequence[Known] = ()) -> None:
        self._edits = [*edits]
        self._standing = [*standing]
        """The same without edits that the very next one took back, and without that one; again and again."""

    def copy(self) -> "Past":
        return Past(self._edits, self._standing)

    def add(self, document: Document, edit_id: str, ops: Sequence[Op], undoes: str | None) -> Document:
        """The document after an edit."""
        draft = Draft(document)
        inverse = [draft.apply(op) for op in ops]
        edit = Known(edit_id, tuple(ops), tuple(reversed(inverse)), undoes)
        self._edits.append(edit)
        last = self._standing[-1] if self._standing else None
        if last is not None and undoes == last.edit_id and edit.ops == last.inverse:
            self._standing.pop()
        else:
            self._standing.append(edit)
        for edits in (self._edits, self._standing):
            if len(edits) > 2 * MAX_PAST:
                del edits[:-MAX_PAST]
        return draft.finish()

    def clear(self) -> None:
        """The edits before are not known."""
        self._edits.clear()
        self._standing.clear()

    def undone(self, target_id: str, document: Document) -> Undone | None:
        """What undoing an edit comes to on the document at the end; None where only the server can tell."""
        last = self._standing[-1] if self._standing else None
        if last is not None and last.edit_id == target_id:
            # It is as if nothing had been edited since: whatever came before, this takes it back.
            return Undone(target_id, last.inverse)
        found = self._looked_at(target_id)
        if found is None:
            return None
        target, history = found
        live = live_edit(target, history)
        if live is None:
            return Undone(None, ())
        try:
            return Undone(live.edit_id, tuple(Undoing(live, document, history, _ANY).ops))
        except CollabError:
            return None

    def _looked_at(self, target_id: str) -> tuple[Known, Sequence[Known]] | None:
        """An edit, and the history that the server looks at to undo it; None where not all of that was heard here."""
        reach = self._edits[-MAX_PAST:]
        at = next((index for index, edit in enumerate(reach) if edit.edit_id == target_id), None)
        if at is None:
            return None
        target = reach[at]
        while before := earlier(target, reach[at:]):
            heard = [index for index, edit in enumerate(reach[:at]) if edit.edit_id in before]
            if len(heard) < len(before):
                # The server looks back no further than this client does.
                return (target, reach[at:]) if len(reach) == MAX_PAST else None
            at = min(heard)
        return target, reach[at:]


class Foresight:
    """Goes through the pending edits, in order, each as it now follows the confirmed document."""

    def __init__(self, document: Document, past: Past) -> None:
        self._document = document
        self._past = past.copy()

    def follow(self, edit: Pending) -> tuple[Op, ...]:
        """Takes in the next one. Returns what changes in the view, where an undo comes to something else by now; where
        that can't be told here, what it has shown so far stays."""
        change: tuple[Op, ...] = ()
        undone = Undone(None, ()) if edit.is_void else None
        if edit.target is not None and not edit.is_void:
            undone = self._past.undone(edit.target, self._document)
        if undone is not None:
            shown, edit.undoes, edit.ops = edit.ops, undone.undoes, undone.ops
            change = correction(self._document, shown, edit.ops)
        ops, _ = predicted(self._document, edit.ops)
        after = self._past.add(self._document, edit.edit_id, ops, edit.undoes)
        self._document = replace(after, version=self._document.version)
        return change
