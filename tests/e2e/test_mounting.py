"""The engine, mounted anywhere: within another application, under a path, without a lifespan, beside other routes."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import socketio
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from collab import Engine, Settings, attach, create_app, rest_router
from collab.client import CollabClient
from collab.domain.errors import Unavailable
from tests.support.members import Member, edit, set_
from tests.support.serving import Running, listening, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


def mounted_at_the_root(settings: Settings) -> ASGIApp:
    host = FastAPI()
    host.mount("/", create_app(settings))
    return host


def mounted_at_a_path(settings: Settings) -> ASGIApp:
    host = FastAPI()
    host.mount("/collab", create_app(settings))
    return host


def mounted_twice_over(settings: Settings) -> ASGIApp:
    return Starlette(routes=[Mount("/a", Starlette(routes=[Mount("/b", create_app(settings))]))])


def with_a_prefix_and_a_path(settings: Settings) -> ASGIApp:
    return create_app(settings.model_copy(update={"rest_prefix": "/live", "socket_path": "/live/socket"}), FastAPI())


def by_include_router(settings: Settings) -> ASGIApp:
    host, engine = FastAPI(), Engine(settings)
    host.include_router(rest_router(engine), prefix="/v1")
    host.mount("/ws", engine.sockets)
    return host


class WithoutLifespan:
    """What a server makes of an application that knows of no lifespan, such as Daphne."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        for answer in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
            await receive()
            await send({"type": answer})


def without_a_lifespan(settings: Settings) -> ASGIApp:
    return WithoutLifespan(create_app(settings, FastAPI()))


WAYS: dict[str, tuple[Any, str, str]] = {
    "at /": (mounted_at_the_root, "", "/socket.io"),
    "at a path": (mounted_at_a_path, "/collab", "/collab/socket.io"),
    "at a path within a path": (mounted_twice_over, "/a/b", "/a/b/socket.io"),
    "with a prefix and a path": (with_a_prefix_and_a_path, "/live", "/live/socket"),
    "by include_router": (by_include_router, "/v1", "/ws"),
    "without a lifespan": (without_a_lifespan, "", "/socket.io"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_it_works_wherever_it_is_mounted(way: str, database_url: str) -> None:
    make, rest_path, socket_path = WAYS[way]
    settings = settings_for(database_url)
    async with listening(make(settings)) as url:
        running = Running.at(url, settings)
        async with running.rest("ada") as rest:
            assert (await rest.get(f"{rest_path}/readyz")).json()["status"] == "ok"
            band = (await rest.post(f"{rest_path}/api/bands", json={"name": "Blue Nile"})).json()
            body = {"kind": "setlist", "title": "Friday"}
            made = (await rest.post(f"{rest_path}/api/bands/{band['id']}/contents", json=body)).json()
            document = (await rest.get(f"{rest_path}/asyncapi.json")).json()
        if way != "by include_router":
            assert document["servers"]["this"]["pathname"] == f"{socket_path}/"
        for transport in ("websocket", "polling"):
            ada = Member("ada")
            await ada.connect(url, {"token": running.token("ada")}, [transport], socketio_path=socket_path)
            at = (await ada.ok("join_room", f"content_{made['id']}"))["content"]["version"]
            assert (await ada.ok("edit_content", edit(made["id"], at, set_(None, "venue", transport))))["version"] > at
            await ada.close()
        async with CollabClient(url, running.token("ada"), path=socket_path) as me:
            assert (await me.open(made["id"])).document.version == 2


async def test_it_starts_with_its_first_use_whatever_that_is(database_url: str) -> None:
    settings = settings_for(database_url)
    async with listening(mounted_at_the_root(settings)) as url:
        ada = Member("ada")
        await ada.connect(url, {"token": Running.at(url, settings).token("ada")})
        await ada.next("session")
        assert (await ada.refused("join_room", "band_nowhere"))["code"] == "forbidden"
        await ada.close()


async def test_an_engine_that_can_not_start_says_so(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(settings_for(database_url))

    async def fail() -> None:
        raise RuntimeError("the imports do not go on")

    monkeypatch.setattr(engine.imports, "resume", fail)
    application = WithoutLifespan(attach(engine, FastAPI()))
    async with listening(application) as url, httpx.AsyncClient(base_url=url) as anybody:
        for path in ("/readyz", "/healthz", "/api/me", "/socket.io/?EIO=4&transport=polling"):
            answer = await anybody.get(path)
            assert (answer.status_code, "could not start" in answer.text) == (503, True), path
        someone = Member("ada")
        with pytest.raises(socketio.exceptions.ConnectionError):
            await someone.connect(url)
        await someone.forget()


async def test_of_two_event_loops_one_runs_it_and_the_other_is_told(database_url: str) -> None:
    engine = Engine(settings_for(database_url))
    async with engine.running():
        with pytest.raises(Unavailable, match="another event loop"):
            await asyncio.to_thread(asyncio.run, engine.ready())
    with pytest.raises(Unavailable, match="has ended"):
        await engine.ready()


async def test_what_began_with_its_first_use_ends_with_its_event_loop(database_url: str) -> None:
    engine, before = Engine(settings_for(database_url)), set(threading.enumerate())
    await asyncio.to_thread(asyncio.run, engine.ready())
    left = {thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()}
    assert "collab-writer" not in left
    with pytest.raises(Unavailable, match="has ended"):
        await engine.ready()


async def test_what_a_host_s_dependency_refuses_with_is_the_answer(database_url: str) -> None:
    async def closed(door: str = "") -> None:
        if door:
            raise HTTPException(int(door), "the host's own words")

    host = FastAPI(dependencies=[Depends(closed)])
    settings = settings_for(database_url)
    async with listening(create_app(settings, host)) as url, Running.at(url, settings).rest("ada") as rest:
        for status in (400, 401, 402, 503):
            answer = await rest.get(f"/api/me?door={status}")
            assert (answer.status_code, answer.json()) == (status, {"detail": "the host's own words"})
        assert (await rest.get("/api/me")).status_code == 200
        broken = await rest.post("/api/bands", content=b"{", headers={"Content-Type": "application/json"})
        assert (broken.status_code, broken.json()["error"]["code"]) == (422, "invalid")


async def nothing() -> PlainTextResponse:
    return PlainTextResponse("the host's")


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with listening(app) as url, httpx.AsyncClient(base_url=url) as anybody:
        yield anybody


@pytest.mark.parametrize("path", ["/healthz", "/api/contents/{any_id}", "/api/{rest:path}", "/{every:path}", "/admin/"])
async def test_a_path_that_the_host_has_already_is_refused(path: str, database_url: str) -> None:
    host = FastAPI()
    host.get(path)(nothing)
    with pytest.raises(ValueError, match="two routes of"):
        create_app(settings_for(database_url), host)


async def test_a_path_that_the_host_takes_afterwards_is_refused_at_the_start(database_url: str) -> None:
    host = FastAPI()
    create_app(settings_for(database_url), host)
    host.get("/api/contents/{content}")(nothing)
    with pytest.raises(ValueError, match=r"two routes of GET /api/contents/\{content_id\}"):
        async with host.router.lifespan_context(host):
            """It does not start."""


async def test_what_takes_every_path_comes_after_the_engine(database_url: str) -> None:
    host = FastAPI()
    host.post("/healthz")(nothing)
    application = create_app(settings_for(database_url), host)
    host.get("/api/tickets/{number}")(nothing)
    host.get("/{every:path}")(nothing)
    async with started(application) as anybody:
        assert (await anybody.get("/healthz")).json() == {"status": "ok"}
        for path in ("/api/tickets/7", "/band/7"):
            assert (await anybody.get(path)).text == "the host's"


@pytest.mark.parametrize("settings", [{"socket_path": "/"}, {"socket_path": "a b"}, {"rest_prefix": "live"}])
async def test_a_path_that_is_none_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected a path"):
        settings_for("sqlite+aiosqlite://", **settings)
