"""The shapes that the server sends, made of the domain's records. Times are RFC 3339 in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from collab.domain.bands import User
from collab.domain.errors import CollabError
from collab.domain.ot.edits import Edit
from collab.domain.ot.rebase import Accepted, Duplicate, Nothing
from collab.domain.times import rfc3339

PROTOCOL_VERSION = 1

Json = dict[str, Any]


def edits_json(edits: Sequence[Edit]) -> list[Json]:
    return [edit.to_json() for edit in edits]


def outcome_json(edit_id: str | None, outcome: Accepted | Duplicate | Nothing) -> Json:
    """The answer to `edit_content` and `undo_edit`; the same again for an edit that is sent again.

    `edit_id` is as the client wrote it, where it gave one, so that it knows its own.
    """
    if isinstance(outcome, Nothing):
        dropped = [entry.to_json() for entry in outcome.dropped]
        return {"edit_id": edit_id, "version": outcome.version, "ops": [], "dropped": dropped, "overwrote": []}
    edit = outcome.edit
    return {
        "edit_id": edit_id or edit.edit_id,
        "version": edit.version,
        "ops": [op.to_json() for op in edit.ops],
        "dropped": [entry.to_json() for entry in edit.dropped],
        "overwrote": [entry.to_json() for entry in edit.overwrote],
    }


def session_json(session_id: str, user: User, expires_at: datetime, max_message_bytes: int) -> Json:
    return {
        "session_id": session_id,
        "user": user.to_json(),
        "expires_at": rfc3339(expires_at),
        "protocol": PROTOCOL_VERSION,
        "max_message_bytes": max_message_bytes,
    }


def content_updated_json(kind: str, action: str, band_id: str, data: Any) -> Json:
    return {"type": kind, "action": action, "band_id": band_id, "data": data}


def failed(error: CollabError) -> Json:
    return {"ok": False, "error": error.to_json()}
