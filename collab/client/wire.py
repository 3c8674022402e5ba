"""What the server sends, as records: answers, presences, summaries. The shapes are PROTOCOL.md's; an edit is the
domain's own (`Edit.from_json`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from collab.domain.access import Role
from collab.domain.bands import Content as Summary
from collab.domain.bands import User
from collab.domain.ot import ops
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Dropped, Overwrite
from collab.domain.ot.ops import Op
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Presence

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one's own edit or undo. No `ops`: nothing was stored, and `version` is the head's."""

    edit_id: str
    version: int
    ops: tuple[Op, ...]
    dropped: tuple[Dropped, ...] = ()
    overwrote: tuple[Overwrite, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """Who one is on this connection, until when, and how large a message may be that is sent on it."""

    id: str
    user: User
    expires_at: datetime
    max_message_bytes: int


def answer_of(body: Json) -> Answer:
    return Answer(
        edit_id=body["edit_id"],
        version=body["version"],
        ops=ops_of(body["ops"]),
        dropped=tuple(map(Dropped.from_json, body["dropped"])),
        overwrote=tuple(map(Overwrite.from_json, body["overwrote"])),
    )


def ops_of(bodies: Any) -> tuple[Op, ...]:
    return tuple(map(ops.from_json, bodies))


def document_of(body: Json) -> Document:
    return Document.from_snapshot(body)


def session_of(body: Json) -> Session:
    return Session(
        body["session_id"], user_of(body["user"]), datetime.fromisoformat(body["expires_at"]), body["max_message_bytes"]
    )


def presence_of(body: Json) -> Presence:
    focus = body["focus"]
    return Presence(
        session_id=body["session_id"],
        user=user_of(body["user"]),
        joined_at=datetime.fromisoformat(body["joined_at"]),
        last_seen=datetime.fromisoformat(body["last_seen"]),
        status=body["status"],
        focus=None if focus is None else Focus.from_json(focus),
    )


def summary_of(band_id: str, body: Json) -> Summary:
    return Summary(
        id=body["id"],
        band_id=band_id,
        kind=body["kind"],
        title=body["title"],
        version=body["version"],
        updated_at=datetime.fromisoformat(body["updated_at"]),
        updated_by=Author.from_json(body["updated_by"]),
    )


def role_of(value: str | None) -> Role | None:
    return None if value is None else Role(value)


def user_of(body: Json) -> User:
    return User(body["id"], body["name"])


def is_of_host(event: str, payload: Any) -> bool:
    """Whether an event comes from the host application; its own have any JSON as their payload."""
    return event.startswith("host_") or (isinstance(payload, dict) and payload.get("from_host") is True)
