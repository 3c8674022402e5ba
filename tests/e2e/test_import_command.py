"""`collab import`: songs into a band's repertoire, through a running server."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import Gig
from tests.support.commands import TIMEOUT_S
from tests.support.interrupted import interrupted
from tests.support.members import member
from tests.support.serving import RunningEngine

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def _import(
    server: RunningEngine, band_id: str, file: Path, *options: str, **others: str
) -> tuple[int, str, str]:
    """As typed; nothing in it interrupts it, since it is over before it has to wait, or refused."""
    token = others.pop("token", server.token("ben"))
    typed = ("import", band_id, str(file), "--server", others.pop("at", server.url), *options)
    return await interrupted("sqlite+aiosqlite:///none.db", *typed, token=token)


async def test_songs_come_in_and_the_band_hears_of_it(server: RunningEngine, gig: Gig, tmp_path: Path) -> None:
    file = tmp_path / 'ben"s songs.csv'
    file.write_text("title,tempo\nPanama,208\nTiger Rag,fast\n")
    async with member(server, "ada") as ada:
        await ada.ok("join_room", gig.band_room)
        code, said, _ = await _import(server, gig.band_id, file)
        told = await asyncio.wait_for(ada.next("sync_status"), TIMEOUT_S)
    assert code == 0
    assert said.splitlines()[0].endswith("ben_s songs.csv: 2 songs added, 0 changed, 1 lines with problems")
    assert "tempo" in said.splitlines()[1]
    assert told["status"] in ("syncing", "completed")


async def test_songs_of_the_band_change_only_when_somebody_says_so(
    server: RunningEngine, gig: Gig, tmp_path: Path
) -> None:
    file = tmp_path / "songs.csv"
    file.write_text("title,key\nPanama,F\n")
    assert (await _import(server, gig.band_id, file))[0] == 0
    file.write_text("title,key\nPanama,G\nTiger Rag,C\n")

    code, said, _ = await _import(server, gig.band_id, file)
    assert (code, said.splitlines()) == (
        1,
        ["1 new songs, 1 changed:", "  Panama: key from 'F' to 'G'", "Nothing was changed."],
    )
    _, kept, _ = await _import(server, gig.band_id, file, "--policy", "ours")
    assert "1 songs added, 0 changed" in kept
    _, changed, _ = await _import(server, gig.band_id, file, "--yes")
    assert "0 songs added, 1 changed" in changed
    assert (await _import(server, gig.band_id, file, "--policy", "none"))[0] == 1


async def test_what_the_server_refuses_is_said(server: RunningEngine, gig: Gig, tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    file.write_text("title\nPanama\n")
    no_band = await _import(server, "nobodys", file)
    viewer = await _import(server, gig.band_id, file, token=server.token("dex"))
    no_token = await _import(server, gig.band_id, file, token="")
    no_file = await _import(server, gig.band_id, tmp_path / "none.csv")
    nowhere = await _import(server, gig.band_id, file, at="http://127.0.0.1:1")
    no_url = await _import(server, gig.band_id, file, at="file:///etc")

    assert [code for code, _, _ in (no_band, viewer, no_token, no_file, nowhere, no_url)] == [1, 1, 2, 2, 1, 2]
    assert "COLLAB_TOKEN" in no_token[2]
    assert "there is no" in no_file[2]
    assert "is `collab serve` up?" in nowhere[2]
    assert "--server" in no_url[2]
    assert all("Traceback" not in err for _, _, err in (no_band, viewer, no_token, no_file, nowhere, no_url))


async def test_interrupted_it_cancels_what_is_not_in_yet(server: RunningEngine, gig: Gig, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text("title\n" + "".join(f"Song {number}\n" for number in range(10_000)))
    code, said, _ = await interrupted(
        "sqlite+aiosqlite:///none.db",
        "import",
        gig.band_id,
        str(file),
        "--server",
        server.url,
        token=server.token("ben"),
    )
    async with server.rest("ben") as rest:
        [job] = (await rest.get(f"/api/bands/{gig.band_id}/imports")).json()["imports"]
        document = (await rest.get(f"/api/contents/{job['content_id']}")).json()

    assert (code, job["status"]) == (130, "cancelled")
    assert "cancelled the import of many.csv" in said
    assert 0 < len(document["items"]) < 10_000
    # In whole edits, each of which can be undone.
    assert len(document["items"]) % 50 == 0
