"""Packets that come in together: what an answer says counts from where it stands among them."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest

from collab.client.band import Band
from collab.client.connection import Connection
from collab.client.wire import Session
from collab.domain.bands import User
from collab.domain.presence.focus import Focus
from tests.support.members import TIMEOUT_S
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

ROOM = "band_b"
AT = "2026-01-01T00:00:00.000Z"


def presence(user_id: str, **others: Any) -> dict[str, Any]:
    user = {"id": user_id, "name": user_id.capitalize(), "color": "#c2410c"}
    return {
        "session_id": user_id,
        "user": user,
        "status": "active",
        "focus": None,
        "joined_at": AT,
        "last_seen": AT,
    } | others


def summary(content_id: str, title: str) -> dict[str, Any]:
    by = {"id": "ben", "name": "Ben"}
    return {"id": content_id, "kind": "setlist", "title": title, "version": 0, "updated_at": AT, "updated_by": by}


def listed(content_id: str, title: str) -> str:
    told = {"type": "setlist", "action": "update", "band_id": "b", "data": summary(content_id, title)}
    return event("content_updated", told)


def event(name: str, payload: Any) -> str:
    return "2" + json.dumps([name, payload])


def answer(payload: Any, to: int = 1) -> str:
    return f"3{to}" + json.dumps([{"ok": True, **payload}])


class Line:
    """A connection without a socket; the band hears it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.band = Band("b", TIMEOUT_S, lambda _: None)
        self.connection = Connection(self.band.hear)
        self.connection.session = Session("ada", User("ada", "Ada"), datetime.fromisoformat(AT), 1_000_000)
        self._socket = self.connection._socket  # noqa: SLF001  # where packets come in
        self._socket.namespaces["/"] = "ada"
        monkeypatch.setattr(self._socket, "_send_packet", self._send)
        self.asked = 0

    async def _send(self, _packet: object) -> None:
        self.asked += 1

    async def is_asked(self, count: int) -> None:
        await until(lambda: self.asked == count)

    def arrive(self, *packets: str) -> list[asyncio.Task[None]]:
        """As python-engineio does with what it has read: a task for each packet, all in one turn."""
        return [asyncio.create_task(self._socket._handle_eio_message(packet)) for packet in packets]  # noqa: SLF001


@pytest.fixture
def joined() -> dict[str, Any]:
    return {"room": ROOM, "role": "editor", "roster": [presence("ada")], "contents": [summary("friday", "Friday")]}


async def test_what_follows_the_answer_to_join_room_in_the_same_turn_follows_it(
    monkeypatch: pytest.MonkeyPatch, joined: dict[str, Any]
) -> None:
    line = Line(monkeypatch)
    joining = asyncio.create_task(line.band.join(line.connection))
    await line.is_asked(1)
    moved = event("presence_updated", {"room": ROOM, "sessions": [presence("ben")]})
    packets = line.arrive(answer(joined), moved, listed("friday", "Friday night"), listed("saturday", "Saturday"))
    await asyncio.gather(joining, *packets)
    assert set(line.band.roster) == {"ada", "ben"}
    assert {entry.title for entry in line.band.contents.values()} == {"Friday night", "Saturday"}


@pytest.mark.parametrize("is_again", [False, True], ids=["the first time", "on the next connection"])
async def test_what_is_heard_before_the_answer_to_join_room_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, joined: dict[str, Any], is_again: bool
) -> None:
    """The server enters the room, then reads the list: what comes between is heard first, and newer than the list."""
    line = Line(monkeypatch)
    if is_again:
        joining = asyncio.create_task(line.band.join(line.connection))
        await line.is_asked(1)
        await asyncio.gather(joining, *line.arrive(answer(joined)))
        line.band.disconnected()
    joining = asyncio.create_task(line.band.join(line.connection))
    await line.is_asked(1 + is_again)
    packets = line.arrive(listed("friday", "Friday night"), answer(joined, 1 + is_again))
    await asyncio.gather(joining, *packets)
    assert [entry.title for entry in line.band.contents.values()] == ["Friday night"]


async def test_of_presence_the_answer_to_join_room_has_what_was_heard_before_it(
    monkeypatch: pytest.MonkeyPatch, joined: dict[str, Any]
) -> None:
    """Ada comes back as her grace ends: that she has left is told right before she is there again."""
    line = Line(monkeypatch)
    joining = asyncio.create_task(line.band.join(line.connection))
    await line.is_asked(1)
    left = event("user_left", {"room": ROOM, "user_id": "ada", "last_seen": AT})
    old = event("presence_updated", {"room": ROOM, "sessions": [presence("ada", status="idle"), presence("ben")]})
    await asyncio.gather(joining, *line.arrive(old, left, answer(joined)))
    assert {key: entry.status for key, entry in line.band.roster.items()} == {"ada": "active"}


async def test_what_the_server_says_of_ones_own_focus_after_its_answer_stands(
    monkeypatch: pytest.MonkeyPatch, joined: dict[str, Any]
) -> None:
    line = Line(monkeypatch)
    joining = asyncio.create_task(line.band.join(line.connection))
    await line.is_asked(1)
    await asyncio.gather(joining, *line.arrive(answer(joined)))
    focusing = asyncio.create_task(line.band.focus("iko", "key"))
    await line.is_asked(2)
    # The item was removed right after.
    gone = event("presence_updated", {"room": ROOM, "sessions": [presence("ada")]})
    await asyncio.gather(focusing, *line.arrive(answer({}, 2), gone))
    assert line.band.roster["ada"].focus is None
    focusing = asyncio.create_task(line.band.focus("saints"))
    await line.is_asked(3)
    await asyncio.gather(focusing, *line.arrive(answer({}, 3)))
    assert line.band.roster["ada"].focus == Focus("saints")
