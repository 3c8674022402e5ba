"""The documents of the interfaces say what the server does."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from collab.app import attach, own_app
from collab.domain.errors import HTTP_STATUS
from collab.engine import Engine
from collab.protocol import models, rest_answers
from collab.protocol.base import Wire
from collab.protocol.catalogue import CLIENT_EVENTS, SERVER_EVENTS
from tests.conftest import Gig
from tests.support.members import member, set_
from tests.support.serving import Running, settings_for

METHODS = ("get", "post", "put", "patch", "delete")
NOBODY_S = {"/healthz", "/readyz", "/metrics", "/asyncapi.json"}
NEEDING = ("/diff", "/presence", "/outline", "/briefs")


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = settings_for(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('openapi') / 'collab.db'}")
    app = own_app(settings)
    attach(Engine(settings), app)
    return app.openapi()


def _operations(openapi: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            yield method, path, operation


def _success(operation: dict[str, Any]) -> dict[str, Any]:
    [found] = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    return dict(found)


def test_every_call_tells_its_errors_in_the_one_shape(openapi: dict[str, Any]) -> None:
    for method, path, operation in _operations(openapi):
        errors = {status: answer for status, answer in operation["responses"].items() if not status.startswith("2")}
        if path not in NOBODY_S:
            assert {"401", "503"} <= errors.keys(), (method, path)
        for status, answer in errors.items():
            content = answer["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/RestFailed"}, (method, path, status)
            for code, example in content["examples"].items():
                assert HTTP_STATUS[code] == int(status)
                TypeAdapter(rest_answers.RestFailed).validate_python(example["value"])


def test_every_call_shows_what_it_takes_and_gives(openapi: dict[str, Any]) -> None:
    for method, path, operation in _operations(openapi):
        assert operation["description"], (method, path)
        if operation["responses"].keys().isdisjoint({"204"}) and path not in NOBODY_S:
            assert _success(operation)["content"], (method, path)
        for content in _success(operation).get("content", {}).values():
            assert "example" in content or not content.get("schema"), (method, path)
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert body is None or "example" in body, (method, path)


@pytest.mark.asyncio
async def test_what_the_calls_answer_fits_their_models(server: Running, gig: Gig, openapi: dict[str, Any]) -> None:
    async with member(server, "ben") as ben:
        await ben.ok("join_room", gig.room)
        for version in range(3):
            await ben.edit(gig.setlist_id, version, set_("iko", "key", "CDE"[version]))
        async with server.rest("ada") as ada:
            content = f"/api/contents/{gig.setlist_id}"
            await ada.post(f"{content}/checkpoints", json={"label": "Soundcheck"})
            await ada.post(f"{content}/revert", json={"version": 1})
            songs = {"file": ("songs.csv", b"title,key\nIko Iko,F\n")}
            job_id = (await ada.post(f"/api/bands/{gig.band_id}/imports", files=songs)).json()["job_id"]
            ids = {"band_id": gig.band_id, "content_id": gig.setlist_id, "job_id": job_id}
            seen = 0
            for method, path, operation in _operations(openapi):
                model = _model(_success(operation))
                if method == "get" and model is not None:
                    query: Mapping[str, str | int | bool] = (
                        {"from": 0, "history": True, "fields": "title", "kind": "setlist"}
                        if path.endswith(NEEDING)
                        else {}
                    )
                    answer = await ada.get(path.format(**ids), params=query)
                    assert answer.status_code == 200, path
                    TypeAdapter(model).validate_json(answer.content)
                    seen += 1
    assert seen >= 12


@pytest.mark.asyncio
@pytest.mark.parametrize("user", [None, "ada", "dex", "eve"])
async def test_the_errors_that_come_are_those_that_are_told(
    server: Running, gig: Gig, openapi: dict[str, Any], user: str | None
) -> None:
    ids = {"band_id": gig.band_id, "content_id": gig.setlist_id, "job_id": "none", "user_id": "nobody"}
    nowhere = {"version": 999, "from": 999, "to": 999}
    came: set[tuple[str, str]] = set()
    async with server.rest(user) as rest:
        for method, path, operation in _operations(openapi):
            if (method, path) == ("delete", "/api/contents/{content_id}"):
                continue  # all that follows would be forbidden
            for body in ({"role": "king"}, {"version": 999}, {"version": 999, "label": "x"}):
                answer = await rest.request(method, path.format(**ids), json=body, params=nowhere)
                assert user is not None or path in NOBODY_S or answer.status_code == 401, (method, path)
                if answer.status_code >= 400:
                    code = answer.json()["error"]["code"]
                    told = operation["responses"][str(answer.status_code)]["content"]["application/json"]["examples"]
                    assert code in told, (method, path)
                    came.add((path, code))
    if user == "ada":
        for path in ("", "/diff", "/export", "/revert", "/checkpoints"):
            assert (f"/api/contents/{{content_id}}{path}", "not_found") in came


@pytest.mark.asyncio
async def test_the_events_are_told_at_asyncapi_json(server: Running) -> None:
    async with server.rest(None) as anybody:
        document = (await anybody.get("/asyncapi.json")).json()
        assert (await anybody.get("/docs")).status_code == 200
    assert document["servers"]["this"]["host"] == server.url.removeprefix("http://")
    assert document["operations"].keys() == {*CLIENT_EVENTS, *SERVER_EVENTS}


@pytest.mark.asyncio
async def test_the_page_of_the_calls_needs_no_other_host(server: Running) -> None:
    async with server.rest(None) as anybody:
        page = (await anybody.get("/docs")).text
        parts = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
        kinds = {str((await anybody.get(part)).raise_for_status().headers["Content-Type"]) for part in parts}
    assert not re.search(r"""["'](?:\w+:)?//""", page)
    assert {kind.partition(";")[0] for kind in kinds} == {"text/javascript", "text/css", "image/png"}


def _model(answer: dict[str, Any]) -> type[Wire] | None:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return getattr(models, name, None) or getattr(rest_answers, name, None)
