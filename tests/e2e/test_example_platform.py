"""The example platform: its users, bands and roles in its own tables, under its own ids, on two nodes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from collab import Engine, HostBand, Role, attach
from collab.domain.bands import User
from collab.domain.errors import Conflicting, Forbidden, TooLarge, Unavailable
from collab.services.bands import host_bands
from tests.examples import platform
from tests.support.members import Member, edit, set_
from tests.support.serving import Running, listening, settings_for, sqlite_url
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

BAND = "blue-nile♫"
"""An id of the platform's own, as no UUID is."""


@asynccontextmanager
async def tables(file: Path) -> AsyncIterator[AsyncEngine]:
    """The platform's: Ada leads a band, and Ben is its guest."""
    database = create_async_engine(sqlite_url(file))
    async with database.begin() as connection:
        await connection.run_sync(platform.tables.create_all)
        await connection.execute(insert(platform.users), [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Ben"}])
        await connection.execute(insert(platform.bands), [{"slug": BAND, "title": "Blue Nile"}])
        parts = [{"user_id": 1, "band": BAND, "part": "leader"}, {"user_id": 2, "band": BAND, "part": "guest"}]
        await connection.execute(insert(platform.players), parts)
    try:
        yield database
    finally:
        await database.dispose()


@asynccontextmanager
async def logged_in(url: str, user_id: int) -> AsyncIterator[Member]:
    someone = Member(str(user_id))
    await someone.connect(url, None, headers={"Cookie": f"user={user_id}"})
    await someone.next("session")
    try:
        yield someone
    finally:
        await someone.close()


async def test_the_host_s_people_bands_and_roles_are_the_engine_s(
    database_url: str, bus_url: str, tmp_path: Path
) -> None:
    settings = settings_for(database_url, jwt_secret=None, bus_url=bus_url)
    async with (
        tables(tmp_path / "platform.db") as database,
        listening(platform.application(settings, database)) as here,
        listening(platform.application(settings, database)) as there,
        httpx.AsyncClient(base_url=here, headers={"Cookie": "user=1"}) as rest,
        logged_in(here, 1) as ada,
        logged_in(there, 2) as ben,
    ):
        room = f"band_{BAND}"
        assert (await rest.get("/api/me")).json()["bands"] == [
            {"id": BAND, "name": "Blue Nile", "role": "owner", "is_archived": False}
        ]
        assert (await ada.ok("join_room", room))["role"] == "owner"
        assert (await ben.ok("join_room", room))["role"] == "viewer"
        body = {"kind": "setlist", "title": "Friday"}
        setlist = (await rest.post(f"/api/bands/{BAND}/contents", json=body)).json()["id"]
        venue = edit(setlist, 0, set_(None, "venue", "Blue Nile"))
        assert (await ben.refused("edit_content", venue))["code"] == "forbidden"

        async def may_edit() -> bool:
            return bool((await ben.call("edit_content", venue))["ok"])

        await rest.put(f"/bands/{BAND}/players/2/player")
        await until(may_edit)
        await rest.post(f"/bands/{BAND}/sync")
        for someone in (ada, ben):
            assert [(await someone.next("sync_status"))["progress"] for _ in range(3)] == [0, 50, 100]

        await rest.delete(f"/bands/{BAND}/players/2")
        await until(lambda: any(told.get("action") == "remove" for told in ben.heard["content_updated"]))
        assert (await ben.refused("join_room", room))["code"] == "forbidden"
        await rest.post(f"/bands/{BAND}/sync")
        await ada.next("sync_status")
        assert len(ben.heard["sync_status"]) == 3, "who was taken out hears nothing more"

        for method, path in (("POST", "/api/bands"), ("PUT", f"/api/bands/{BAND}/members/2")):
            refused = await rest.request(method, path, json={"name": "x"} if method == "POST" else {"role": "viewer"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


class Bands:
    """What a host says, as a test has it say."""

    def __init__(self) -> None:
        self.bands: list[HostBand] = [HostBand("b", "Band", "leader")]
        self.asked = 0
        self.fault: Exception | None = None

    async def of(self, _user_id: str) -> list[HostBand]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return self.bands


ADA = User("ada", "Ada")


@asynccontextmanager
async def engine_of(bands: Bands, database_url: str, **settings: Any) -> AsyncIterator[tuple[Engine, Running]]:
    chosen = settings_for(database_url, **settings)
    engine = Engine(chosen, bands_of=bands.of, roles={"leader": Role.OWNER, "guest": Role.VIEWER})
    async with listening(attach(engine, FastAPI())) as url:
        yield engine, Running.at(url, chosen)


async def test_the_host_is_asked_anew_when_its_answer_is_old_or_it_says_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bands = Bands()
    async with engine_of(bands, database_url) as (engine, running), running.rest("ada") as rest:

        async def mine() -> dict[str, str]:
            return {band["id"]: band["role"] for band in (await rest.get("/api/me")).json()["bands"]}

        assert [await mine() for _ in range(3)] == [{"b": "owner"}] * 3
        assert bands.asked == 1
        bands.bands = [HostBand("b", "Band", "guest"), HostBand("c", "Other", "leader"), HostBand("d", "D", "roadie")]
        assert await mine() == {"b": "owner"}, "the answer is fresh"
        await engine.members_changed("ada", "nobody that was ever here")
        assert await mine() == {"b": "viewer", "c": "owner"}, "what role is not mapped is none"
        bands.bands = []
        await engine.members_changed(band_id="b")
        assert await mine() == {}
        bands.bands = [HostBand("b", "Renamed", "leader"), HostBand("no id", "x", "leader")]
        monkeypatch.setattr(host_bands, "FRESH", host_bands.FRESH * 0)
        assert (await rest.get("/api/me")).json()["bands"] == [
            {"id": "b", "name": "Renamed", "role": "owner", "is_archived": False}
        ]
        bands.fault = KeyError("the host's own")
        assert (await rest.get("/api/me")).status_code == 503
        bands.fault = Forbidden("the host has closed")
        assert (await rest.get("/api/me")).json()["error"]["message"] == "the host has closed"


async def test_a_content_may_have_an_id_of_the_host_s(database_url: str) -> None:
    async with engine_of(Bands(), database_url) as (engine, running):
        await engine.membership.welcome(ADA)
        content_id = "setlist:7/ö♫"
        await engine.contents.create(ADA, "b", "setlist", "Friday", content_id=content_id)
        with pytest.raises(Conflicting):
            await engine.contents.create(ADA, "b", "setlist", "Friday", content_id=content_id)
        ada = Member("ada")
        await ada.connect(running.url, {"token": running.token("ada")})
        assert (await ada.ok("join_room", f"content_{content_id}"))["content"]["id"] == content_id
        assert (await ada.ok("edit_content", edit(content_id, 0, set_(None, "venue", "x"))))["version"] == 1
        assert (await ada.refused("join_room", "band_a b"))["code"] == "invalid"
        await ada.close()


async def test_more_bands_than_a_user_may_have_are_refused_and_a_slow_host_is_unavailable(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bands = Bands()
    bands.bands = [HostBand(str(number), "Band", "guest") for number in range(3)]
    async with engine_of(bands, database_url, max_user_memberships=2) as (engine, _):
        with pytest.raises(TooLarge):
            await engine.membership.welcome(ADA)
        monkeypatch.setattr(host_bands, "ASK_WITHIN_S", 0)
        with pytest.raises(Unavailable):
            await engine.membership.welcome(ADA)
    with pytest.raises(ValueError, match="bands_of"):
        await Engine(settings_for(database_url)).members_changed("ada")
