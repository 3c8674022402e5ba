"""Rates: who asks for too much is told when to come again, and everybody else goes on."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from collab.client import CollabClient
from collab.domain.bands import User
from collab.services.editing.service import Opened
from tests.conftest import Gig
from tests.support.clients import Wire, stored_ids
from tests.support.clock import ManualClock
from tests.support.limits import limited
from tests.support.members import TIMEOUT_S, Member, edit, insert, member, new_edit_id, set_
from tests.support.serving import RunningEngine
from tests.support.waiting import until
from tests.web.node import run_vitest

ADA = User("ada", "Ada")

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


async def _edits(who: Member, gig: Gig, count: int) -> list[str]:
    """The codes that so many edits are answered with."""
    answers = [await who.edit(gig.setlist_id, 0, set_("iko", "tempo", 100 + n)) for n in range(count)]
    return ["ok" if answer["ok"] else answer["error"]["code"] for answer in answers]


async def test_edits_beyond_the_rate_are_told_when_to_come_again(database_url: str, clock: ManualClock) -> None:
    async with (
        limited(database_url, clock, edits_per_s=2, edits_burst=3) as (server, gig),
        member(server, "ada") as ada,
    ):
        assert await _edits(ada, gig, 3) == ["ok"] * 3
        late = edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        error = await ada.refused("edit_content", late)
        assert (error["code"], error["details"]) == ("rate_limited", {"retry_after": 0.5})
        # Other sorts of events have their own rate.
        await ada.ok("join_room", gig.room)
        clock.advance(0.5)
        assert (await ada.ok("edit_content", late))["version"] == 4


async def test_undos_count_as_edits(database_url: str, clock: ManualClock) -> None:
    async with limited(database_url, clock, edits_burst=1) as (server, gig), member(server, "ada") as ada:
        first = edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await ada.ok("edit_content", first)
        undo = {"room_id": gig.room, "edit_id": new_edit_id(), "target": first["edit_id"]}
        assert (await ada.refused("undo_edit", undo))["code"] == "rate_limited"


async def test_a_user_has_a_rate_across_sessions_and_another_user_has_their_own(
    database_url: str, clock: ManualClock
) -> None:
    async with limited(database_url, clock, edits_burst=4, user_rate_factor=1.5) as (server, gig):
        async with member(server, "ada") as first, member(server, "ada") as second, member(server, "ben") as ben:
            assert await _edits(first, gig, 4) == ["ok"] * 4
            assert await _edits(second, gig, 3) == ["ok", "ok", "rate_limited"]
            assert await _edits(ben, gig, 1) == ["ok"]
        # Connecting anew does not fill the user's bucket.
        async with member(server, "ada") as third:
            assert await _edits(third, gig, 1) == ["rate_limited"]


@pytest.mark.parametrize(
    ("event", "sort"),
    [
        ("update_presence", "presence"),
        ("join_room", "requests"),
        ("leave_room", "requests"),
        ("request_update", "requests"),
        ("authenticate", "requests"),
        ("no_such_event", "requests"),
    ],
)
async def test_every_event_has_a_rate(database_url: str, clock: ManualClock, event: str, sort: str) -> None:
    async with limited(database_url, clock, **{f"{sort}_burst": 2}) as (server, gig), member(server, "ada") as ada:
        codes = [(await ada.call(event, {"wrong": 1}))["error"]["code"] for _ in range(3)]
        assert codes == ["invalid", "invalid", "rate_limited"]
        assert await _edits(ada, gig, 1) == ["ok"]


async def test_a_socket_without_a_token_has_a_rate_too(database_url: str, clock: ManualClock) -> None:
    async with limited(database_url, clock, requests_burst=3) as (server, _):
        guesser = Member("nobody")
        await guesser.connect(server.url)
        codes = [(await guesser.refused("authenticate", {"token": "guess"}))["code"] for _ in range(4)]
        assert codes == ["token_invalid"] * 3 + ["rate_limited"]
        await guesser.close()


async def test_rest_calls_count_for_the_user(database_url: str, clock: ManualClock) -> None:
    async with limited(database_url, clock, requests_burst=2, requests_per_s=0.1, user_rate_factor=1) as (server, _):
        async with server.rest("ada") as rest:
            statuses = [(await rest.get("/api/me")).status_code for _ in range(3)]
            answer = await rest.get("/api/me")
        assert statuses == [200, 200, 429]
        assert answer.json()["error"]["code"] == "rate_limited"
        assert answer.headers["Retry-After"] == "10"


async def _add_long_song(who: Member, gig: Gig) -> dict[str, Any]:
    """An edit of 4 kB."""
    long = edit(gig.setlist_id, 0, insert(f"n{new_edit_id()}"[:20], "a5", notes="x" * 4_000))
    await who.ok("edit_content", long)
    return long


async def test_an_undo_counts_for_what_it_brings_back(database_url: str, clock: ManualClock) -> None:
    limits = {
        "written_bytes_per_s": 1_000,
        "written_bytes_burst": 10_000,
        "user_rate_factor": 10,
        "band_rate_factor": 10,
    }
    async with limited(database_url, clock, **limits) as (server, gig), member(server, "ada") as ada:
        added = await _add_long_song(ada, gig)
        undo = {"room_id": gig.room, "edit_id": new_edit_id(), "target": added["edit_id"]}
        await ada.ok("undo_edit", undo)
        redo = {"room_id": gig.room, "edit_id": new_edit_id(), "target": undo["edit_id"]}
        await ada.ok("undo_edit", redo)
        again = {"room_id": gig.room, "edit_id": new_edit_id(), "target": redo["edit_id"]}
        error = await ada.refused("undo_edit", again)
        assert error["code"] == "rate_limited"
        assert 2 < error["details"]["retry_after"] < 4
        # Reading goes on, and so does another session.
        await ada.ok("join_room", gig.room)
        async with member(server, "ada") as other:
            await _add_long_song(other, gig)
        clock.advance(error["details"]["retry_after"] + 0.001)
        await ada.ok("undo_edit", again)


async def test_who_has_many_be_told_much_waits(database_url: str, clock: ManualClock) -> None:
    limits = {"told_bytes_per_s": 1_000, "told_bytes_burst": 15_000}
    async with limited(database_url, clock, **limits) as (server, gig), member(server, "ada") as ada:
        # Nobody listens.
        for _ in range(5):
            await _add_long_song(ada, gig)
        async with member(server, "ben") as ben, member(server, "dex") as dex:
            for listener in (ada, ben, dex):
                await listener.ok("join_room", gig.room)
            for _ in range(2):
                await _add_long_song(ada, gig)
            assert await _edits(ada, gig, 1) == ["rate_limited"]
            assert await _edits(ben, gig, 1) == ["ok"]


async def test_a_band_answers_for_its_members(database_url: str, clock: ManualClock) -> None:
    limits = {
        "written_bytes_per_s": 1_000,
        "written_bytes_burst": 10_000,
        "user_rate_factor": 10,
        "band_rate_factor": 1,
    }
    async with (
        limited(database_url, clock, **limits) as (server, gig),
        member(server, "ada") as ada,
        member(server, "ben") as ben,
    ):
        for _ in range(3):
            await _add_long_song(ada, gig)
        assert await _edits(ben, gig, 1) == ["rate_limited"]
        async with server.rest("ben") as rest:
            reverted = await rest.post(f"/api/contents/{gig.setlist_id}/revert", json={"version": 0})
            assert reverted.json()["error"]["code"] == "rate_limited"
        # Who is no member learns nothing of it.
        async with member(server, "eve") as eve:
            assert await _edits(eve, gig, 1) == ["forbidden"]
        clock.advance(10)
        assert await _edits(ben, gig, 1) == ["ok"]


@pytest.mark.parametrize("event", ["join_room", "request_update", "edit_content", "conflict"])
async def test_what_is_answered_counts_as_read(database_url: str, clock: ManualClock, event: str) -> None:
    limits = {"read_bytes_per_s": 1_000, "read_bytes_burst": 10_000}
    async with limited(database_url, clock, **limits) as (server, gig), member(server, "ada") as ada:
        added = await _add_long_song(ada, gig)
        item = added["ops"][0]["item"]["id"]
        if event == "conflict":
            async with member(server, "ben") as ben:
                written = edit(gig.setlist_id, 1, set_(item, "notes", "y" * 4_000))
                await ben.ok("edit_content", written)
        payload = {
            "join_room": gig.room,
            "request_update": {"room_id": gig.room},
            "edit_content": added,
            "conflict": edit(gig.setlist_id, 1, set_(item, "notes", "mine"), expect="unchanged"),
        }[event]
        answers = [await ada.call("edit_content" if event == "conflict" else event, payload) for _ in range(4)]
        codes = ["ok" if answer["ok"] else answer["error"]["code"] for answer in answers]
        done = "conflict" if event == "conflict" else "ok"
        assert codes == [done, done, done, "rate_limited"]
        async with server.rest("ada") as rest:
            assert (await rest.get("/api/me")).status_code == 200


async def test_the_lists_of_all_bands_count_as_read(database_url: str, clock: ManualClock) -> None:
    limits = {"read_bytes_per_s": 1_000, "read_bytes_burst": 10_000}
    async with limited(database_url, clock, **limits) as (server, gig), member(server, "ada") as ada:
        for number in range(10):
            await server.engine.contents.create(ADA, gig.band_id, "setlist", f"{number}{'x' * 190}")
        answers = [await ada.call("request_update") for _ in range(4)]
        assert [answer["ok"] for answer in answers] == [True, True, True, False]
        assert answers[-1]["error"]["code"] == "rate_limited"


async def test_of_what_a_user_asks_for_one_answer_is_made_at_a_time(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, begun, goes_on = server.engine.editing.open, asyncio.Queue[int](), asyncio.Event()
    under_way = 0

    async def slow(content_id: str, since: int | None = None, since_edit: str | None = None) -> Opened:
        nonlocal under_way
        under_way += 1
        begun.put_nowait(under_way)
        await goes_on.wait()
        under_way -= 1
        return await opening(content_id, since, since_edit)

    monkeypatch.setattr(server.engine.editing, "open", slow)
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(member(server, "ada")) for _ in range(4)]
        ben = await stack.enter_async_context(member(server, "ben"))
        asked = [asyncio.create_task(who.call("request_update", {"room_id": gig.room})) for who in sessions]
        await begun.get()
        asked.append(asyncio.create_task(ben.call("request_update", {"room_id": gig.room})))
        assert await begun.get() == 2
        # Time enough for hers to come: what is asked of the database now is asked after them.
        assert (await server.engine.contents.contents_of(ADA, gig.band_id))[0].id == gig.setlist_id
        goes_on.set()
        assert all(answer["ok"] for answer in await asyncio.gather(*asked))
        assert max(begun.get_nowait() for _ in range(3)) <= 2


async def test_what_a_session_asked_for_that_has_gone_is_not_read(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, begun, goes_on = server.engine.editing.open, asyncio.Event(), asyncio.Event()
    reads = 0

    async def slow(content_id: str, since: int | None = None, since_edit: str | None = None) -> Opened:
        nonlocal reads
        reads += 1
        begun.set()
        await goes_on.wait()
        return await opening(content_id, since, since_edit)

    monkeypatch.setattr(server.engine.editing, "open", slow)
    async with member(server, "ada") as ada:
        for _ in range(20):
            await ada.client.emit("request_update", {"room_id": gig.room})
            await ada.client.emit("join_room", {"room": gig.room})
        await begun.wait()
        # Behind all of these, and waits for nothing.
        await ada.ok("leave_room", gig.room)
    await until(lambda: ada.sid not in server.engine.sessions.ids())
    goes_on.set()
    await until(lambda: server.engine._answers._open == 0)  # noqa: SLF001  # nobody hears these answers
    assert reads == 1


async def test_what_stays_is_made_at_a_rate_of_its_own(database_url: str, clock: ManualClock) -> None:
    async with (
        limited(database_url, clock, creations_per_s=0.5, creations_burst=2) as (server, gig),
        server.rest("ada") as ada,
        server.rest("ben") as ben,
    ):
        made = [await ada.post("/api/bands", json={"name": f"Band {n}"}) for n in range(3)]
        assert [answer.status_code for answer in made] == [201, 201, 429]
        assert made[2].headers["Retry-After"] == "2"
        checkpoint = {"label": "Mine"}
        assert (await ada.post(f"/api/contents/{gig.setlist_id}/checkpoints", json=checkpoint)).status_code == 429
        # To look is something else, and so is another user.
        assert (await ada.get("/api/bands")).status_code == 200
        assert (await ben.post(f"/api/contents/{gig.setlist_id}/checkpoints", json=checkpoint)).status_code == 201
        clock.advance(2)
        assert (await ada.post("/api/bands", json={"name": "Later"})).status_code == 201


async def test_the_rates_can_be_lifted(database_url: str, clock: ManualClock) -> None:
    lifted = {"rate_limits": False, "edits_burst": 1, "max_user_sessions": 1}
    async with (
        limited(database_url, clock, **lifted) as (server, gig),
        member(server, "ada") as ada,
        member(server, "ada"),
    ):
        assert await _edits(ada, gig, 5) == ["ok"] * 5


async def test_the_sdk_keeps_to_the_rate_and_loses_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch)
    limits = {"edits_per_s": 40, "edits_burst": 5, "requests_per_s": 20, "requests_burst": 1, "presence_burst": 1}
    async with (
        limited(database_url, clock=None, **limits) as (server, gig),
        CollabClient(server.url, server.token("ada")) as ada,
    ):
        setlist = await ada.open(gig.setlist_id)
        band = await ada.band(gig.band_id)
        await asyncio.gather(setlist.focus("iko", "notes"), setlist.focus("saints", "notes"), band.set_status("idle"))
        sent = [setlist.insert({"title": f"Song {n}"}) for n in range(40)]
        last = setlist.set("iko", "key", "G")
        await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        assert [item for item in sent if item not in setlist.document.items] == []
        ids = await stored_ids(server, setlist)
        assert (len(ids), ids[-1]) == (41, last)
        # It waits rather than asks: of what it sends, most is stored.
        assert len(wire.sent("ada", "edit_content")) < 2 * len(ids)
        (mine,) = [entry for entry in setlist.roster.values() if entry.user.id == "ada"]
        assert mine.focus is not None
        assert mine.focus.item == "saints"


async def test_the_browser_sdk_keeps_to_the_rate_and_loses_nothing(database_url: str, tmp_path: Path) -> None:
    limits = {"edits_per_s": 40, "edits_burst": 5, "requests_per_s": 20, "requests_burst": 1}
    async with limited(database_url, clock=None, **limits) as (server, gig):
        members = [(user, server.token(user)) for user in ("ada", "ben", "ada")]
        live = {"url": server.url, "members": members, "contentId": gig.setlist_id, "seed": 7, "turns": 60}
        live |= {"report": str(tmp_path / "report.json")}
        await run_vitest(json.dumps(live))
