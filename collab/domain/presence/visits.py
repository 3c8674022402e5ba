"""Visits: who was in which room, from when until when, and why it ended; and the nodes that vouch for that."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from collab.domain.bands import User
from collab.domain.record import record
from collab.domain.times import rfc3339


@record
class Origin:
    """How a session reaches the server. `transport` is "websocket" or "polling"."""

    transport: str | None = None
    user_agent: str | None = None
    remote_addr: str | None = None


@record
class Visit:
    """One session's time in one room. It is open while `ended_at` is None; `end_reason` is said in PROTOCOL.md."""

    id: str
    session_id: str
    user: User
    room: str
    node_id: str
    origin: Origin
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None

    def seen(self, at: datetime) -> "Visit":
        return replace(self, last_seen_at=at)

    def end(self, at: datetime, reason: str) -> "Visit":
        return replace(self, ended_at=at, end_reason=reason)

    def to_json(self) -> dict[str, Any]:
        """For members of the band: addresses and user agents are in the database alone."""
        return {
            "id": self.id,
            "session_id": self.session_id,
            "user": self.user.to_json(),
            "room": self.room,
            "transport": self.origin.transport,
            "started_at": rfc3339(self.started_at),
            "last_seen": rfc3339(self.last_seen_at),
            "ended_at": None if self.ended_at is None else rfc3339(self.ended_at),
            "end_reason": self.end_reason,
        }


@record
class Node:
    """A running server. Nobody hears of it for longer than its lease: then it is dead, and any other may say so."""

    id: str
    host: str
    started_at: datetime
    renewed_at: datetime
    lease_until: datetime
    ended_at: datetime | None = None


@record
class Departed:
    """A session that was in a room of a node that died. `is_still_there` says that its user has another session
    in that room, on some node that lives."""

    room: str
    session_id: str
    user_id: str
    last_seen: datetime
    is_still_there: bool
