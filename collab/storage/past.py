"""Past: what a batch needs of the database beyond what is in memory: contents, and their edits before those it has."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from collab.domain.document import Document, apply_stored
from collab.domain.edits import Edit
from collab.domain.errors import NotFound, VersionUnknown
from collab.domain.since import MAX_OPS
from collab.domain.sizes import weight
from collab.domain.undoing import earlier
from collab.storage.live import KEPT_EDITS, Live, Working
from collab.storage.rows import (
    SELECT_EDITS,
    document_of,
    edit_of,
    edits_after,
    edits_at,
    edits_before,
    edits_named,
    snapshot_before,
)
from collab.storage.tables import contents, edits


class Past:
    """Reads within a transaction that holds the heads. `max_base_edits` is how far before the head a base may be."""

    def __init__(self, connection: Connection, max_base_edits: int) -> None:
        self._connection = connection
        self._max_base_edits = max_base_edits

    def load(self, content_id: str, head: int) -> Working:
        """A content that is not in memory, or too far behind."""
        document: Document = document_of(self._connection.execute(snapshot_before(content_id, head)).scalar_one())
        for row in self._connection.execute(edits_after(content_id, document.version)):
            document = apply_stored(document, edit_of(row).ops)
        recent = self._read_back(content_id, head, head - KEPT_EDITS, MAX_OPS)
        at = self._connection.execute(select(contents.c.updated_at).where(contents.c.id == content_id)).scalar_one()
        return Working(Live(document, at, recent))

    def catch_up(self, behind: Mapping[str, tuple[Live, int]]) -> dict[str, Working]:
        """What is in memory with what other nodes have committed since, up to a head. One query for all contents: every
        other node waits for these heads meanwhile."""
        keys = [
            (content_id, version)
            for content_id, (live, head) in behind.items()
            for version in range(live.document.version + 1, head + 1)
        ]
        added: dict[str, list[Edit]] = {content_id: [] for content_id in behind}
        for row in edits_at(self._connection, keys):
            added[row.content_id].append(edit_of(row))
        return {
            # Or a part of them was folded away.
            content_id: Working(live, added[content_id])
            if len(added[content_id]) == head - live.document.version
            else self.load(content_id, head)
            for content_id, (live, head) in behind.items()
        }

    def since(self, working: Working, version: int) -> Sequence[Edit]:
        """What came after a version; `VersionUnknown` where that is too much, or gone."""
        head = working.document.version
        if head - version > self._max_base_edits:
            raise VersionUnknown(
                f"expected a version at most {self._max_base_edits} before the head, {head}, got {version}; "
                "ask for the content anew"
            )
        if version < working.oldest:
            room = MAX_OPS - working.weight
            working.reach_back(self._read_back(working.document.id, working.oldest, version, room))
        since = working.since(version)
        if since is None:
            raise VersionUnknown(
                f"what came after version {version} was folded away, or is more than {MAX_OPS} ops or {MAX_OPS} kB; "
                "ask for the content anew"
            )
        return since

    def _read_back(self, content_id: str, version: int, after: int, room: int) -> list[Edit]:
        """The edits up to a version and after another; of those that weigh more than `room` only the last ones."""
        found: list[Edit] = []
        if room >= 0:
            with self._connection.execute(edits_before(content_id, version, after)) as rows:
                for row in rows:
                    found.append(edit_of(row))
                    room -= weight(found[-1])
                    if room < 0:
                        break
        return found[::-1]

    def history(self, working: Working, target: Edit) -> Sequence[Edit]:
        """The edits from the target on, and as many before it as taking it back exactly needs, while they are there."""
        try:
            history = self.since(working, target.version - 1)
        except VersionUnknown as error:
            raise NotFound(
                f"edit {target.edit_id} lies too far back to be undone: change by hand what it did"
            ) from error
        while before := self._versions(working, earlier(target, history)):
            try:
                history = self.since(working, min(before) - 1)
            except VersionUnknown:
                break
        return history

    def _versions(self, working: Working, edit_ids: Iterable[str]) -> list[int]:
        """The versions of these edits, of those that are not folded away."""
        found = {edit_id: working.find(edit_id) for edit_id in edit_ids}
        missing = [(working.document.id, edit_id) for edit_id, edit in found.items() if edit is None]
        stored = edits_named(self._connection, missing) if missing else ()
        return [*(edit.version for edit in found.values() if edit is not None), *(row.version for row in stored)]

    def edit_id_at(self, working: Working, version: int) -> str | None:
        """The id of the edit that made a version."""
        in_memory = working.edit_id_at(version)
        if in_memory is not None:
            return in_memory
        named = select(edits.c.edit_id).where(edits.c.content_id == working.document.id, edits.c.version == version)
        return self._connection.execute(named).scalar_one_or_none()

    def find(self, working: Working, edit_id: str) -> Edit:
        """An edit of a content; `NotFound`."""
        if (edit := working.find(edit_id)) is not None:
            return edit
        row = self._connection.execute(
            SELECT_EDITS.where(edits.c.content_id == working.document.id, edits.c.edit_id == edit_id)
        ).one_or_none()
        if row is None:
            raise NotFound(f"expected the edit_id of an edit of this content, got {edit_id!r}")
        return edit_of(row)
