"""Undo through the journal, on both databases: exact however far back what it needs lies, as long as it is there."""

import asyncio
from itertools import pairwise

import pytest

from collab.domain.errors import NotFound
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.ot.rebase import Accepted
from collab.domain.ot.text import Delete
from collab.storage.compact import compact
from tests.support.rooms import BEN, START, content
from tests.support.storage import Node, make_setlist, node, typed, undo_of

pytestmark = pytest.mark.asyncio

EDITS: list[list[Op]] = [
    [Text(None, "notes", (Delete(1),)), Text("iko", "notes", (Delete(1),))],
    [Text(None, "notes", (Delete(1),)), Set(None, "title", "Saturday")],
    [typed("a"), Set(None, "notes", "all new"), Text(None, "notes", (Delete(2), "b"))],
    [Move("iko", "a3"), Move("iko", "a1V"), Text("iko", "notes", (1, "c"))],
    [Remove("iko"), Insert(Item("new", "song", "a0", {"notes": "d"}))],
    [Text("new", "notes", (Delete(1), "e")), Move("rest", "a0V")],
]


async def made(room: Node, edits: list[list[Op]] = EDITS) -> list[Edit]:
    return [await room.edit(*ops, base=version) for version, ops in enumerate(edits)]


async def undone(room: Node, edit: Edit) -> Edit:
    outcome = await room.submit(undo_of(edit))
    assert isinstance(outcome, Accepted)
    assert outcome.edit.dropped == ()
    return outcome.edit


async def test_all_the_way_back_and_forth_beyond_what_memory_recalls(room: Node, short_memory: int) -> None:
    done = await made(room)
    assert len(done) > short_memory
    seen = [content(await room.reader.document(START.id, version)) for version in range(len(done) + 1)]
    for _ in range(2):
        undos = []
        for edit, expected in zip(reversed(done), reversed(seen[:-1]), strict=True):
            undos.append(await undone(room, edit))
            assert content(await room.reader.document(START.id)) == expected
        done = []
        for undo, expected in zip(reversed(undos), seen[1:], strict=True):
            done.append(await undone(room, undo))
            assert content(await room.reader.document(START.id)) == expected


async def test_undos_of_one_batch(room: Node, short_memory: int) -> None:
    done = await made(room)
    outcomes = await asyncio.gather(*(room.submit(undo_of(edit)) for edit in reversed(done)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert content(await room.reader.document(START.id)) == content(START)


@pytest.mark.parametrize("keep_edits", [5, 3])
async def test_after_what_it_needs_was_folded_away_it_is_still_undone(
    room: Node, any_database_url: str, keep_edits: int
) -> None:
    """Which letters it was is not known any more, only where they stood."""
    cut = [await room.edit(Text(None, "notes", (Delete(1),)), base=version) for version in range(3)]
    undos = [await undone(room, edit) for edit in reversed(cut)]
    redone = await undone(room, undos[-1])
    await room.edit(typed("x"), base=7, author=BEN)
    list(compact(any_database_url, keep_edits, None, is_dry_run=False))
    async with node(any_database_url) as other:
        await undone(other, redone)
        assert (await other.reader.document(START.id)).fields["notes"] == "xdoors"
        edits = await other.stored()
        assert all(later.version == earlier.version + 1 for earlier, later in pairwise(edits))


async def test_what_lies_too_far_back_is_not_found_and_letters_come_back_where_they_stood(
    any_database_url: str,
) -> None:
    async with node(any_database_url, max_base_edits=4) as room:
        await make_setlist(room)
        first, second = [await room.edit(Text(None, "notes", (Delete(1),)), base=version) for version in range(2)]
        undos = [await undone(room, edit) for edit in (second, first)]
        redone = await undone(room, undos[1])
        with pytest.raises(NotFound, match=rf"^edit {first.edit_id} lies too far back to be undone: change by hand"):
            await room.submit(undo_of(first))
        await undone(room, redone)
        assert (await room.reader.document(START.id)).fields["notes"] == "doors"
