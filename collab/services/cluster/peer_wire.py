"""The JSON in which nodes tell each other of edits and presence. Nodes of one version read each other; clients never
see it."""

from datetime import datetime, timedelta
from typing import Any

from collab.domain.access import parse_content_room
from collab.domain.bands import User
from collab.domain.ot import ops
from collab.domain.ot.edits import Author, Edit
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Presence

Json = dict[str, Any]


def edit_from_json(body: Json) -> Edit:
    """An edit from its `to_json`, with all that listeners and focus need; its inverse stays in the database."""
    return Edit(
        content_id=parse_content_room(body["room_id"]).id,
        version=body["version"],
        edit_id=body["edit_id"],
        base_version=body["base_version"],
        author=Author(**body["author"]),
        session_id=body["session_id"],
        ops=tuple(map(ops.from_json, body["ops"])),
        inverse=(),
        at=datetime.fromisoformat(body["at"]),
        undoes=body.get("undoes"),
    )


def presence_to_json(presence: Presence, now: datetime) -> Json:
    """Its grace is told as the time that is left: the clocks of two nodes need not agree."""
    lingers_until = presence.lingers_until
    return {
        "session_id": presence.session_id,
        "user": [presence.user.id, presence.user.name],
        "joined_at": presence.joined_at.isoformat(),
        "last_seen": presence.last_seen.isoformat(),
        "status": presence.status,
        "focus": None if presence.focus is None else presence.focus.to_json(),
        "lingers_s": None if lingers_until is None else (lingers_until - now).total_seconds(),
    }


def presence_from_json(body: Json, node: str, now: datetime) -> Presence:
    """A session of another node."""
    lingers_s = body["lingers_s"]
    return Presence(
        session_id=body["session_id"],
        user=User(*body["user"]),
        joined_at=datetime.fromisoformat(body["joined_at"]),
        last_seen=datetime.fromisoformat(body["last_seen"]),
        status=body["status"],
        focus=None if body["focus"] is None else Focus.from_json(body["focus"]),
        lingers_until=None if lingers_s is None else now + timedelta(seconds=lingers_s),
        node=node,
    )
