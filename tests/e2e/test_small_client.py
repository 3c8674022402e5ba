"""A client of 150 lines, made by PROTOCOL.md's rules on a bare socket.io-client, takes part like any other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collab.client import CollabClient, Content
from collab.domain.ot.ops import Set
from tests.conftest import Gig
from tests.javascript import NODE, SCRIPTS, node_modules
from tests.support.members import TIMEOUT_S, member, set_, text
from tests.support.serving import Running, RunningEngine
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database, pytest.mark.timeout(180)]


class Small:
    """The small client, in a process of Node."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, command: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([command, *arguments]).encode() + b"\n")
        return json.loads(await asyncio.wait_for(self._process.stdout.readline(), 60))

    async def becomes(self, **wanted: Any) -> dict[str, Any]:
        """The state, once it has all of this."""
        found: dict[str, Any] = {}

        async def is_so() -> bool:
            state = await self.do("state")
            found.update(state)
            document = state["document"] or {}
            return {name: {**document, **state}[name] for name in wanted if document} == wanted

        await until(is_so)
        return found


@asynccontextmanager
async def small(server: Running, gig: Gig, user: str) -> AsyncIterator[Small]:
    await asyncio.to_thread(node_modules)
    process = await asyncio.create_subprocess_exec(
        NODE,
        SCRIPTS / "small_member.mjs",
        server.url,
        server.token(user),
        gig.setlist_id,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    client = Small(process)
    try:
        await client.becomes(pending=0)
        yield client
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def test_it_has_at_most_150_lines() -> None:
    assert len((SCRIPTS / "small_client.mjs").read_text().splitlines()) <= 150


async def test_it_edits_and_hears_of_edits(server: RunningEngine, gig: Gig) -> None:
    async with small(server, gig, "ada") as ada, member(server, "ben") as ben:
        await ada.do("edit", set_("iko", "key", "G"))
        await ada.becomes(version=1, pending=0)
        await ben.edit(gig.setlist_id, 1, text(None, "notes", "Friday: "))
        state = await ada.becomes(version=2)
    assert state["document"]["fields"]["notes"] == "Friday: doors at 8"
    assert state["view"] == state["document"]


async def test_it_tells_the_loser_of_a_conflict_and_the_winner(server: RunningEngine, gig: Gig) -> None:
    async with small(server, gig, "ada") as ada, small(server, gig, "ben") as ben:
        await ada.do("edit", set_("iko", "key", "G"))
        await ada.becomes(version=1)
        await ben.becomes(version=1)
        await ben.do("edit", set_("iko", "key", "C"))
        seen = await ada.becomes(version=2)
        assert seen["notices"] == [], "whoever has seen a value and changes it takes nobody by surprise"

        await ada.do("edit", set_("iko", "key", "D"))
        await ada.becomes(version=3)
        async with member(server, "ben") as elsewhere:
            won = await elsewhere.edit(gig.setlist_id, 2, set_("iko", "key", "E"))
        lost = await ada.becomes(version=4)
    [notice] = lost["notices"]
    assert notice == {
        "event": "overwritten", "field": "key", "mine": "D", "now": "E", "by": {"id": "ben", "name": "Ben"}
    }  # fmt: skip
    assert won["overwrote"][0]["value"] == "D"


async def test_it_catches_up_by_since_and_sends_what_it_made_meanwhile(server: RunningEngine, gig: Gig) -> None:
    async with small(server, gig, "ada") as ada, member(server, "ben") as ben:
        await ada.do("leave")
        await ada.do("edit", text(None, "notes", "All: "))
        await ada.do("edit", text(None, "notes", 7, "XX"))
        await ada.do("edit", set_("iko", "tempo", 200))
        await ben.edit(gig.setlist_id, 0, text(None, "notes", 5, " open"), set_("iko", "key", "G"))
        await ben.edit(gig.setlist_id, 1, {"op": "remove", "item": "saints"})
        await ada.do("come")
        state = await ada.becomes(version=5, pending=0)
    assert state["document"]["fields"]["notes"] == "All: doXXors open at 8"
    assert state["view"] == state["document"]
    assert [item["id"] for item in state["document"]["items"]] == ["iko", "rest"]
    assert state["document"]["items"][0]["fields"]["tempo"] == 200


async def test_an_edit_that_is_refused_is_taken_back_and_told(server: RunningEngine, gig: Gig) -> None:
    async with small(server, gig, "ada") as ada:
        await ada.do("edit", set_("iko", "tempo", "fast"))
        await ada.becomes(pending=0)
        await ada.do("edit", set_("iko", "tempo", 90))
        state = await ada.becomes(version=1)
    assert [notice["error"]["code"] for notice in state["notices"]] == ["invalid"]
    assert state["view"]["items"][0]["fields"]["tempo"] == 90


@pytest.mark.parametrize("seed", range(1, 4))
async def test_beside_the_sdk_and_over_bad_lines_all_end_with_one_document(
    server: RunningEngine, gig: Gig, seed: int
) -> None:
    async with (
        small(server, gig, "ada") as ada,
        small(server, gig, "ben") as ben,
        CollabClient(server.url, server.token("ada")) as sdk,
    ):
        content = await sdk.open(gig.setlist_id)
        await asyncio.gather(ada.do("random", seed, 60), ben.do("random", seed + 100, 60), _edit(content, 60))
        await asyncio.wait_for(content.saved(), TIMEOUT_S)
        states = [await someone.becomes(pending=0) for someone in (ada, ben)]
        async with server.rest("ada") as rest:
            head = (await rest.get(f"/api/contents/{gig.setlist_id}")).json()
            states = [await someone.becomes(version=head["version"], pending=0) for someone in (ada, ben)]
        await until(lambda: content.version == head["version"])
    assert head["version"] > 100
    for state in states:
        assert state["document"] == state["view"] == head
        assert not [notice for notice in state["notices"] if notice.get("error")], state["notices"]
    assert content.document.to_json() == head


async def _edit(content: Content, count: int) -> None:
    for number in range(count):
        items = content.document.ordered()
        match number % 4:
            case 0:
                content.type(None, "notes", len(content.document.fields.get("notes", "")), "z")
            case 1:
                content.set(items[number % len(items)].id, "title", f"sdk {number}")
            case 2:
                content.edit([Set(None, "venue", f"sdk {number}")])
            case _:
                content.insert({"title": f"sdk {number}"})
        await asyncio.sleep(0.005)
