"""Bands, their people, and what they share: the records that the engine keeps beside documents and edits."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from zlib import crc32

from collab.domain.access import Role
from collab.domain.ot.edits import Author
from collab.domain.record import record
from collab.domain.times import rfc3339

_PALETTE = (
    "#c2410c", "#b45309", "#4d7c0f", "#15803d", "#0f766e", "#0e7490",
    "#1d4ed8", "#4338ca", "#6d28d9", "#a21caf", "#be185d", "#be123c",
)  # fmt: skip
"""Each readable as text on white and as a ground under white text."""


@record
class User:
    """A person. `is_operator` says that their token carries `admin: true`."""

    id: str
    name: str
    is_operator: bool = False

    @property
    def color(self) -> str:
        """The colour that stands for this person everywhere; the same for the same id."""
        return _PALETTE[crc32(self.id.encode()) % len(_PALETTE)]

    @property
    def author(self) -> Author:
        return Author(self.id, self.name)

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "color": self.color}


@record
class Band:
    """A group of users. An archived one is out of the way, and nothing else."""

    id: str
    name: str
    is_archived: bool = False


@record
class ContentRef:
    """The band and the kind of a content, and whether it is archived."""

    id: str
    band_id: str
    kind: str
    is_archived: bool


@record
class BandFacts:
    """What every event of a band is checked by: who belongs to it, and its contents, archived ones too. `revision`
    counts the changes of that; what is told may be newer, never older."""

    revision: int
    roles: Mapping[str, Role]
    contents: Sequence[ContentRef]


@record
class Member:
    """A user's role in a band."""

    user_id: str
    name: str
    role: Role


@record
class Content:
    """What is known of a shared document without opening it. `updated_by` is who made the last edit."""

    id: str
    band_id: str
    kind: str
    title: str
    version: int
    updated_at: datetime
    updated_by: Author
    is_archived: bool = False

    def to_json(self) -> dict[str, Any]:
        """The `summary` of PROTOCOL.md."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "version": self.version,
            "updated_at": rfc3339(self.updated_at),
            "updated_by": self.updated_by.to_json(),
        }


@record
class Checkpoint:
    """A version of a content that somebody gave a name."""

    id: str
    content_id: str
    version: int
    label: str
    created_at: datetime
    created_by: Author

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.version,
            "label": self.label,
            "created_at": rfc3339(self.created_at),
            "created_by": self.created_by.to_json(),
        }


JobStatus: TypeAlias = Literal["running", "completed", "error", "cancelled"]


@record
class Job:
    """Work in the background that goes on after a restart. `work` is what there is to do, in order, `done` of it
    is done; an empty `work` that is not done belongs to a job that is over. `result` says what came of it."""

    id: str
    band_id: str
    content_id: str
    name: str
    started_by: User
    total: int
    created_at: datetime
    status: JobStatus = "running"
    done: int = 0
    work: Sequence[Any] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    finished_at: datetime | None = None

    @property
    def percent(self) -> int:
        return 100 if self.total == 0 else self.done * 100 // self.total

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "band_id": self.band_id,
            "content_id": self.content_id,
            "name": self.name,
            "status": self.status,
            "total": self.total,
            "done": self.done,
            "progress": self.percent,
            "result": dict(self.result),
            "started_by": self.started_by.author.to_json(),
            "created_at": rfc3339(self.created_at),
            "finished_at": None if self.finished_at is None else rfc3339(self.finished_at),
        }
