"""Strangers: an id of somebody else's and one of nobody's have the server do the same, so that neither time tells."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conftest import make_gig
from tests.support.clock import ManualClock
from tests.support.members import edit, member, set_
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.storage import at_each

pytestmark = pytest.mark.asyncio

CALLS = (
    ("GET", "/api/bands/{band}/members"),
    ("GET", "/api/bands/{band}/presence"),
    ("GET", "/api/bands/{band}/contents"),
    ("GET", "/api/bands/{band}/imports"),
    ("POST", "/api/bands/{band}/contents"),
    ("POST", "/api/bands/{band}/imports"),
    ("PUT", "/api/bands/{band}/members/eve"),
    ("DELETE", "/api/bands/{band}/members/ada"),
    ("GET", "/api/contents/{content}"),
    ("GET", "/api/contents/{content}/edits"),
    ("GET", "/api/contents/{content}/outline?fields=title"),
    ("GET", "/api/contents/{content}/export?format=csv"),
    ("POST", "/api/contents/{content}/revert"),
    ("DELETE", "/api/contents/{content}"),
    ("GET", "/api/imports/{job}"),
)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile, but for what a node asks by itself: that it does in tasks with a name."""
    asked: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        task = asyncio.current_task()
        if task is None or task.get_name().startswith("Task-"):
            asked.append(statement)

    with at_each("before_cursor_execute", ask):
        yield asked


async def ids(server: RunningEngine) -> tuple[dict[str, str], dict[str, str]]:
    """Those of a band, a content and an import that are not eve's, and those of none."""
    gig = await make_gig(server)
    async with server.rest("ben") as rest, member(server, "ben") as ben:
        sent = await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": ("songs.csv", b"title\nIko Iko\n")})
        await ben.next("complete")
    theirs = {"band": gig.band_id, "content": gig.setlist_id, "job": sent.json()["job_id"]}
    return theirs, dict.fromkeys(theirs, "no-such-thing")


@pytest.mark.parametrize("has_met_them", [True, False], ids=["the band is known", "the band is not known yet"])
async def test_what_is_not_yours_and_what_is_not_ask_the_database_alike(
    database_url: str, clock: ManualClock, has_met_them: bool
) -> None:
    # A clock that stands still: nothing that is done from time to time comes between.
    settings = settings_for(database_url)
    async with serving(settings, clock) as server:
        theirs, nobodys = await ids(server)
        if has_met_them:
            await _asks_alike(server, theirs, nobodys)
    if not has_met_them:
        # After the first: of two nodes without a bus each asks the database what the other has changed.
        async with serving(settings, clock) as another:
            await _asks_alike(another, theirs, nobodys)


async def _asks_alike(server: RunningEngine, theirs: dict[str, str], nobodys: dict[str, str]) -> None:
    async with server.rest("eve") as eve, member(server, "eve") as socket:
        await eve.get("/api/me")

        async def call(method: str, path: str) -> Any:
            with statements() as asked:
                answer = await eve.request(method, path, json={})
            assert answer.status_code == 403, (path, answer.text)
            return asked

        async def emit(event: str, payload: Any) -> Any:
            with statements() as asked:
                assert (await socket.refused(event, payload))["code"] == "forbidden"
            return asked

        for method, path in CALLS:
            asked = await call(method, path.format(**theirs))
            assert asked == await call(method, path.format(**nobodys))
            assert len(asked) <= 3
        for room in ("band_{band}", "content_{content}"):
            assert await emit("join_room", room.format(**theirs)) == await emit("join_room", room.format(**nobodys))
        for content_id in (theirs["content"], nobodys["content"]):
            assert await emit("edit_content", edit(content_id, 0, set_(None, "venue", "Here"))) == []
            assert await emit("request_update", {"room_id": f"content_{content_id}"}) == []
