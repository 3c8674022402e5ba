"""Somebody is forgotten, and nothing else is, on every database."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from collab.commands.leaving import forget_user
from collab.commands.own_data import export_person
from collab.domain.access import Role
from collab.domain.bands import Job, Member, User
from collab.domain.devices import new_device
from collab.domain.errors import Conflicting, NotFound, TokenInvalid
from collab.domain.invitations import band_invitation, device_link
from collab.domain.leaving import BARRED_FOR, GONE_NAME
from collab.domain.ot.ops import Set, Text
from collab.domain.presence.visits import Node, Origin, Visit
from collab.engine import Engine
from collab.services.door.store import Logged
from collab.services.pace import Pace
from collab.services.ports import EditFilter
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.compact import compact
from collab.storage.door import StoredDoor
from collab.storage.dumps import dump
from collab.storage.engine import plain_engine, reading_engine
from collab.storage.jobs import StoredJobs
from collab.storage.leaving import StoredLeaving
from collab.storage.presence import StoredPresence
from collab.storage.tables import metadata
from collab.storage.writer import Writer
from tests.support.clock import ManualClock
from tests.support.serving import settings_for

pytestmark = pytest.mark.asyncio

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
ADA, BEN = User("ada", "Ada"), User("ben@example.org", "Benedict Arnold")
WORDS = (BEN.id, BEN.name, "192.0.2.7", "Fennec")
"""What of ben is to be found nowhere afterwards: id, name, address, browser."""


def _rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that the database holds."""
    engine = plain_engine(url)
    with engine.connect() as connection:
        found = {
            name: [row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return found


def _naming(url: str, words: tuple[str, ...] = WORDS) -> list[str]:
    """The tables that hold one of these words."""
    texts = {name: json.dumps(rows, default=str) for name, rows in _rows(url).items()}
    return [f"{name}: {word}" for name, text in texts.items() for word in words if word in text]


async def _forget(url: str, user_id: str = BEN.id) -> None:
    assert await forget_user(url, user_id, lambda _: True, datetime.now(UTC), timedelta())


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.services.pace.BESIDE_MEMBERS", 0.0)


@pytest_asyncio.fixture
async def band(any_database_url: str) -> AsyncIterator[tuple[str, str, str]]:
    """A database, the id of ada's band, and of a setlist in it that ben has a hand in wherever somebody can."""
    url, clock = any_database_url, ManualClock(NOW)
    engine = Engine(settings_for(url), clock=clock)
    async with engine.running():
        made = await engine.membership.create_band(ADA, "Blue Nile")
        await engine.membership.welcome(BEN)
        await engine.membership.put_member(ADA, made.id, BEN.id, Role.EDITOR, None)
        seed = await engine.contents.create(BEN, made.id, "setlist", "Friday")

        async def edit(number: int, user: User, base: int = 0) -> None:
            clock.advance(1)
            ops = (Set(None, "venue", f"{user.id[:3]} {number}"), Text(None, "notes", (f"{number} ",)))
            edit_id = f"019ab0c0-0000-7000-8000-{number:012}"
            await engine.editing.edit(
                user, None, seed.id, edit_id=edit_id, base_version=base, ops=ops[:1] if base else ops
            )

        # At once, in order: they share a few commits, and a snapshot is due in the middle.
        for begin in (0, 125):
            await asyncio.gather(*(edit(number, (ADA, BEN)[number % 2]) for number in range(begin, begin + 125)))
        # ada is told whom she has overwritten: by a base from before what ben did last.
        await edit(900, ADA, 248)
        await edit(901, BEN, 251)
        await engine.history.create_checkpoint(BEN, seed.id, "Soundcheck", 123)
    reading, writer = reading_engine(url), Writer(url)
    door, presence = StoredDoor(reading, writer, UNLIMITED), StoredPresence(reading, writer)
    await presence.record(Node("n", "stage", NOW, NOW, NOW + timedelta(days=1), NOW), [])
    origin = Origin("websocket", "Fennec", "192.0.2.7")
    stay = Visit("stay", "s", BEN, f"band_{made.id}", "n", origin, NOW, NOW, NOW)
    others = Visit("others", "o", ADA, f"band_{made.id}", "n", Origin("websocket", "Lynx", None), NOW, NOW, NOW)
    await presence.record(Node("n2", "stage", NOW, NOW, NOW + timedelta(days=1)), [stay, others])
    await presence.record(Node("n2", "stage", NOW, NOW, NOW + timedelta(days=1), NOW), [])
    log = Logged("l", NOW, "invited", BEN.id, made.id, address="192.0.2.7")
    by_ben = band_invitation("i", made.id, Role.EDITOR, BEN.id, max_uses=5, lasts=timedelta(days=7), now=NOW)
    await door.add_invitation(by_ben, "digest of a band's", log)
    of_device = Logged("d", NOW, "device linked", BEN.id, address="192.0.2.7")
    await door.add_invitation(device_link("dl", BEN.id, NOW), "digest of a device's", of_device)
    came = Logged("c", NOW, "came in", address="192.0.2.7")
    await door.let_in("digest of a device's", None, new_device("device", BEN.id, "Fennec", NOW), came)
    job = Job("job", made.id, seed.id, "songs.csv", BEN, 2, NOW)
    await StoredJobs(reading, writer).add(job, "n", NOW, max_running=100)
    await writer.close()
    await reading.dispose()
    yield url, made.id, seed.id


async def test_nothing_names_who_was_forgotten_and_all_else_stays(band: tuple[str, str, str], tmp_path: Path) -> None:
    url, band_id, setlist_id = band
    for _ in compact(url, 100, None, is_dry_run=False, wait=lambda _: None):
        pass
    before = _rows(url)
    named = {"users", "contents", "edits", "edit_keys", "folded_edits", "checkpoints", "jobs", "presence_sessions"}
    assert {name.split(":")[0] for name in _naming(url)} >= {
        *named,
        "memberships",
        "invitations",
        "devices",
        "door_log",
    }
    assert any(edit["overwrote"] for edit in before["edits"] if edit["author_id"] == ADA.id)
    await _forget(url)
    assert _naming(url) == []
    after = _rows(url)
    [gone] = [user for user in after["users"] if user["id"] != ADA.id]
    assert (gone["name"], gone["id"].startswith("gone-")) == (GONE_NAME, True)
    renamed = json.loads(json.dumps(before, default=str).replace(BEN.id, gone["id"]).replace(BEN.name, GONE_NAME))
    for name in ("contents", "edits", "folded_edits", "snapshots", "checkpoints", "jobs"):
        told = json.loads(json.dumps(after[name], default=str))
        assert told == renamed[name], name
    keys = [{row["key"] for row in rows["edit_keys"]} for rows in (renamed, after)]
    assert keys[0] == keys[1]
    assert [row["user_id"] for row in after["memberships"]] == [ADA.id]
    assert [row["id"] for row in after["presence_sessions"]] == ["others"]
    assert [row["id"] for row in after["invitations"]] == ["i"]
    assert [(row["user_id"], row["remote_addr"]) for row in after["door_log"]] == [(gone["id"], None)] * 3
    dump(url, tmp_path / "all.jsonl")
    assert not any(word in (tmp_path / "all.jsonl").read_text() for word in WORDS)
    engine = Engine(settings_for(url), clock=ManualClock(NOW))
    async with engine.running():
        found = await engine.history.edits(ADA, setlist_id, 0, 500, EditFilter(author_id=gone["id"]))
        assert {edit.author.name for edit in found.edits} == {GONE_NAME}
        assert len(found.edits) == len([edit for edit in after["edits"] if edit["author_id"] == gone["id"]])
        assert (await engine.history.document(ADA, setlist_id, 200)).version == 200
        assert [member.user_id for member in await engine.membership.members(ADA, band_id)] == [ADA.id]


async def test_who_was_forgotten_is_not_made_known_again_for_a_day(band: tuple[str, str, str]) -> None:
    url, band_id, _ = band
    await _forget(url)
    reading, writer = reading_engine(url), Writer(url)
    bands = StoredBands(reading, writer, UNLIMITED)
    try:
        for attempt in (
            lambda: bands.user(BEN.id),
            lambda: bands.save_user(BEN, NOW),
            lambda: bands.put_member(band_id, Member(BEN.id, BEN.name, Role.EDITOR), NOW),
        ):
            with pytest.raises(TokenInvalid, match="left for good"):
                await attempt()
        # What a node still has to put down of them is put down nowhere, and does not wait.
        late = Visit("late", "s", BEN, f"band_{band_id}", "n3", Origin("websocket", None, None), NOW, NOW)
        there = Visit("there", "o", ADA, f"band_{band_id}", "n3", Origin("websocket", None, None), NOW, NOW)
        presence = StoredPresence(reading, writer)
        assert await presence.record(Node("n3", "stage", NOW, NOW, NOW + BARRED_FOR), [late, there]) == []
        assert {visit.id for visit in await presence.visits(band_id, 9, None)} == {"others", "there"}
        store = StoredLeaving(reading, writer)
        assert [one.is_gone(BEN.id) for one in await store.seen(NOW - BARRED_FOR)] == [True]
        await store.seen(datetime.now(UTC) + BARRED_FOR)
        assert await store.seen(NOW) == []
        await bands.save_user(BEN, NOW)
        assert await bands.user(BEN.id) == (BEN.name, [])
    finally:
        await writer.close()
        await reading.dispose()


async def test_the_last_owner_is_told_what_to_do_and_who_is_alone_may_go(band: tuple[str, str, str]) -> None:
    url, _, _ = band
    with pytest.raises(Conflicting, match="make somebody else an owner of 'Blue Nile'"):
        await _forget(url, ADA.id)
    with pytest.raises(NotFound, match="somebody who is known here, got 'nobody'"):
        await _forget(url, "nobody")
    assert not await forget_user(url, BEN.id, lambda _: False, NOW, timedelta())
    assert BEN.name in str(_rows(url)["users"])
    await _forget(url)
    # Now nobody else is in her band: it stays, out of the way.
    await _forget(url, ADA.id)
    [left] = _rows(url)["bands"]
    assert left["archived_at"] is not None
    assert _rows(url)["memberships"] == []
    # Somebody without a name is nobody else's business, and can be forgotten once more.
    await _forget(url, left["created_by"])
    assert left["created_by"] not in {user["id"] for user in _rows(url)["users"]}


async def test_it_is_gone_on_with_wherever_it_was_ended(band: tuple[str, str, str]) -> None:
    url, _, _ = band
    reading, writer = reading_engine(url), Writer(url)
    store, number = StoredLeaving(reading, writer), 0
    try:
        until = NOW + timedelta(seconds=1)
        begun = await store.begin(BEN.id, "gone-1", NOW, until, needs_owners=True)
        assert begun.band_ids
        assert not await store.finish(begun.departure, NOW)
        assert _naming(url, (BEN.name,)) == ["edits: Benedict Arnold"]
        assert await store.claim(NOW, until) == []
        while True:
            # Each time a turn further, and then it is ended.
            turns, number = store.turns(begun.departure, Pace(None, 0.0)), number + 1
            done = 0
            async for _ in turns:
                done += 1
                if done == number:
                    break
            else:
                break
            again = await store.begin(BEN.id, "gone-2", NOW, until, needs_owners=True)
            assert (again.departure, again.band_ids) == (begun.departure, ())
        assert await store.claim(until + timedelta(seconds=1), until) == [begun.departure]
        assert await store.finish(begun.departure, NOW)
        assert _naming(url) == []
    finally:
        await writer.close()
        await reading.dispose()


async def test_all_that_is_stored_of_a_person_is_in_their_file_and_nothing_of_others(
    band: tuple[str, str, str], tmp_path: Path
) -> None:
    url, band_id, setlist_id = band
    file = tmp_path / "ben.json"
    await export_person(url, BEN.id, file)
    mine = json.loads(file.read_text())
    assert mine["user"]["name"] == BEN.name
    assert [(entry["band_id"], entry["role"]) for entry in mine["bands"]] == [(band_id, "editor")]
    assert [entry["label"] for entry in mine["devices"]] == ["Fennec"]
    assert [entry["remote_addr"] for entry in mine["stays"]] == ["192.0.2.7"]
    assert {entry["event"] for entry in mine["door"]} == {"invited", "device linked", "came in"}
    lists = ("invitations", "contents", "checkpoints", "imports")
    assert [len(mine[name]) for name in lists] == [2, 1, 1, 1]
    # Piece after piece, the latest first.
    assert [edit["version"] for edit in mine["edits"]] == [252, *range(250, 0, -2)]
    assert {edit["content_id"] for edit in mine["edits"]} == {setlist_id}
    assert mine["edits"][0]["ops"] == [{"op": "set", "item": None, "field": "venue", "value": "ben 901"}]
    assert ADA.name not in file.read_text()
    with pytest.raises(Conflicting, match="does not exist yet"):
        await export_person(url, BEN.id, file)
    await _forget(url)
    with pytest.raises(NotFound, match="somebody who is known here"):
        await export_person(url, BEN.id, tmp_path / "again.json")
    assert not (tmp_path / "again.json").exists()
