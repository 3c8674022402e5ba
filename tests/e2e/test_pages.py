"""Whether the band's page is served is for the host to say."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from collab.app import create_app, own_app
from collab.http.pages import BUILT, add_pages
from tests.support.serving import settings_for

pytestmark = pytest.mark.asyncio

NAMED = re.compile(r"/assets/([\w.-]+)")


def asking(app: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://band.example")  # type: ignore[arg-type]  # any ASGI application


async def test_an_engine_of_its_own_has_the_page_unless_it_is_told_not_to(database_url: str) -> None:
    async with asking(own_app(settings_for(database_url))) as client:
        assert "<title>collab</title>" in (await client.get("/")).text
    async with asking(own_app(settings_for(database_url), has_page=False)) as client:
        assert (await client.get("/")).status_code == 404


async def test_a_host_application_has_it_only_where_it_asks_for_it(database_url: str) -> None:
    async with asking(create_app(settings_for(database_url), host=FastAPI())) as client:
        assert (await client.get("/")).status_code == 404
    async with asking(create_app(settings_for(database_url), host=FastAPI(), has_page=True)) as client:
        assert (await client.get("/")).status_code == 200


async def test_a_page_that_was_never_built_is_said_to_be_missing(tmp_path: Path) -> None:
    app = FastAPI()
    add_pages(app, built=tmp_path)
    async with asking(app) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.text) == (404, "The page was not built: install the project again.\n")


async def test_what_is_compressed_is_what_the_files_hold() -> None:
    packed = [*(BUILT / "assets").glob("*.gz")]
    assert len(packed) > 2
    for file in packed:
        assert gzip.decompress(file.read_bytes()) == file.with_suffix("").read_bytes()


async def test_the_page_and_its_service_worker_name_files_that_there_are() -> None:
    named = {file: set(NAMED.findall((BUILT / file).read_text())) for file in ("index.html", "sw.js")}
    there = {file.name for file in (BUILT / "assets").iterdir() if file.suffix not in (".br", ".gz")}
    assert named["sw.js"] == there
    assert named["index.html"] < there


async def test_what_begins_comes_first_and_the_first_screen_beside_it() -> None:
    names = NAMED.findall((BUILT / "index.html").read_text())
    [first, *others] = [name for name in names if name.endswith(".js")]
    assert first.startswith("begin-")
    assert any(name.startswith("show-") for name in others)
    sizes = [(BUILT / "assets" / f"{name}.br").stat().st_size for name in (first, *others)]
    assert sum(sizes) < 90_000, "what a setlist, the stage, the history and print need comes after"


@pytest.mark.parametrize(("accepted", "suffix"), [("gzip, deflate, br", ".br"), ("gzip", ".gz"), ("identity", "")])
async def test_its_files_come_as_the_build_has_compressed_them(database_url: str, accepted: str, suffix: str) -> None:
    [script] = (BUILT / "assets").glob("begin-*.js")
    async with (
        asking(own_app(settings_for(database_url))) as client,
        client.stream("GET", f"/assets/{script.name}", headers={"Accept-Encoding": accepted}) as answer,
    ):
        body = b"".join([part async for part in answer.aiter_raw()])
    assert body == (BUILT / "assets" / f"{script.name}{suffix}").read_bytes()
    assert answer.headers.get("Content-Encoding", "") == {".br": "br", ".gz": "gzip", "": ""}[suffix]
    assert (answer.headers["Content-Type"], answer.headers["Vary"]) == (
        "text/javascript; charset=utf-8",
        "Accept-Encoding",
    )


@pytest.mark.parametrize("name", ["a%00.js", "%00", "x" * 253, "x" * 300, f"{'x/' * 3_000}y", "..%2f..%2fpages.py"])
@pytest.mark.parametrize("folder", ["assets", "admin/statics"])
async def test_a_name_that_no_file_has_is_not_found(database_url: str, folder: str, name: str) -> None:
    async with asking(own_app(settings_for(database_url))) as client:
        answer = await client.get(f"/{folder}/{name}", follow_redirects=True)
    assert answer.status_code == 404 or answer.url.path == "/admin/login"
