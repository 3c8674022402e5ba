"""Contents in memory: the head and the latest edits of each, and the same while a batch adds to it."""

from collections.abc import Sequence

from collab.domain.document import Document
from collab.domain.edits import Edit

KEPT_EDITS = 512
"""How many of its latest edits a content keeps in memory, at least, for rebasing and for recognising resends."""


class Live:
    """The committed head of a content and its latest edits, adjacent and ending at the head."""

    def __init__(self, document: Document, edits: Sequence[Edit]) -> None:
        self.document = document
        self._edits = list(edits)
        self._by_id = {edit.edit_id: edit for edit in self._edits}

    def since(self, version: int) -> list[Edit] | None:
        """The edits after a version; None where memory does not reach back that far."""
        count = self.document.version - version
        if count > len(self._edits):
            return None
        return self._edits[-count:] if count else []

    def find(self, edit_id: str) -> Edit | None:
        return self._by_id.get(edit_id)

    def extended(self, document: Document, edits: Sequence[Edit]) -> "Live":
        """Another one, at a new head. This one stays as it is, for those who read it in another thread."""
        return Live(document, [*self._edits[-KEPT_EDITS:], *edits])

    def advance(self, document: Document, edits: Sequence[Edit]) -> None:
        """Takes over a new head and the edits that led to it."""
        self.document = document
        self._edits.extend(edits)
        self._by_id.update((edit.edit_id, edit) for edit in edits)
        if len(self._edits) > 2 * KEPT_EDITS:
            for edit in self._edits[:-KEPT_EDITS]:
                del self._by_id[edit.edit_id]
            del self._edits[:-KEPT_EDITS]


class Working:
    """A content as one transaction sees it: what is committed, and what the transaction adds."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.document = live.document
        self.new: list[Edit] = []

    def since(self, version: int) -> list[Edit] | None:
        """As `Live.since`, with what the transaction adds."""
        committed = self.live.document.version
        if version >= committed:
            return self.new[version - committed :]
        earlier = self.live.since(version)
        return None if earlier is None else earlier + self.new

    def find(self, edit_id: str) -> Edit | None:
        return next((edit for edit in self.new if edit.edit_id == edit_id), None) or self.live.find(edit_id)

    def add(self, edit: Edit, document: Document) -> None:
        self.new.append(edit)
        self.document = document

    def commit(self) -> Live:
        """The content in memory, brought to what is now in the database."""
        self.live.advance(self.document, self.new)
        return self.live
