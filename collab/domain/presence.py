"""Presence: who is in a room and where each one is working. A change and the time go in; a roster and a diff come out.

The shape is Phoenix Presence's: pure state, `now` an argument, joins and leaves as the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from collab.domain.bands import User
from collab.domain.times import rfc3339

Status: TypeAlias = Literal["active", "idle"]


@dataclass(frozen=True, slots=True)
class Focus:
    """Where a session is: an item, a field of it, and a selection in code points where the field is a text."""

    item: str | None = None
    field: str | None = None
    anchor: int | None = None
    head: int | None = None

    def to_json(self) -> dict[str, Any]:
        parts = {"item": self.item, "field": self.field, "anchor": self.anchor, "head": self.head}
        return {name: value for name, value in parts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Presence:
    """One session in one room."""

    session_id: str
    user: User
    joined_at: datetime
    last_seen: datetime
    status: Status = "active"
    focus: Focus | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "session_id": self.session_id,
            "user": self.user.to_json(),
            "status": self.status,
            "focus": None if self.focus is None else self.focus.to_json(),
            "joined_at": rfc3339(self.joined_at),
            "last_seen": rfc3339(self.last_seen),
        }


@dataclass(frozen=True, slots=True)
class Left:
    """A user whose last session has left a room."""

    user_id: str
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change made different: people who came and went, sessions that are new or changed, sessions gone."""

    joined: tuple[User, ...] = ()
    left: tuple[Left, ...] = ()
    updated: tuple[Presence, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.updated or self.gone)


@dataclass(frozen=True, slots=True)
class Lingering:
    """A user whose connection broke a moment ago and who still counts as being there, until then."""

    until: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """The sessions in a room, by session id, and the users who linger in it."""

    sessions: Mapping[str, Presence] = field(default_factory=dict)
    lingering: Mapping[str, Lingering] = field(default_factory=dict)

    def has_user(self, user_id: str) -> bool:
        return any(presence.user.id == user_id for presence in self.sessions.values())

    def to_json(self) -> list[dict[str, Any]]:
        return [presence.to_json() for presence in self.sessions.values()]


Change: TypeAlias = tuple[Roster, Diff]


def enter(roster: Roster, session_id: str, user: User, now: datetime) -> Change:
    """A session comes in. Coming in twice changes nothing; a user who lingers was never away."""
    if session_id in roster.sessions:
        return roster, Diff()
    is_new = not roster.has_user(user.id) and user.id not in roster.lingering
    presence = Presence(session_id, user, joined_at=now, last_seen=now)
    changed = Roster({**roster.sessions, session_id: presence}, _without(roster.lingering, user.id))
    return changed, Diff(joined=(user,) if is_new else (), updated=(presence,))


def leave(roster: Roster, session_id: str, now: datetime, grace: timedelta = timedelta(0)) -> Change:
    """A session goes. With a grace, its user lingers for that long: coming back meanwhile is neither join nor leave."""
    presence = roster.sessions.get(session_id)
    if presence is None:
        return roster, Diff()
    user_id = presence.user.id
    rest = Roster(_without(roster.sessions, session_id), roster.lingering)
    if rest.has_user(user_id):
        return rest, Diff(gone=(session_id,))
    if grace > timedelta(0):
        lingering = {**rest.lingering, user_id: Lingering(now + grace, now)}
        return replace(rest, lingering=lingering), Diff(gone=(session_id,))
    return rest, Diff(gone=(session_id,), left=(Left(user_id, now),))


def expire(roster: Roster, now: datetime) -> Change:
    """Those whose grace is over have left."""
    over = {user_id: entry for user_id, entry in roster.lingering.items() if entry.until <= now}
    if not over:
        return roster, Diff()
    rest = {user_id: entry for user_id, entry in roster.lingering.items() if user_id not in over}
    left = tuple(Left(user_id, entry.last_seen) for user_id, entry in over.items())
    return replace(roster, lingering=rest), Diff(left=left)


def update(roster: Roster, session_id: str, now: datetime, status: Status, focus: Focus | None) -> Change:
    """A session says what it does. The same again changes nothing but when it was last seen."""
    presence = roster.sessions.get(session_id)
    if presence is None:
        return roster, Diff()
    changed = replace(presence, status=status, focus=focus, last_seen=now)
    is_news = (status, focus) != (presence.status, presence.focus)
    return replace(roster, sessions={**roster.sessions, session_id: changed}), Diff(
        updated=(changed,) if is_news else ()
    )


def _without(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return {other: value for other, value in mapping.items() if other != key}
