"""Roles, what each may do, and room names parsed once into types."""

import re
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import TypeAlias

from collab.domain.errors import Forbidden, Invalid
from collab.domain.record import record
from collab.domain.strings import id_problem


class Role(StrEnum):
    """A user's role in a band."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Right(IntEnum):
    """What somebody wants to do, each including those before it."""

    VIEW = 1
    EDIT = 2
    MANAGE = 3


_RIGHTS = {Role.VIEWER: Right.VIEW, Role.EDITOR: Right.EDIT, Role.OWNER: Right.MANAGE}


def may(role: Role | None, right: Right) -> bool:
    return role is not None and _RIGHTS[role] >= right


def require(role: Role | None, right: Right, what: str) -> Role:
    """The role, where it is enough. A thing that one may not see and one that does not exist answer alike."""
    if role is None:
        raise Forbidden(f"{what} does not exist or is not yours")
    if not may(role, right):
        needed = next(role for role, rights in _RIGHTS.items() if rights >= right)
        raise Forbidden(f"expected at least the role {needed} for {what}, yours is {role}")
    return role


@record
class BandRoom:
    """Who is online in a band, and what changed in it."""

    id: str

    @property
    def name(self) -> str:
        return f"band_{self.id}"


@record
class ContentRoom:
    """The live edits of one content."""

    id: str

    @property
    def name(self) -> str:
        return f"content_{self.id}"


@record
class UserRoom:
    """A user's own sessions; only the server puts them there."""

    id: str

    @property
    def name(self) -> str:
        return f"user_{self.id}"


SharedRoom: TypeAlias = BandRoom | ContentRoom
"""A room that sessions enter and leave, and that has a roster."""

Room: TypeAlias = SharedRoom | UserRoom

_ROOM = re.compile(r"(band|content|user)_(.{1,100})", re.DOTALL)
_TYPES: dict[str, type[Room]] = {"band": BandRoom, "content": ContentRoom, "user": UserRoom}


@lru_cache(maxsize=4_096)
def parse_room(name: str, path: str = "room") -> Room:
    """The room of that name; `Invalid` at `path` where the name has no such form. Not a check of rights."""
    if (match := _ROOM.fullmatch(name)) and id_problem(match[2]) is None:
        return _TYPES[match[1]](match[2])
    raise Invalid.at(path, f"expected 'band_<id>' or 'content_<id>', got {name[:80]!r}")


def parse_content_room(name: str, path: str = "room_id") -> ContentRoom:
    """As `parse_room`, for the rooms that can be edited."""
    room = parse_room(name, path)
    if isinstance(room, ContentRoom):
        return room
    raise Invalid.at(path, f"expected 'content_<id>', got {name[:80]!r}")


def parse_shared_room(name: str, path: str = "room") -> SharedRoom:
    """As `parse_room`, for the rooms that have a roster."""
    room = parse_room(name, path)
    if isinstance(room, BandRoom | ContentRoom):
        return room
    raise Invalid.at(path, f"expected 'band_<id>' or 'content_<id>', got {name[:80]!r}")
