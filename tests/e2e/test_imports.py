"""Songs from files into the repertoire, while the band goes on editing."""

import asyncio
import io
import sys
import zipfile
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, update

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.errors import Unavailable
from collab.parsing import parser
from collab.services.songs import imports
from collab.storage.engine import sync_url
from collab.storage.jobs import StoredJobs
from collab.storage.tables import jobs
from tests.conftest import Gig, make_gig
from tests.support.clock import ManualClock
from tests.support.import_load import import_while_editing
from tests.support.importing import CSV, bring_in, repertoire_of, send_file
from tests.support.members import member, set_
from tests.support.serving import Running, RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio


def _many(count: int) -> bytes:
    return b"title,key\n" + b"".join(b"Song %d,F\n" % number for number in range(count))


async def test_a_file_becomes_songs_its_bad_lines_are_named_and_the_band_hears_of_it(
    server: RunningEngine, gig: Gig
) -> None:
    async with member(server, "ben") as ben, member(server, "dex") as dex, server.rest("ben") as rest:
        await dex.ok("join_room", gig.band_room)
        result = await bring_in(rest, ben, gig.band_id, CSV)

        assert (result["status"], result["added"], result["updated"], result["unchanged"]) == ("completed", 2, 0, 0)
        assert [(problem["file"], problem["line"]) for problem in result["problems"]] == [("songs.csv", 3)]
        assert (await dex.next("sync_status"))["progress"] == 0
        assert [(await dex.next("sync_status"))["status"] for _ in range(2)] == ["syncing", "completed"]
        assert [body["percent"] for body in ben.heard["progress"]] == [0, 100]
        assert "progress" not in dex.heard

        songs = (await repertoire_of(rest, gig.band_id))["items"]
        assert [song["fields"] for song in songs] == [
            {"title": "Iko Iko", "artist": "Dixie Cups", "key": "F", "duration": 225},
            {"title": "Tiger Rag", "key": "Ab", "duration": 200},
        ]
        assert not server.engine.imports._stepping, "a lock was kept"  # noqa: SLF001


async def test_the_same_file_again_changes_nothing_and_another_only_what_differs(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben, server.rest("ben") as rest:
        await bring_in(rest, ben, gig.band_id, CSV)
        before = await repertoire_of(rest, gig.band_id)
        again = await bring_in(rest, ben, gig.band_id, CSV)
        assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 2)
        assert await repertoire_of(rest, gig.band_id) == before

        result = await bring_in(
            rest, ben, gig.band_id, b"{t:iko iko}\n{artist: DIXIE CUPS}\n{key: G}\nHey now", "a.cho"
        )
        assert (result["added"], result["updated"]) == (0, 1)
        after = await repertoire_of(rest, gig.band_id)
        assert after["items"][0]["id"] == before["items"][0]["id"]
        changed = {"title": "iko iko", "artist": "DIXIE CUPS", "key": "G", "duration": 225, "chart": "Hey now"}
        assert after["items"][0]["fields"] == changed
        edits = (await rest.get(f"/api/contents/{after['id']}/edits")).json()["edits"]
        assert [edit["author"]["id"] for edit in edits] == ["ben", "ben"]


async def test_a_zip_is_unpacked_and_what_is_no_song_file_in_it_is_named(server: Running, gig: Gig) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/songs.csv", CSV)
        archive.writestr("C:\\charts\\panama.cho", "{t:Panama}\n[Eb]")
        archive.writestr("__MACOSX/._songs.csv", "x")
        archive.writestr("cover.png", b"\x89PNG")
    async with member(server, "ben") as ben, server.rest("ben") as rest:
        result = await bring_in(rest, ben, gig.band_id, packed.getvalue(), "band.zip")
        assert result["added"] == 3
        assert {problem["file"] for problem in result["problems"]} == {"songs.csv", "cover.png"}

        broken = bytearray(packed.getvalue())
        broken[60:90] = b"\xff" * 30
        result = await bring_in(rest, ben, gig.band_id, bytes(broken), "band.zip")
        assert result["unchanged"] == 1
        assert result["problems"][0]["message"].startswith("this file can't be unpacked: ")
        nothing = await bring_in(rest, ben, gig.band_id, b"PK\x03\x04 not really", "band.zip")
        assert (nothing["status"], nothing["message"]) == ("error", "no song was found in band.zip")


async def test_what_is_too_large_is_refused(database_url: str) -> None:
    settings = settings_for(
        database_url, import_max_bytes=20_000, import_max_unpacked_bytes=200_000, import_max_songs=1_000
    )
    async with serving(settings) as server:
        gig = await make_gig(server)
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("songs.csv", b"title\n" + b"0" * 5_000_000)
        async with server.rest("ben") as rest:
            path = f"/api/bands/{gig.band_id}/imports"
            for data in (b"x" * 40_000, bomb.getvalue(), _many(1_001)):
                answer = await rest.post(path, files={"file": ("songs.csv", data)})
                assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
            for body in (
                {"data": {"file": "no file"}},
                {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
            ):
                answer = await rest.post(path, **body)
                assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
            assert (await rest.get(path)).json() == {"imports": []}


async def test_the_end_of_a_server_does_not_wait_for_a_file_that_is_being_read(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser, "_COMMAND", (sys.executable, "-c", "while True: pass"))
    async with server.rest("ben") as rest:
        path = f"/api/bands/{gig.band_id}/imports"
        sent = asyncio.create_task(rest.post(path, files={"file": ("songs.csv", CSV)}))
        await until(lambda: server.engine._parser._process is not None)  # noqa: SLF001  # nothing else tells of it
        await server.engine.say_goodbye(1.0)
        assert (await sent).json()["error"]["code"] == "unavailable"


async def test_of_many_imports_that_begin_at_once_no_more_than_a_few_do(
    server: Running, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = _Held(monkeypatch, at=0)
    async with server.rest("ben") as rest:
        path = f"/api/bands/{gig.band_id}/imports"
        sent = [rest.post(path, files={"file": ("songs.csv", _many(60 + n))}) for n in range(12)]
        answers = [answer.status_code for answer in await asyncio.gather(*sent)]
        assert sorted(answers) == [202] * imports.MAX_RUNNING + [429] * (12 - imports.MAX_RUNNING)
    held.go_on.set()


async def test_only_editors_import_and_only_members_look(server: Running, gig: Gig) -> None:
    async with server.rest("dex") as dex, server.rest("eve") as eve, server.rest("ben") as ben:
        for rest in (dex, eve):
            answer = await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": ("a.csv", CSV)})
            assert answer.status_code == 403
        job_id = await send_file(ben, gig.band_id, CSV)
        assert (await dex.get(f"/api/imports/{job_id}")).json()["started_by"] == {"id": "ben", "name": "Ben"}
        assert (await eve.get(f"/api/imports/{job_id}")).status_code == 403
        assert (await eve.get(f"/api/bands/{gig.band_id}/imports")).status_code == 403
        assert (await dex.delete(f"/api/imports/{job_id}")).status_code == 403
        assert (await ben.get("/api/imports/none")).status_code == 403, "as for somebody else's"


class _Held:
    """Stops an import before its step number `at`, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        step = imports.ImportService._step  # noqa: SLF001  # the place between two batches has no public name

        async def held(service: imports.ImportService, job: Any) -> None:
            if job.done == at * imports.BATCH:
                self.reached.set()
                await self.go_on.wait()
            await step(service, job)

        monkeypatch.setattr(imports.ImportService, "_step", held)


async def test_an_import_can_be_cancelled_and_what_it_brought_stays(
    server: Running, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = _Held(monkeypatch, at=2)
    async with member(server, "ben") as ben, server.rest("ben") as rest, server.rest("ada") as ada:
        job_id = await send_file(rest, gig.band_id, _many(500))
        await held.reached.wait()
        cancelled = (await ada.delete(f"/api/imports/{job_id}")).json()
        held.go_on.set()
        assert (cancelled["status"], cancelled["done"], cancelled["result"]["added"]) == ("cancelled", 100, 100)
        assert (await ben.next("complete"))["result"]["message"] == "Ada cancelled the import of songs.csv"
        # The step under way is the last one.
        again = await bring_in(rest, ben, gig.band_id, _many(150))
        assert (again["added"], again["unchanged"]) == (0, 150)
        assert (await ada.delete(f"/api/imports/{job_id}")).json()["status"] == "cancelled"


async def test_an_import_whose_author_loses_the_right_to_edit_ends(
    server: Running, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = _Held(monkeypatch, at=1)
    async with member(server, "ben") as ben, server.rest("ben") as rest, server.rest("ada") as ada:
        await send_file(rest, gig.band_id, _many(500))
        await held.reached.wait()
        await ada.put(f"/api/bands/{gig.band_id}/members/ben", json={"role": Role.VIEWER})
        held.go_on.set()
        result = (await ben.next("complete"))["result"]
        assert (result["status"], result["added"]) == ("error", 50)


async def test_a_database_that_is_away_at_the_end_keeps_nothing_else_from_being_closed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def release(_store: StoredJobs, _runner: str) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(StoredJobs, "release", release)
    async with serving(settings_for(database_url)) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada:
            await ada.ok("join_room", gig.room)
            [visit] = await server.engine.presence_reader.visits(User("ada", "Ada"), gig.band_id, 1, None)
    monkeypatch.undo()
    async with serving(settings_for(database_url)) as server:
        [ended] = await server.engine.presence_reader.visits(User("ada", "Ada"), gig.band_id, 1, None)
    assert (ended.id, ended.ended_at is None) == (visit.id, False)


async def test_an_import_goes_on_after_a_restart(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = _Held(monkeypatch, at=3)
    async with serving(settings_for(database_url)) as server:
        gig = await make_gig(server)
        async with server.rest("ben") as rest:
            job_id = await send_file(rest, gig.band_id, _many(400))
        await held.reached.wait()
    held.go_on.set()
    async with serving(settings_for(database_url)) as server, server.rest("ben") as rest:
        job = await _finished(rest, job_id)
        assert (job["status"], job["result"]["added"], job["result"]["unchanged"]) == ("completed", 400, 0)
        document = await repertoire_of(rest, gig.band_id)
        assert [song["fields"]["title"] for song in document["items"]] == [f"Song {number}" for number in range(400)]
        assert document["version"] == 8


async def test_a_batch_that_was_stored_right_before_a_crash_is_not_brought_in_again(
    database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = _Held(monkeypatch, at=2)
    settings = settings_for(database_url)
    async with serving(settings, clock) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada, server.rest("ben") as rest:
            job_id = await send_file(rest, gig.band_id, _many(200))
            await held.reached.wait()
            document = await repertoire_of(rest, gig.band_id)
            # Since then the band has changed a song of the batch and thrown out another.
            first, second = document["items"][50]["id"], document["items"][51]["id"]
            await ada.edit(document["id"], 2, set_(first, "key", "G"), {"op": "remove", "item": second})
    # As a node leaves it that dies between the commit and its note of it, while it holds its lease.
    _rewrite(database_url, done=50, runner="dead", lease_until=clock.now() + imports.LEASE)
    held.go_on.set()
    async with serving(settings, clock) as server, member(server, "ben") as ben, server.rest("ben") as rest:
        assert (await rest.get(f"/api/imports/{job_id}")).json()["done"] == 50
        clock.advance(imports.LEASE.total_seconds() + 1)
        result = (await ben.next("complete"))["result"]
        assert (result["added"], result["unchanged"]) == (200, 0)
        document = await repertoire_of(rest, gig.band_id)
        assert document["version"] == 5
        assert len({song["id"] for song in document["items"]}) == 199
        assert (document["items"][50]["id"], document["items"][50]["fields"]["key"]) == (first, "G")


def _rewrite(url: str, **values: Any) -> None:
    engine = create_engine(sync_url(url))
    try:
        with engine.begin() as connection:
            connection.execute(update(jobs), values)
    finally:
        engine.dispose()


async def _finished(rest: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    while True:
        job: dict[str, Any] = (await rest.get(f"/api/imports/{job_id}")).json()
        if job["status"] != "running":
            return job
        await asyncio.sleep(0.02)  # the event of its end may have been sent before this test could hear it


async def test_two_thousand_songs_come_in_while_three_members_edit_and_nothing_is_lost(
    server: Running, gig: Gig
) -> None:
    made = await import_while_editing(server, gig, 2_000)
    assert made.lost == []
    assert (made.result["added"], made.result["unchanged"]) == (2_000, 0)


async def test_a_file_waits_for_one_file_of_another_user_and_another_band_at_most(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await server.engine.membership.create_band(User("eve", "Eve"), "The Others")
    parser = server.engine._parser  # noqa: SLF001  # nothing else tells who waits
    parse, asked = parser.parse, list[str]()

    async def noted(name: str, data: bytes, types: Any) -> Any:
        asked.append(name)
        return await parse(name, data, types)

    monkeypatch.setattr(parser, "parse", noted)
    async with AsyncExitStack() as stack:
        rest = {user: await stack.enter_async_context(server.rest(user)) for user in ("ada", "ben", "eve")}
        await stack.enter_async_context(parser._turn)  # noqa: SLF001

        def sent(user: str, band_id: str, name: str) -> asyncio.Task[httpx.Response]:
            call = rest[user].post(f"/api/bands/{band_id}/imports", files={"file": (name, CSV)})
            return asyncio.create_task(call)

        theirs = [sent(user, gig.band_id, f"{user}.csv") for user in ("ada", "ben")]
        await until(lambda: len(asked) == 1)
        others = sent("eve", other.id, "eve.csv")
        await until(lambda: "eve.csv" in asked)
        theirs.append(sent("ada", gig.band_id, "ada-again.csv"))
        assert len(asked) == 2
        parser._turn.release()  # noqa: SLF001
        answers = await asyncio.gather(others, *theirs)
        await parser._turn.acquire()  # noqa: SLF001
    assert [answer.status_code for answer in answers] == [202] * 4
