"""What is too large for a message: cut or refused where it was made, and what comes after it goes on."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from collab.client.backoff import Backoff
from collab.client.events import Online, Refused
from collab.client.outside import Outside
from collab.domain.errors import CollabError, TooLarge
from collab.domain.ot.ops import Insert, Item, Op
from tests.conftest import Gig
from tests.support.clients import Wire, break_connection, client, heard, stored_ids
from tests.support.members import TIMEOUT_S
from tests.support.serving import RunningEngine
from tests.web.node import run_vitest

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database, pytest.mark.timeout(120)]


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
async def test_a_text_that_is_too_large_is_refused_and_what_waits_goes_on(
    server: RunningEngine, gig: Gig, wire: Wire, transports: Sequence[str]
) -> None:
    async with client(server, "ada", transports=transports) as ada:
        setlist, session_id = await ada.open(gig.setlist_id), ada.session.id
        news = setlist.events()
        before = setlist.document.fields.get("notes")
        refused = setlist.rewrite(None, "notes", "x" * 1_100_000)
        key = setlist.set("iko", "key", "G")
        notice = await heard(news, Refused)
        assert (notice.edit_id, type(notice.error)) == (refused, TooLarge)
        assert "at most 1000000 bytes" in notice.error.message
        with pytest.raises(TooLarge):
            await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        assert setlist.document.fields.get("notes") == before
        assert await stored_ids(server, setlist) == [key]
        assert ada.session.id == session_id


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
async def test_songs_that_are_too_many_for_a_message_come_in_several_edits(
    server: RunningEngine, gig: Gig, wire: Wire, transports: Sequence[str]
) -> None:
    async with client(server, "ada", transports=transports) as ada:
        setlist, session_id = await ada.open(gig.setlist_id), ada.session.id
        had = [item.id for item in setlist.document.ordered()]
        songs = tunes(300)
        first = setlist.edit(songs)
        last = setlist.set("tune-299", "key", "G")
        await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        sent = wire.sent("ada", "edit_content")
        assert [len(payload["ops"]) for payload in sent] == [238, 62, 1]
        assert (sent[0]["edit_id"], sent[-1]["edit_id"], setlist.version) == (first, last, 3)
        everything = setlist.document
        assert [item.id for item in everything.ordered()] == had + [f"tune-{number}" for number in range(300)]
        # One undo takes back all that was made as one, however many edits it went in; one redo brings it back.
        assert setlist.undo()
        assert setlist.undo()
        assert [item.id for item in setlist.document.ordered()] == had
        await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        assert [item.id for item in setlist.document.ordered()] == had
        assert setlist.redo()
        assert setlist.redo()
        assert setlist.document.items == everything.items
        await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        assert (setlist.document.items, setlist.version) == (everything.items, 9)
        assert ada.session.id == session_id


async def test_several_contents_at_once_don_t_fill_one_polled_payload(
    server: RunningEngine, gig: Gig, wire: Wire
) -> None:
    async with client(server, "ada", transports=["polling"]) as ada, server.rest("ada") as rest:
        session_id = ada.session.id
        contents = []
        for number in range(3):
            body = {"kind": "setlist", "title": f"Gig {number}"}
            made = await rest.post(f"/api/bands/{gig.band_id}/contents", json=body)
            contents.append(await ada.open(made.json()["id"]))
        for setlist in contents:
            setlist.edit(tunes(150))
        await asyncio.wait_for(asyncio.gather(*(setlist.saved() for setlist in contents)), TIMEOUT_S)
        assert [len(setlist.document.items) for setlist in contents] == [150] * 3
        assert ada.session.id == session_id


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_the_typescript_sdk_does_the_same(server: RunningEngine, gig: Gig, transport: str) -> None:
    live = {"url": server.url, "token": server.token("ada"), "contentId": gig.setlist_id, "transport": transport}
    await run_vitest(json.dumps(live), "sizes.live.ts")
    async with client(server, "ben") as ben:
        setlist = await ben.open(gig.setlist_id)
        assert {"key": "G"}.items() <= setlist.document.items["iko"].fields.items()
        assert {"key": "G"}.items() <= setlist.document.items["tune-299"].fields.items()
        assert setlist.version == 10


@pytest.mark.parametrize(
    ("held_s", "has_carried", "waits"),
    [(60.0, True, [1.0, 2.0, 4.0, 8.0, 8.0]), (0.0, False, [1.0, 2.0, 4.0, 8.0, 8.0]), (0.0, True, [1.0] * 5)],
)
async def test_back_off_begins_anew_only_after_a_connection_that_held_and_carried_something(
    server: RunningEngine,
    gig: Gig,
    monkeypatch: pytest.MonkeyPatch,
    held_s: float,
    has_carried: bool,
    waits: list[float],
) -> None:
    found: list[float] = []
    delay_s = Backoff.delay_s

    def counted(backoff: Backoff, error: CollabError | None = None) -> float:
        found.append(delay_s(backoff, error))
        return 0.0

    monkeypatch.setattr("collab.client.connection.HELD_S", held_s)
    monkeypatch.setattr(Backoff, "delay_s", counted)
    outside = Outside(chance=lambda: 0.5)
    async with client(server, "ada", first_retry_s=1.0, max_retry_s=8.0, outside=outside) as ada:
        news = ada.events()
        for number, _ in enumerate(waits):
            if has_carried:
                setlist = await ada.open(gig.setlist_id)
                setlist.set("iko", "tempo", 100 + number)
                await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
            await break_connection(ada)
            await heard(news, Online)
    assert found == waits


def tunes(count: int) -> list[Op]:
    """Songs with 4 kB of notes."""
    return [
        Insert(Item(f"tune-{number}", "song", f"b{number:04}V", {"title": f"Tune {number}", "notes": "la " * 1_360}))
        for number in range(count)
    ]
