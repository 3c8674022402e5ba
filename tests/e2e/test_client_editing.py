"""The Python SDK against a real server: edits show at once, meet, and whoever loses is told."""

import asyncio

import pytest

from collab.client import CollabClient
from collab.client.events import (
    Edited,
    OpDropped,
    Overwritten,
    Overwrote,
    Refused,
    Saved,
)
from collab.domain.errors import Conflicting, Invalid
from collab.domain.ot.edits import Author
from collab.domain.ot.ops import Set
from tests.conftest import Gig
from tests.support.clients import Wire, agreed, heard, stored_ids
from tests.support.serving import RunningEngine

pytestmark = pytest.mark.asyncio


async def test_two_who_edit_at_once_agree(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    for round_ in range(10):
        hers.type(None, "notes", 0, f"a{round_} ")
        his.type(None, "notes", 0, f"b{round_} ")
        hers.set("iko", "tempo", 100 + round_)
        his.move("saints", before="iko")
        his.insert({"title": f"Encore {round_}"})
        await asyncio.sleep(0)
    await agreed(server, hers, his)
    words = str(hers.document.fields["notes"]).split()
    assert sorted(words) == sorted([*(f"{who}{n}" for who in "ab" for n in range(10)), "doors", "at", "8"])


async def test_an_edit_shows_at_once_and_is_stored_when_saved_returns(
    server: RunningEngine, gig: Gig, ada: CollabClient
) -> None:
    setlist = await ada.open(gig.setlist_id)
    events = setlist.events()
    edit_id = setlist.set("iko", "key", "G")
    assert setlist.document.items["iko"].fields["key"] == "G"
    assert setlist.pending == 1
    await setlist.saved()
    assert setlist.pending == 0
    assert await heard(events, Saved) == Saved(edit_id, 1)
    assert await stored_ids(server, setlist) == [edit_id]


async def test_the_loser_of_a_conflict_is_told_who_won(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    her_news, his_news = hers.events(), his.events()
    with wire.held("ben"):
        his_edit = his.set("iko", "key", "A")
        await wire.is_held("ben")
        hers.set("iko", "key", "G")
        await heard(his_news, Edited)
    await agreed(server, hers, his)
    assert hers.document.items["iko"].fields["key"] == "A"
    ben_, ada_ = Author("ben", "Ben"), Author("ada", "Ada")
    assert await heard(her_news, Overwritten) == Overwritten("iko", "key", mine="G", theirs="A", by=ben_, version=2)
    assert await heard(his_news, Overwrote) == Overwrote(
        his_edit, "iko", "key", mine="A", theirs="G", by=ada_, version=1
    )


async def test_an_op_on_what_somebody_else_removed_is_told_as_dropped(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    his_news = his.events()
    with wire.held("ben"):
        his_edit = his.set("iko", "key", "A")
        await wire.is_held("ben")
        hers.remove("iko")
        await heard(his_news, Edited)
        assert "iko" not in his.document.items
    await agreed(server, hers, his)
    assert await heard(his_news, OpDropped) == OpDropped(his_edit, Set("iko", "key", "A"), "item_removed")
    assert len(await stored_ids(server, hers)) == 1


async def test_an_edit_that_expects_no_change_is_refused_and_taken_back(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    his_news = his.events()
    with wire.held("ben"):
        his_edit = his.set("iko", "key", "A", is_unchanged_expected=True)
        await wire.is_held("ben")
        hers.set("iko", "key", "G")
        await heard(his_news, Edited)
        assert his.document.items["iko"].fields["key"] == "A"
    with pytest.raises(Conflicting) as refused:
        await his.saved()
    assert refused.value.details[0]["author"] == {"id": "ada", "name": "Ada"}
    assert (await heard(his_news, Refused)).edit_id == his_edit
    # Told once; and what is there now is what she set.
    await agreed(server, hers, his)
    assert his.document.items["iko"].fields["key"] == "G"


async def test_what_the_server_finds_wrong_is_raised_by_saved_and_taken_back(
    server: RunningEngine, gig: Gig, ada: CollabClient
) -> None:
    setlist = await ada.open(gig.setlist_id)
    setlist.set("iko", "tempo", 9_999)
    with pytest.raises(Invalid) as refused:
        await setlist.saved()
    assert refused.value.problems[0].path.startswith("ops.0")
    assert setlist.document.items["iko"].fields["tempo"] == 176


async def test_what_does_not_fit_the_document_is_refused_at_once(gig: Gig, ada: CollabClient) -> None:
    setlist = await ada.open(gig.setlist_id)
    with pytest.raises(Invalid, match="expected the id of an item"):
        setlist.set("never", "key", "G")
    with pytest.raises(Invalid, match="expected the id of an item"):
        setlist.move("iko", before="never")
    with pytest.raises(Invalid, match="within the text's 10 characters"):
        setlist.erase(None, "notes", 9, 2)
    assert setlist.pending == 0


async def test_undo_and_redo_are_of_ones_own_edits(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    hers.set("iko", "key", "G")
    hers.type(None, "notes", 0, "soundcheck at 6, ")
    await agreed(server, hers, his)
    his.type(None, "notes", 0, "hey: ")
    await agreed(server, hers, his)

    assert hers.undo()
    assert hers.undo()
    await agreed(server, hers, his)
    assert hers.document.fields["notes"] == "hey: doors at 8"
    assert hers.document.items["iko"].fields["key"] == "F"
    assert not hers.undo()

    assert hers.redo()
    assert hers.redo()
    await agreed(server, hers, his)
    assert hers.document.fields["notes"] == "hey: soundcheck at 6, doors at 8"
    assert hers.document.items["iko"].fields["key"] == "G"
    assert not hers.redo()
    assert his.undo()
    await agreed(server, hers, his)
    assert hers.document.fields["notes"] == "soundcheck at 6, doors at 8"
