"""Bands, their people, and what they share: the records that the engine keeps beside documents and edits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from collab.domain.access import Role
from collab.domain.edits import Author
from collab.domain.times import rfc3339

_PALETTE = (
    "#c2410c", "#b45309", "#4d7c0f", "#15803d", "#0f766e", "#0e7490",
    "#1d4ed8", "#4338ca", "#6d28d9", "#a21caf", "#be185d", "#be123c",
)  # fmt: skip
"""Each readable as text on white and as a ground under white text."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Band:
    """A group of users."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A user's role in a band."""

    user_id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
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
