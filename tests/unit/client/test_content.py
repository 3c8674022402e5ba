"""A content that has fallen behind, or whose work breaks down, on a connection whose answers the test gives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest
import pytest_asyncio

from collab.client import Broken, Content
from collab.client.connection import Connection, Take
from collab.client.events import RoomLost
from collab.domain.errors import Unavailable, VersionUnknown
from tests.support.clients import heard
from tests.support.members import TIMEOUT_S

pytestmark = pytest.mark.asyncio

ROOM = "content_friday"
DOCUMENT = {"id": "friday", "band_id": "band", "kind": "setlist", "version": 0, "fields": {}, "items": []}


class Scripted:
    """A connection to a server that answers each event as the script says, in order."""

    max_message_bytes = 1_000_000

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._script: Iterator[Callable[[], Any]] = iter(())

    def answers(self, *script: Callable[[], Any]) -> None:
        self._script = iter(script)

    async def call(self, event: str, payload: Any, _timeout_s: float, take: Take | None = None) -> Any:
        self.asked.append((event, payload))
        answer = next(self._script)()
        if take is not None:
            take(answer)
        return answer

    call_patiently = call


@pytest.fixture
def connection() -> Scripted:
    return Scripted()


@pytest_asyncio.fixture
async def content(connection: Scripted) -> AsyncIterator[Content]:
    content = Content("friday", "ada", 1.0, lambda _: None)
    connection.answers(lambda: joined(content=DOCUMENT))
    await content.join(cast("Connection", connection))
    connection.asked.clear()
    yield content
    content.end()


def joined(**opened: Any) -> dict[str, Any]:
    return {"role": "editor", "roster": [], **opened}


def edited(version: int, venue: str) -> dict[str, Any]:
    return {
        "room_id": ROOM,
        "version": version,
        "edit_id": f"edit-{version}",
        "base_version": version - 1,
        "author": {"id": "ben", "name": "Ben"},
        "session_id": None,
        "ops": [{"op": "set", "item": None, "field": "venue", "value": venue}],
        "at": "2026-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("is_busy", [False, True])
async def test_a_server_whose_history_is_another_is_asked_for_the_whole_content_and_for_what_came_meanwhile(
    content: Content, connection: Scripted, is_busy: bool
) -> None:
    is_there = asyncio.Event()

    def refuse() -> Any:
        raise VersionUnknown("expected a version up to 1")

    def whole() -> Any:
        content.hear("content_edited", edited(2, "Heard before its document"))
        return {"content": {**DOCUMENT, "version": 1, "fields": {"venue": "Restored"}}}

    def missed() -> Any:
        asyncio.get_running_loop().call_soon(is_there.set)
        return {"version": 2, "edits": [edited(2, "Heard before its document")]}

    def busy() -> Any:
        raise Unavailable("expected a database that answers")

    connection.answers(refuse, whole, *([busy] if is_busy else []), missed)
    content.hear("content_edited", edited(7, "Of another history"))
    await asyncio.wait_for(is_there.wait(), TIMEOUT_S)
    assert content.failure is None
    assert (content.version, content.document.fields) == (2, {"venue": "Heard before its document"})
    assert connection.asked == [
        ("request_update", {"room_id": ROOM, "since": 0}),
        ("request_update", {"room_id": ROOM}),
        *([("request_update", {"room_id": ROOM, "since": 1})] * (2 if is_busy else 1)),
    ]


async def test_what_is_heard_while_a_server_with_another_history_is_joined_is_in_the_document(
    content: Content, connection: Scripted
) -> None:
    content.hear("content_edited", edited(1, "Of another history"))
    content.disconnected()

    def refuse() -> Any:
        raise VersionUnknown("expected a version up to 0")

    def whole() -> Any:
        content.hear("content_edited", edited(1, "Heard before its document"))
        return joined(content=DOCUMENT)

    connection.answers(refuse, whole)
    await content.join(cast("Connection", connection))
    assert (content.version, content.document.fields) == (1, {"venue": "Heard before its document"})
    room = {"room": ROOM, "since": 1, "since_edit": "edit-1"}
    assert connection.asked == [("join_room", room), ("join_room", ROOM)]


async def test_work_that_breaks_down_is_logged_and_told_and_saved_raises_it(
    content: Content, connection: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    events = content.events()
    connection.answers(lambda: {"ok": True})
    content.set(None, "venue", "Blue Nile")
    with pytest.raises(Broken, match="'edit_id'"):
        await asyncio.wait_for(content.saved(), TIMEOUT_S)
    assert (await heard(events, RoomLost)).error is content.failure
    with pytest.raises(Broken):
        content.set(None, "venue", "Red Nile")
    [record] = caplog.records
    assert "friday" in record.getMessage()
    assert record.exc_info is not None
