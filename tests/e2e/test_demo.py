"""`collab demo` needs nothing: it makes a band and prints a link for each member."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.processes import START_TIMEOUT_S, environment
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def _links(process: asyncio.subprocess.Process) -> list[tuple[str, str]]:
    assert process.stdout is not None
    found: list[tuple[str, str]] = []
    while len(found) < 4:
        line = (await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)).decode()
        assert line, "the demo ended"
        found += re.findall(r"(http://\S+)/#token=(\S+)", line)
    return found


def _files(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("collab-demo-*/*")} | {file.name for file in folder.iterdir()}


@asynccontextmanager
async def _started(folder: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`collab demo`; killed where it still runs at the end, as where its test was given up."""
    without = {key: value for key, value in environment("").items() if not key.startswith("COLLAB_")}
    command = [sys.executable, "-m", "collab", "demo", "--port", "0", *options]
    process = await asyncio.create_subprocess_exec(
        *command, env={**without, "TMPDIR": str(folder)}, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_the_demo_serves_a_band_of_four(tmp_path: Path) -> None:
    async with _started(tmp_path) as process:
        links = await _links(process)
        roles = []
        for url, token in links:
            async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as rest:
                [band] = (await rest.get("/api/me")).json()["bands"]
                roles.append(band["role"])
                contents = (await rest.get(f"/api/bands/{band['id']}/contents")).json()["contents"]
                ids = {entry["kind"]: entry["id"] for entry in contents}
                songs = (await rest.get(f"/api/contents/{ids['repertoire']}")).json()["items"]
                setlist = (await rest.get(f"/api/contents/{ids['setlist']}")).json()["items"]

    assert roles == ["owner", "editor", "editor", "viewer"]
    assert len({song["fields"]["title"] for song in songs}) >= 25
    assert all({"title", "key", "tempo", "duration"} <= set(song["fields"]) for song in songs)
    types = [item["type"] for item in setlist]
    assert types.count("break") == 1
    assert types[0] == types[-1] == "song"


async def test_the_demo_keeps_its_data_where_it_is_told_to(tmp_path: Path) -> None:
    kept = []
    for _ in range(2):
        async with _started(tmp_path, "--data", str(tmp_path)) as process:
            [(url, token), *_] = await _links(process)
            async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as rest:
                kept.append((await rest.get("/api/bands")).json())
            process.terminate()
            await process.communicate()

    assert kept[0] == kept[1]
    assert len(kept[0]["bands"]) == 1


async def test_a_demo_that_other_machines_reach_lets_a_phone_in_by_a_code(tmp_path: Path) -> None:
    async with _started(tmp_path, "--host", "0.0.0.0") as process:
        assert process.stdout is not None
        said = ""
        while (link := re.search(r"(http://\S+)/#join=(\S+)", said)) is None:
            line = (await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)).decode()
            assert line, "the demo ended"
            said += line
        url, secret = link.groups()
        async with httpx.AsyncClient(base_url=url, headers={"Origin": url}) as phone:
            came = (await phone.post("/api/join", json={"secret": secret, "name": "Zoe"})).json()
            [band] = (await phone.get("/api/me", headers={"Authorization": f"Bearer {came['token']}"})).json()["bands"]

    assert "0.0.0.0" not in said
    assert (came["user"]["name"], band["role"]) == ("Zoe", "editor")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_demo_that_is_stopped_leaves_nothing_behind(tmp_path: Path, number: signal.Signals, code: int) -> None:
    async with _started(tmp_path) as process:
        await _links(process)
        assert {"collab.db", "secret"} <= _files(tmp_path)
        process.send_signal(number)
        await process.communicate()

    assert (process.returncode, _files(tmp_path)) == (code, set())


async def test_a_demo_that_is_stopped_before_it_serves_leaves_nothing_behind(tmp_path: Path) -> None:
    async with _started(tmp_path) as process:
        await until(lambda: "collab.db" in _files(tmp_path))
        process.terminate()
        said, _ = await process.communicate()

    assert (said, process.returncode, _files(tmp_path)) == (b"", 128 + signal.SIGTERM, set())
