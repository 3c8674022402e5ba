"""Since: what was committed after the version that an edit was made on, by what it changed.

An edit's ops meet only the ops on the same field or item. All that was committed since is gone through once, whatever
the number of ops that then ask.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from collab.domain.errors import VersionUnknown
from collab.domain.ot import text
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Insert, Item, Place, Remove, Set, Text

_WRITES = (Set, Text)

MAX_OPS = 20_000
"""An edit is carried over edits with so many ops at most: gone through in some 10 ms."""

MAX_COMPONENTS = 20_000
"""The components of text deltas that an edit's own may meet, and they them: moved in some 50 ms."""


class Since:
    """`edits` are all that came after a version, in order, up to the head. Raises `VersionUnknown` where they hold
    more ops than an edit is carried over."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._writes: dict[Place, list[tuple[Edit, Set | Text]]] = {}
        ops = 0
        for edit in edits:
            ops += len(edit.ops)
            for op in edit.ops:
                if isinstance(op, _WRITES):
                    self._writes.setdefault((op.item, op.field), []).append((edit, op))
        if ops > MAX_OPS:
            raise VersionUnknown(
                f"expected a base_version with at most {MAX_OPS} ops after it, got one with {ops}; "
                "ask for the content anew"
            )

    def deltas(self, place: Place) -> list[text.Delta] | None:
        """The deltas that edits gave a text field, in order; None where one of them replaced the text whole."""
        item_id, name = place
        ops = [op for _, op in self._writes.get(place, ())]
        if any(isinstance(op, Set) for op in ops) or (item_id is not None and self._is_replaced(item_id, name)):
            return None
        return [op.delta for op in ops if isinstance(op, Text)]

    def last_write(self, place: Place, author_id: str) -> Edit | None:
        """The last edit of somebody else whose value or words a field still holds: one's own `set` ends the search."""
        for edit, op in reversed(self._writes.get(place, ())):
            if edit.author.id != author_id:
                return edit
            if isinstance(op, Set):
                return None
        return None

    def had(self, item_id: str) -> bool:
        """Whether an item came or went since."""
        return item_id in self._stays

    @cached_property
    def _stays(self) -> Mapping[str, list[Item | Insert]]:
        """The items that were removed, as they were then, and the inserts, by the item's id."""
        stays: defaultdict[str, list[Item | Insert]] = defaultdict(list)
        for edit in self._edits:
            for op, inverse in zip(edit.ops, reversed(edit.inverse), strict=True):
                if isinstance(op, Remove) and isinstance(inverse, Insert):
                    stays[op.item].append(inverse.item)
                elif isinstance(op, Insert):
                    stays[op.item.id].append(op)
        return stays

    def _is_replaced(self, item_id: str, name: str) -> bool:
        """Whether an item was removed and came back with another text. Undo brings it back as it was; anything else
        that restores it replaced its text."""
        removed: Item | None = None
        for stay in self._stays.get(item_id, ()):
            if isinstance(stay, Item):
                removed = stay
            elif removed is not None and stay.item.fields.get(name) != removed.fields.get(name):
                return True
        return False
