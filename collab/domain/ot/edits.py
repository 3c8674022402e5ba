"""Edits: what an author asks for, and what stands in the history. How they meet is in rebase.py.

`Edit` states the shape of an edit. All else follows it: `to_json` and `from_json` are what travels, to clients and
between nodes; `collab/storage/rows.py` is how it is stored. What of it is public is in `collab/protocol/models.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from collab.domain.access import ContentRoom, parse_content_room
from collab.domain.ot import ops
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Op, Value
from collab.domain.record import record
from collab.domain.times import rfc3339


def canonical_id(edit_id: str) -> str:
    """The form of a UUID in which edits are stored and found: small letters (RFC 9562, 4)."""
    return edit_id.lower()


@record
class Author:
    """Who made an edit; `name` is the one the user goes by now."""

    id: str
    name: str

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name}

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Author":
        return cls(data["id"], data["name"])


@record
class Proposal:
    """An edit as its author sent it, not yet ordered. `expect="unchanged"` refuses to overwrite somebody else.

    `base_version` is the version that its author saw; `base_edit` names the edit that made it, where the author says
    which. A client that kept the edit back has rebased its ops since, to `rebased_to`; without it they are as they
    were made.
    """

    edit_id: str
    base_version: int
    ops: tuple[Op, ...]
    author: Author
    session_id: str | None
    at: datetime
    expect: Literal["unchanged"] | None = None
    base_edit: str | None = None
    rebased_to: int | None = None


@record
class Undo:
    """The wish to take back the edit `target`; undoing an undo is redo."""

    edit_id: str
    target: str
    author: Author
    session_id: str | None
    at: datetime
    may_undo_others: bool = False


@record
class Restore:
    """The wish to bring the document back to what it was: to `wanted`, itself at an earlier version. Made by the
    server alone, so that it may bring back items whose ids were used before."""

    edit_id: str
    wanted: Document
    author: Author
    session_id: str | None
    at: datetime


Asked: TypeAlias = Proposal | Undo | Restore
"""What the journal takes."""

Reason: TypeAlias = Literal[
    "item_removed", "field_replaced", "field_changed", "item_moved", "item_exists", "text_too_long", "already_undone"
]
"""Why an op was dropped. The last five are of undo alone."""


@record
class Dropped:
    """The op at `index` of the edit (for an undo: of the edit to undo) was not applied."""

    index: int
    reason: Reason

    def to_json(self) -> dict[str, Value]:
        return {"index": self.index, "reason": self.reason}

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Dropped":
        return cls(data["index"], data["reason"])


@record
class Overwrite:
    """The op at `index` replaced `value`, which `author` had given the field in `version`."""

    index: int
    version: int
    author: Author
    value: Value

    def to_json(self) -> dict[str, Value]:
        return {
            "index": self.index,
            "version": self.version,
            "author": self.author.to_json(),
            "value": self.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Overwrite":
        return cls(data["index"], data["version"], Author.from_json(data["author"]), data["value"])


class Done(Protocol):
    """What there is to know of an edit for it to be undone, whether it is stored yet or not."""

    @property
    def edit_id(self) -> str: ...
    @property
    def ops(self) -> tuple[Op, ...]: ...
    @property
    def inverse(self) -> tuple[Op, ...]: ...
    @property
    def undoes(self) -> str | None: ...


@record
class Edit:
    """An edit as it stands in the history. `ops` are as applied; `inverse` takes them back, in the order to apply."""

    content_id: str
    version: int
    edit_id: str
    base_version: int
    author: Author
    session_id: str | None
    ops: tuple[Op, ...]
    inverse: tuple[Op, ...]
    at: datetime
    undoes: str | None = None
    dropped: tuple[Dropped, ...] = ()
    overwrote: tuple[Overwrite, ...] = ()

    def to_json(self) -> dict[str, Value]:
        """The edit as clients see it, in `content_edited`, `batch_update` and the history."""
        body: dict[str, Value] = {
            "room_id": ContentRoom(self.content_id).name,
            "edit_id": self.edit_id,
            "version": self.version,
            "base_version": self.base_version,
            "author": self.author.to_json(),
            "session_id": self.session_id,
            "ops": [op.to_json() for op in self.ops],
            "at": rfc3339(self.at),
        }
        if self.undoes is not None:
            body["undoes"] = self.undoes
        return body

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Edit":
        """The edit of a `to_json`, as everybody hears of it: what takes it back, and what its author alone is told, is
        not in there."""
        return cls(
            content_id=parse_content_room(data["room_id"]).id,
            version=data["version"],
            edit_id=data["edit_id"],
            base_version=data["base_version"],
            author=Author.from_json(data["author"]),
            session_id=data["session_id"],
            ops=tuple(map(ops.from_json, data["ops"])),
            inverse=(),
            at=datetime.fromisoformat(data["at"]),
            undoes=data.get("undoes"),
        )
