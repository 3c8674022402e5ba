"""Contents in memory: the head and the latest edits of each, and the same while a batch adds to it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.edits import Edit
from collab.domain.ot.rebase import Accepted
from collab.domain.ot.since import MAX_OPS
from collab.domain.sizes import content_bytes, growth_bytes, weight
from collab.storage.edit_log import Row

KEPT_EDITS = 512
"""How many of its latest edits a content keeps in memory, at least, for rebasing and for recognising resends; fewer
where they weigh more than as many ops as an edit is carried over."""


class CachedContent:
    """The committed head of a content with its size (domain/sizes.py), and its latest edits, adjacent and ending at the
    head."""

    def __init__(self, document: Document, at: datetime, edits: Sequence[Edit]) -> None:
        self.document = document
        self.at = at
        self.size_bytes = content_bytes(document)
        self._edits = list(edits)
        self._weights = list(map(weight, edits))
        self._by_id = {edit.edit_id: edit for edit in self._edits}
        self.weight = sum(self._weights)

    @property
    def oldest(self) -> int:
        """The earliest version of which all that came after is in memory."""
        return self.document.version - len(self._edits)

    def since(self, version: int) -> list[Edit] | None:
        """The edits after a version; None where memory does not reach back that far."""
        count = self.document.version - version
        if count > len(self._edits):
            return None
        return self._edits[-count:] if count else []

    def names(self, is_theirs: Callable[[str], bool]) -> bool:
        """Whether an edit in memory is by one of these authors, or says that it overwrote one of theirs."""
        ids = {edit.author.id for edit in self._edits}
        ids.update(overwrite.author.id for edit in self._edits for overwrite in edit.overwrote)
        return any(map(is_theirs, ids))

    def find(self, edit_id: str) -> Edit | None:
        return self._by_id.get(edit_id)

    def edit_id_at(self, version: int) -> str | None:
        """The id of the edit that made a version; None where memory does not have it."""
        index = version - self.document.version - 1
        return self._edits[index].edit_id if -len(self._edits) <= index < 0 else None

    def advance(self, document: Document, size_bytes: int, edits: Sequence[Edit], weights: Sequence[int]) -> None:
        """Takes over a new head and the edits that led to it, with what each weighs."""
        self.document = document
        self.size_bytes = size_bytes
        self.at = edits[-1].at if edits else self.at
        self._edits.extend(edits)
        self._weights.extend(weights)
        for edit in edits:
            self._by_id[edit.edit_id] = edit
        self.weight += sum(weights)
        if len(self._edits) > 2 * KEPT_EDITS or self.weight > 2 * MAX_OPS:
            self._forget()

    def _forget(self) -> None:
        kept, load = 0, 0
        while kept < KEPT_EDITS and kept < len(self._edits) and load <= MAX_OPS:
            kept += 1
            load += self._weights[-kept]
        for edit in self._edits[:-kept]:
            del self._by_id[edit.edit_id]
        del self._edits[:-kept], self._weights[:-kept]
        self.weight = load


class Working:
    """A content as one transaction sees it: what memory holds, what other nodes have added, and what it adds itself.

    `caught_up` are edits of other nodes, right after those in memory. `rows` are those of `new` as they are stored. The
    `CachedContent` stays as it is until `commit`, for those who read it in another thread.
    """

    def __init__(self, live: CachedContent, caught_up: Sequence[Edit] = ()) -> None:
        self.document = live.document
        self.size_bytes = live.size_bytes
        self.new: list[Edit] = []
        self.rows: list[Row] = []
        self._live = live
        self._earlier: list[Edit] = []
        self._added = list(caught_up)
        self._weights = list(map(weight, caught_up))
        self._by_id = {edit.edit_id: edit for edit in self._added}
        for edit in self._added:
            document = apply_stored(self.document, edit.ops)
            self.size_bytes += growth_bytes(self.document, document, edit.ops)
            self.document = document

    @property
    def at(self) -> datetime:
        """The time of the head."""
        return self._added[-1].at if self._added else self._live.at

    @property
    def oldest(self) -> int:
        """As `CachedContent.oldest`, with what was read."""
        return self._live.oldest - len(self._earlier)

    @property
    def weight(self) -> int:
        """What the edits weigh that the transaction has (domain/sizes.py)."""
        return self._live.weight + sum(self._weights) + sum(map(weight, self._earlier))

    def reach_back(self, edits: Sequence[Edit]) -> None:
        """Takes in the edits right up to `oldest`, for as long as the transaction lasts."""
        self._earlier = [*edits, *self._earlier]

    def since(self, version: int) -> list[Edit] | None:
        """As `CachedContent.since`, with what was added and read."""
        in_memory = self._live.document.version
        if version >= in_memory:
            return self._added[version - in_memory :]
        recent = self._live.since(max(version, self._live.oldest)) or []
        if version < self._live.oldest:
            if version < self.oldest:
                return None
            recent = self._earlier[version - self.oldest :] + recent
        return recent + self._added

    def find(self, edit_id: str) -> Edit | None:
        return self._by_id.get(edit_id) or self._live.find(edit_id)

    def edit_id_at(self, version: int) -> str | None:
        """As `CachedContent.edit_id_at`, with what was added."""
        index = version - self._live.document.version - 1
        return self._live.edit_id_at(version) if index < 0 else self._added[index].edit_id

    def add(self, accepted: Accepted, row: Row) -> None:
        """Takes over an edit that was measured, and its row."""
        edit = accepted.edit
        self.new.append(edit)
        self.rows.append(row)
        self._added.append(edit)
        self._weights.append(weight(edit, accepted.sizes.stored_bytes))
        self._by_id[edit.edit_id] = edit
        self.document = accepted.document
        self.size_bytes = accepted.sizes.content_bytes

    def commit(self) -> CachedContent:
        """The content in memory, brought to what is now in the database."""
        self._live.advance(self.document, self.size_bytes, self._added, self._weights)
        return self._live
