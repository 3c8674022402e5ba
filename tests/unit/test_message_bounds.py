"""No message that the server sends is longer than a stock client of Python takes, whatever is put into it.

Each kind of message is made as long as its parts allow, with the limits as they are by default.
"""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from collab.domain.access import ContentRoom, Role
from collab.domain.bands import Content, User
from collab.domain.errors import MAX_PROBLEMS, Invalid, Problem
from collab.domain.ot.edits import Author
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Presence
from collab.domain.songs.found import MAX_PROBLEMS as MAX_BAD_LINES
from collab.domain.songs.found import Found
from collab.domain.strings import MAX_ID_LENGTH, MAX_NAME_LENGTH
from collab.domain.times import rfc3339
from collab.protocol.events import content_updated_json, failed
from collab.protocol.requests import MAX_OPS
from collab.realtime.broadcast import MAX_TOLD_SESSIONS
from collab.settings import Settings

STOCK_BYTES = 4 * 1024 * 1024
"""What aiohttp takes from a websocket."""

LIMITS = Settings.model_construct()
NOW = datetime(2026, 12, 4, tzinfo=UTC)

# Of all that a line may hold, nothing takes more than four bytes.
ID = "🎷" * MAX_ID_LENGTH
NAME = "🎷" * MAX_NAME_LENGTH
USER = User(ID, NAME)
FOCUS = Focus(ID, ID, 2**31 - 1, 2**31 - 1, lead=True)
PRESENCE = Presence("x" * 100, USER, NOW, NOW, "active", FOCUS).to_json()
SUMMARY = Content(ID, ID, "k" * 40, NAME, 2**31 - 1, NOW, Author(ID, NAME), is_archived=False).to_json()
ROSTER = [PRESENCE] * MAX_TOLD_SESSIONS
ROOM = ContentRoom(ID).name
CONTENTS = [SUMMARY] * LIMITS.max_band_contents
EDIT_FRAME = {
    "room_id": ROOM, "edit_id": "x" * 36, "version": 2**31, "base_version": 2**31, "undoes": "x" * 36,
    "author": USER.to_json(), "session_id": "x" * 100, "at": rfc3339(NOW), "ops": [],
}  # fmt: skip


def _bytes(message: Any) -> int:
    return len(orjson.dumps(message))


def _found() -> list[Any]:
    found = Found({}, 1)
    for line in range(2 * MAX_BAD_LINES):
        found.bad(NAME, line, "🎷" * 100_000)
    return [problem.to_json() for problem in found.songs().problems]


MESSAGES = {
    "join_room, a band": _bytes({"room": ROOM, "role": Role.OWNER, "roster": ROSTER, "contents": CONTENTS}),
    "join_room, a content": LIMITS.max_content_bytes + _bytes({"room": ROOM, "roster": ROSTER, "content": SUMMARY}),
    "edit_content": LIMITS.max_sent_bytes + _bytes({"edit_id": "x" * 36, "version": 2**31}),
    "an edit": LIMITS.max_sent_bytes + _bytes(EDIT_FRAME),
    "content_updated": _bytes(content_updated_json("contents", "refresh", ID, CONTENTS)),
    "presence_updated": _bytes({"room": ROOM, "sessions": ROSTER, "gone": ["x" * 100] * LIMITS.max_room_sessions}),
    "user_joined": _bytes({"room": ROOM, "user_id": USER.id, "user": USER.to_json()}),
    "complete": _bytes({"job_id": ID, "result": {"problems": _found(), "message": NAME}}),
    "invalid": _bytes(failed(Invalid([Problem("🎷" * 10**5, "🎷" * 10**5)] * 2 * MAX_OPS))),
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_no_message_is_longer_than_a_stock_client_takes(kind: str) -> None:
    assert MESSAGES[kind] < STOCK_BYTES


def test_of_many_problems_some_are_told() -> None:
    error = Invalid([Problem(f"ops.{n}.value", "expected a number") for n in range(1_000)])
    assert error.message == "ops.0.value: expected a number (and at least 99 more)"
    assert error.details == [{"path": f"ops.{n}.value", "message": "expected a number"} for n in range(MAX_PROBLEMS)]
