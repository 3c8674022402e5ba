"""A host's own FastAPI application takes the engine in with one call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from collab import Kind, Settings, create_app, register_kind
from collab.domain.fields import Line, Number
from tests.support.members import edit, member
from tests.support.serving import SECRET, Running, listening, settings_for


@pytest.mark.asyncio
async def test_the_engine_runs_beside_the_routes_of_a_host(database_url: str) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, str]]:
        seen.append("host started")
        yield {"motto": "second line"}
        seen.append("host stopped")

    host = FastAPI(lifespan=lifespan)

    @host.get("/api/tickets")
    async def tickets() -> dict[str, int]:
        return {"sold": 120}

    @host.post("/socket.io.js")
    async def not_the_engines() -> dict[str, int]:
        return {"taken": 1}

    application = create_app(settings_for(database_url), host=host)
    async with listening(application) as url:
        async with httpx.AsyncClient(base_url=url) as anybody:
            assert (await anybody.get("/api/tickets")).json() == {"sold": 120}
            assert (await anybody.get("/api/nothing")).status_code == 404
            assert (await anybody.post("/socket.io.js", content=b"any")).json() == {"taken": 1}
            assert (await anybody.get("/healthz")).json() == {"status": "ok"}
            assert (await anybody.get("/api/me")).status_code == 401
            assert "/api/tickets" in (await anybody.get("/openapi.json")).json()["paths"]
        running = Running.at(url, settings_for(database_url))
        async with running.rest("ada") as rest, member(running, "ada") as ada:
            band = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()
            assert (await ada.ok("join_room", f"band_{band['id']}"))["role"] == "owner"

    assert seen == ["host started", "host stopped"]


@pytest.mark.asyncio
@pytest.mark.usefixtures("own_kinds")
async def test_a_host_registers_a_kind_of_its_own(database_url: str) -> None:
    stage_plot = Kind(
        "stage_plot",
        fields={"title": Line()},
        item_types={"mic": {"label": Line(40), "x": Number(0, 100, "percent"), "y": Number(0, 100, "percent")}},
    )
    register_kind(stage_plot)
    async with listening(create_app(settings_for(database_url))) as url:
        running = Running.at(url, settings_for(database_url))
        async with running.rest("ada") as rest, member(running, "ada") as ada:
            band = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()
            body = {"kind": "stage_plot", "title": "Main stage"}
            made = (await rest.post(f"/api/bands/{band['id']}/contents", json=body)).json()
            mic = {"id": "m1", "type": "mic", "position": "a0", "fields": {"label": "trumpet", "x": 20}}
            answer = await ada.ok("edit_content", edit(made["id"], 0, {"op": "insert", "item": mic}))
            off_stage = {"op": "set", "item": "m1", "field": "x", "value": 101}
            refused = await ada.refused("edit_content", edit(made["id"], 1, off_stage))

    assert answer["version"] == 1
    assert refused["code"] == "invalid"


def test_settings_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLLAB_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("COLLAB_LATE_AUTH", "false")
    settings = Settings(_env_file=None)

    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.late_auth is False
