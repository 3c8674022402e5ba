"""What a user is to be told of edits that met: by the answer to their own, and by what others do to what they wrote."""

from collections.abc import Sequence

from collab.client.events import Lost, Notice, OpDropped, Overwritten, Overwrote, Saved
from collab.client.pending import Pending
from collab.client.wire import Answer
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit, Overwrite
from collab.domain.ot.ops import Insert, Op, Set, Text


def told_by_answer(answer: Answer, edit: Pending) -> list[Notice]:
    """What the answer to an edit tells its author."""
    # It is stored too where nothing is told of it: its edit was folded away since.
    is_stored = answer.ops or not answer.dropped
    told: list[Notice] = [Saved(answer.edit_id, answer.version)] if is_stored else []
    told += [_overwrote(answer.edit_id, edit.ops_as_sent[entry.index], entry) for entry in answer.overwrote]
    for dropped in answer.dropped:
        # What an undo's answer speaks of are the ops of the edit to undo, which may be long past.
        op = None if edit.target is not None else edit.ops_as_sent[dropped.index]
        told.append(OpDropped(answer.edit_id, op, dropped.reason))
    return told


def _overwrote(edit_id: str, op: Op, entry: Overwrite) -> Overwrote:
    if not isinstance(op, Set):
        raise TypeError(f"expected a set, which alone overwrites, got {op}")
    return Overwrote(edit_id, op.item, op.field, op.value, entry.value, entry.author, entry.version)


class OwnWrites:
    """The fields that the user wrote and nobody else has set since, each with the version of the last such edit; and
    the items that they added.

    Whoever sets one from an older version has not seen what stood there (PROTOCOL.md, A client in any language, 6).
    """

    def __init__(self) -> None:
        self._versions: dict[tuple[str | None, str], int] = {}
        self._inserted: set[str] = set()

    def stored(self, version: int, ops: Sequence[Op]) -> None:
        """An edit of the user's has its place."""
        self._versions.update(((op.item, op.field), version) for op in ops if isinstance(op, Set | Text))
        self._inserted.update(op.item.id for op in ops if isinstance(op, Insert))

    def overwritten(self, edit: Edit, document: Document) -> list[Notice]:
        """What an edit of somebody else, about to follow `document`, replaces without its author having seen it."""
        told: list[Notice] = []
        for op in edit.ops:
            if not isinstance(op, Set):
                continue
            version = self._versions.pop((op.item, op.field), 0)
            mine = document.value(op.item, op.field)
            if edit.base_version < version and mine != op.value:
                told.append(Overwritten(op.item, op.field, mine, op.value, edit.author, edit.version))
        return told

    def lost(self, before: Document, after: Document) -> list[Notice]:
        """What a document of another history does not have of what the user wrote."""
        items = sorted(self._inserted & before.items.keys() - after.items.keys())
        shared = {None, *before.items.keys() & after.items.keys()}
        fields = [(item, field) for item, field in self._versions if item in shared]
        return [
            *(Lost(item, None, dict(before.items[item].fields), None) for item in items),
            *(
                Lost(item, field, mine, now)
                for item, field in fields
                if (mine := before.value(item, field)) != (now := after.value(item, field))
            ),
        ]

    def clear(self) -> None:
        """The document was replaced whole: who wrote what since is not known."""
        self._versions.clear()
        self._inserted.clear()
