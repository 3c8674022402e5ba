"""The JSON in which nodes tell each other of presence; of edits they tell what clients hear (`Edit.to_json`). Nodes of
one version read each other; clients never see it."""

from datetime import datetime, timedelta
from typing import Any

from collab.domain.bands import User
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Presence

Json = dict[str, Any]


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
