"""Who must have been told of what, found in the stored history alone: by the edits, their bases and their authors."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from collab.client.events import Edited, Notice, Overwritten, Overwrote, Reloaded, Saved
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Set, Text, Value

Write = Set | Text


class Clashes:
    """Of one history, from version 0 on."""

    def __init__(self, document: Document, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._documents = [document]
        for edit in edits:
            self._documents.append(apply_stored(self._documents[-1], edit.ops))

    def won(self, edit: Edit) -> list[Overwrote]:
        """What the author of an edit must have been told that they overwrote."""
        if edit.undoes is not None:
            return []
        return [
            Overwrote(edit.edit_id, op.item, op.field, op.value, before, other.author, other.version)
            for op, before in self._replaced(edit)
            for other in [self._last_of_others(edit, op)]
            if other is not None
        ]

    def lost(self, edit: Edit, user_id: str, known_from: int) -> list[Overwritten]:
        """What a user must have been told that an edit of somebody else's replaced, who knows the history from a
        version on."""
        if edit.author.id == user_id:
            return []
        return [
            Overwritten(op.item, op.field, before, op.value, edit.author, edit.version)
            for op, before in self._replaced(edit)
            if self._stands_unseen(edit, op, user_id, max(edit.base_version, known_from))
        ]

    def are_based_on_what_was_seen(self, seen: Mapping[str, int]) -> bool:
        """Whether these edits say of no version that their author saw it who had not: but of their own after it."""
        return all(
            other.edit_id in seen
            for edit in self._edits
            if edit.undoes is None and edit.edit_id in seen
            for other in self._edits[seen[edit.edit_id] : edit.base_version]
        )

    def told(self, user_id: str, made: Collection[str], notices: Sequence[Notice], known_from: int = 0) -> list[Notice]:
        """What somebody must have been told who knows the history from a version on, made these edits, heard what they
        say that they heard, and was answered everything. Ordered by kind."""
        mine = [edit for edit in self._edits if edit.edit_id in made]
        lost: list[Notice] = []
        for notice in notices:
            if isinstance(notice, Reloaded):
                known_from = notice.version
            elif isinstance(notice, Edited):
                lost += self.lost(self._edits[notice.edit.version - 1], user_id, known_from)
        saved = [Saved(edit.edit_id, edit.version) for edit in mine]
        return [*saved, *(notice for edit in mine for notice in self.won(edit)), *lost]

    def _replaced(self, edit: Edit) -> Iterator[tuple[Set, Value]]:
        """The first value that an edit gives each field, where it held another; with that."""
        document, places = self._documents[edit.version - 1], set()
        for op in edit.ops:
            if isinstance(op, Set) and (op.item, op.field) not in places:
                places.add((op.item, op.field))
                before = document.value(op.item, op.field)
                if before != op.value:
                    yield op, before

    def _writes(self, op: Set, before: int, after: int) -> Iterator[tuple[Edit, Write]]:
        """The writes of a field between two versions, latest first."""
        for edit in reversed(self._edits[after : before - 1]):
            for other in reversed(edit.ops):
                if isinstance(other, Write) and (other.item, other.field) == (op.item, op.field):
                    yield edit, other

    def _last_of_others(self, edit: Edit, op: Set) -> Edit | None:
        for other, write in self._writes(op, edit.version, edit.base_version):
            if other.author.id != edit.author.id:
                return other
            if isinstance(write, Set):
                return None
        return None

    def _stands_unseen(self, edit: Edit, op: Set, user_id: str, after: int) -> bool:
        for other, write in self._writes(op, edit.version, after):
            if other.author.id == user_id:
                return True
            if isinstance(write, Set):
                return False
        return False
