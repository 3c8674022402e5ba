"""Ids of a host's own, whatever is in them: over REST, wherever it is mounted, in Python and in TypeScript."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from collab import Engine, HostBand, Role, attach, rest_router
from collab.domain.bands import User
from collab.domain.strings import MAX_ID_LENGTH
from tests.support.serving import Running, listening, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

IDS = (
    "songs/7",
    "/",
    "a//b",
    "../../admin/",
    "%2F",
    "%252f/%",
    "50%",
    "what?x=1#y",
    "a+b&c=d;e",
    "b\\c|d",
    "sängerin♫/👩🎤",
    "google-oauth2|103547",
    "urn:band:7",
    "🎷" * MAX_ID_LENGTH,
    "/" * MAX_ID_LENGTH,
)


def at_the_root(engine: Engine) -> ASGIApp:
    return attach(engine, FastAPI())


def at_a_path(engine: Engine) -> ASGIApp:
    host = FastAPI()
    host.mount("/live ♫", attach(engine, FastAPI()))
    return host


def by_include_router(engine: Engine) -> ASGIApp:
    host = FastAPI()
    host.include_router(rest_router(engine), prefix="/of/{tenant}")
    return host


WAYS: dict[str, tuple[Callable[[Engine], ASGIApp], str]] = {
    "at the root": (at_the_root, ""),
    "at a path": (at_a_path, "/live%20%E2%99%AB"),
    "by include_router": (by_include_router, "/of/a%20venue"),
}


@asynccontextmanager
async def bands(database_url: str, way: str = "at the root") -> AsyncIterator[tuple[Engine, Running]]:
    """A server of a band with each of the ids, which Ada leads."""

    async def bands_of(_user_id: str) -> list[HostBand]:
        return [HostBand(any_id, "Blue Nile", "leader") for any_id in IDS]

    settings = settings_for(database_url)
    engine = Engine(settings, bands_of=bands_of, roles={"leader": Role.OWNER})
    make, path = WAYS[way]
    async with listening(make(engine)) as url:
        yield engine, Running.at(url + path, settings)


@pytest.mark.parametrize("way", WAYS)
async def test_an_id_is_one_segment_whatever_is_in_it(way: str, database_url: str) -> None:
    async with bands(database_url, way) as (engine, running), running.rest("ada") as rest:
        assert {band["id"] for band in (await rest.get("/api/me")).json()["bands"]} == {*IDS}
        for any_id in IDS:
            await engine.contents.create(User("ada", "Ada"), any_id, "setlist", "Friday", content_id=any_id)
            await calls_of(rest, any_id)


async def calls_of(rest: httpx.AsyncClient, any_id: str) -> None:
    """Each call about a band or a content, of that id."""
    written = quote(any_id, safe="")
    of_band, content = f"/api/bands/{written}", f"/api/contents/{written}"
    [listed] = (await rest.get(f"{of_band}/contents")).json()["contents"]
    assert listed["id"] == any_id
    document = (await rest.get(content)).json()
    assert (document["id"], document["band_id"]) == (any_id, any_id)
    for path in ("/outline?fields=title", "/edits", "/checkpoints", "/export?format=json", "/diff?from=0"):
        assert (await rest.get(content + path)).status_code == 200, (any_id, path)
    for path in ("/presence", "/members", "/imports"):
        assert (await rest.get(of_band + path)).status_code == 200, (any_id, path)
    assert (await rest.post(f"{content}/checkpoints", json={"label": "As it was"})).status_code == 201
    assert (await rest.delete(content)).status_code == 204
    assert (await rest.post(f"{content}/unarchive")).json()["id"] == any_id


async def test_a_member_has_any_id(server: Running) -> None:
    async with server.rest("ada") as rest:
        made = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()["id"]
        for user_id in IDS:
            of_member = f"/api/bands/{made}/members/{quote(user_id, safe='')}"
            assert (await rest.put(of_member, json={"role": "editor", "name": "Ben"})).json()["user"]["id"] == user_id
            listed = (await rest.get(f"/api/bands/{made}/members")).json()["members"]
            assert {entry["user"]["id"] for entry in listed} == {"ada", user_id}
            assert (await rest.delete(of_member)).status_code == 204


async def test_a_slash_that_was_not_encoded_still_ends_a_segment(database_url: str) -> None:
    async with bands(database_url) as (_, running), running.rest("ada") as rest:
        assert (await rest.get("/api/bands/songs/7/contents")).status_code == 404
        assert (await rest.get("/api/bands/songs%2f7/contents")).status_code == 200, "in small letters too"
        assert (await rest.get("/api/bands%2Fsongs%2F7/contents")).status_code == 404
        assert (await rest.put("/api/bands/songs%2F7/contents")).status_code == 405


async def test_what_is_in_nobody_s_band_is_refused_by_any_name(database_url: str) -> None:
    async with bands(database_url) as (_, running), running.rest("ada") as rest:
        for written, status in {"songs%2F8": 403, "songs%252F7": 403, "a%20b%2F7": 422}.items():
            assert (await rest.get(f"/api/bands/{written}/contents")).status_code == status, written
