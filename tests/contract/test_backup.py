"""Backups come back as they were, from and to every database."""

import gzip
from pathlib import Path

import pytest

from collab.domain.errors import Conflicting, Invalid, NotFound
from collab.storage import dumps, sqlite_copy
from collab.storage.migrate import migrate
from collab.storage.webhooks import StoredOutbox
from tests.conftest import Gig, make_gig
from tests.support.members import member, set_
from tests.support.postgres import create_database, drop_database
from tests.support.rooms import NOW
from tests.support.serving import Running, RunningEngine, serving, settings_for, sqlite_url

pytestmark = pytest.mark.asyncio


async def _play(server: RunningEngine) -> Gig:
    """A band with some history: edits, a checkpoint, an import; and another band beside it."""
    gig = await make_gig(server)
    async with server.rest("ben") as rest:
        await rest.post(f"/api/contents/{gig.setlist_id}/checkpoints", json={"label": "Soundcheck ♭"})
        async with member(server, "ben") as ben:
            await ben.edit(gig.setlist_id, 0, set_("iko", "tempo", 180.5), set_(None, "notes", "naïve\n♪"))
            await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": ("a.csv", b"title\nPanama\nIda\n")})
            await ben.next("complete")
        await rest.post("/api/bands", json={"name": "Ben's own"})
    return gig


async def test_a_dump_leads_from_sqlite_to_postgresql_and_back(
    sqlite_database_url: str, postgres: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with serving(settings_for(sqlite_database_url)) as server:
        gig = await _play(server)
        # The server goes on while it is backed up.
        dumps.dump(sqlite_database_url, tmp_path / "first.jsonl")
        document = await _document(server, gig)
    name = f"backup_{tmp_path.name}".replace("-", "_").lower()
    elsewhere = create_database(postgres, name)
    request.addfinalizer(lambda: drop_database(postgres, name))
    back = sqlite_url(tmp_path / "back.db")

    first = dumps.restore(elsewhere, tmp_path / "first.jsonl")
    dumps.dump(elsewhere, tmp_path / "second.jsonl.gz")
    assert dumps.restore(back, tmp_path / "second.jsonl.gz") == first
    dumps.dump(back, tmp_path / "third.jsonl")

    assert first.rows["edits"] >= 1
    assert (first.rows["bands"], first.mended) == (2, 0)
    lines = [_lines(tmp_path / name) for name in ("first.jsonl", "second.jsonl.gz", "third.jsonl")]
    assert lines[0] == lines[1] == lines[2]
    for url in (elsewhere, back):
        async with serving(settings_for(url)) as server:
            assert await _document(server, gig) == document
            async with server.rest("ada") as rest:
                edit = {"version": 0}
                assert (await rest.post(f"/api/contents/{gig.setlist_id}/revert", json=edit)).status_code == 200


async def test_one_band_is_dumped_with_its_people_alone(sqlite_database_url: str, tmp_path: Path) -> None:
    async with serving(settings_for(sqlite_database_url)) as server:
        gig = await _play(server)
        async with server.rest("stranger") as rest:
            await rest.post("/api/bands", json={"name": "Strangers"})
    counts = dumps.dump(sqlite_database_url, tmp_path / "band.jsonl", gig.band_id)
    assert (counts["bands"], counts["users"], counts["memberships"]) == (1, 3, 3)
    with pytest.raises(NotFound):
        dumps.dump(sqlite_database_url, tmp_path / "none.jsonl", "none")
    assert _dumps_in(tmp_path) == ["band.jsonl"]

    other = sqlite_url(tmp_path / "other.db")
    dumps.restore(other, tmp_path / "band.jsonl")
    async with serving(settings_for(other)) as server:
        assert await _document(server, gig)


async def test_what_is_restored_beside_others_is_not_delivered_again(sqlite_database_url: str, tmp_path: Path) -> None:
    async with serving(settings_for(sqlite_database_url)) as server:
        gig = await _play(server)
    dumps.dump(sqlite_database_url, tmp_path / "band.jsonl", gig.band_id)
    elsewhere = sqlite_url(tmp_path / "elsewhere.db")
    migrate(elsewhere)
    async with serving(settings_for(elsewhere)) as server:
        outbox = StoredOutbox(server.engine.reading, server.engine._writer)  # noqa: SLF001  # nothing else is behind it
        await outbox.open("hook", NOW)
        dumps.restore(elsewhere, tmp_path / "band.jsonl")
        assert await outbox.waiting("hook", NOW, 10) == []
        async with member(server, "ben") as ben:
            await ben.edit(gig.setlist_id, 1, set_("iko", "tempo", 100))
        [behind] = await outbox.waiting("hook", NOW, 10)
        assert (behind.content_id, behind.version, behind.head) == (gig.setlist_id, 1, 2)


async def test_a_dump_that_is_not_whole_or_there_already_changes_nothing(
    sqlite_database_url: str, tmp_path: Path
) -> None:
    async with serving(settings_for(sqlite_database_url)) as server:
        await _play(server)
    dump = tmp_path / "a.jsonl"
    dumps.dump(sqlite_database_url, dump)
    with pytest.raises(Conflicting, match="nothing was restored"):
        dumps.restore(sqlite_database_url, dump)
    with pytest.raises(Conflicting, match="does not exist yet"):
        dumps.dump(sqlite_database_url, dump)
    empty = sqlite_url(tmp_path / "empty.db")
    whole = dump.read_bytes().splitlines(keepends=True)
    for broken in (whole[:-1], [*whole[:5], *whole[6:]], whole[1:], [*whole[:-1], whole[-1][:9]], []):
        dump.write_bytes(b"".join(broken))
        with pytest.raises(Invalid):
            dumps.restore(empty, dump)
    dumps.dump(empty, tmp_path / "b.jsonl")
    assert _lines(tmp_path / "b.jsonl") == sorted([b'{"collab":1,"band":null}', b'{"end":{}}'])


async def test_a_running_sqlite_database_is_copied_and_restored(sqlite_database_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with serving(settings_for(sqlite_database_url)) as server:
        gig = await _play(server)
        sqlite_copy.copy_sqlite(sqlite_database_url, copy)
        before = await _document(server, gig)
        async with member(server, "ada") as ada:
            await ada.edit(gig.setlist_id, 1, set_("iko", "key", "Gm"))
    with pytest.raises(Conflicting, match="empty database"):
        sqlite_copy.restore_sqlite(sqlite_database_url, copy)
    restored = sqlite_url(tmp_path / "restored.db")
    sqlite_copy.restore_sqlite(restored, copy)
    async with serving(settings_for(restored)) as server:
        assert await _document(server, gig) == before
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at" * 50)
    with pytest.raises(Invalid):
        sqlite_copy.restore_sqlite(sqlite_url(tmp_path / "new.db"), tmp_path / "text.db")
    migrate(sqlite_url(tmp_path / "migrated.db"))
    sqlite_copy.restore_sqlite(sqlite_url(tmp_path / "migrated.db"), copy)


async def test_a_dump_of_what_was_stored_unchecked_is_restored_clean(
    sqlite_database_url: str, any_database_url: str, tmp_path: Path
) -> None:
    async with serving(settings_for(sqlite_database_url)) as server:
        gig = await _play(server)
    dump = tmp_path / "a.jsonl"
    dumps.dump(sqlite_database_url, dump)
    odd = {
        b"Blue Nile": b"Blue\\u0000 \\u001b[31mNile",
        b"Soundcheck": b"Sound\\ncheck",
        b'"name":"Ben"': b'"name":"\\u202e"',
    }
    text = dump.read_bytes()
    for name, written in odd.items():
        text = text.replace(name, written)
    dump.write_bytes(text)

    elsewhere = sqlite_url(tmp_path / "new.db") if any_database_url == sqlite_database_url else any_database_url
    restored = dumps.restore(elsewhere, dump)
    assert restored.mended >= 3
    async with serving(settings_for(elsewhere)) as server, server.rest("ada") as rest:
        assert [band["name"] for band in (await rest.get("/api/bands")).json()["bands"]] == ["Blue [31mNile"]
        (checkpoint,) = (await rest.get(f"/api/contents/{gig.setlist_id}/checkpoints")).json()["checkpoints"]
        assert checkpoint["label"] == "Sound check ♭"
        members = (await rest.get(f"/api/bands/{gig.band_id}/members")).json()["members"]
        assert "ben" in [member["user"]["name"] for member in members]


async def _document(server: Running, gig: Gig) -> object:
    async with server.rest("ada") as rest:
        return (await rest.get(f"/api/contents/{gig.setlist_id}")).json()


def _lines(file: Path) -> list[bytes]:
    """The lines of a dump, in an order that no database's collation decides."""
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return sorted(data.splitlines())


def _dumps_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if ".jsonl" in file.name]
