"""The journal beyond what is in memory, on both databases: edits are known again, rebased, undone and read."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from collab.domain.errors import Invalid, NotFound, VersionUnknown
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import Insert, Item, Op, Remove, Set, Text
from collab.domain.ot.rebase import Accepted, Duplicate, Nothing
from tests.support.rooms import BEN, NOW, START
from tests.support.storage import Node, at_each, make_setlist, node, proposal, typed, undo_of, venue, versions

pytestmark = pytest.mark.asyncio


class TestExactlyOnce:
    async def test_a_resend_is_answered_with_what_was_stored(self, room: Node) -> None:
        asked = proposal(typed("all "), base=0)
        first = await room.submit(asked)
        assert isinstance(first, Accepted)
        assert await room.submit(asked) == Duplicate(first.edit)
        assert await room.stored() == [first.edit]

    async def test_twice_in_one_batch(self, room: Node) -> None:
        asked = proposal(typed("all "), base=0)
        first, second = await asyncio.gather(room.submit(asked), room.submit(asked))
        assert isinstance(first, Accepted)
        assert second == Duplicate(first.edit)

    @pytest.mark.parametrize("later", [0, 1, 4])
    async def test_under_its_id_whatever_versions_it_comes_with(
        self, room: Node, short_memory: int, later: int
    ) -> None:
        """So a client may make an edit anew under the same id where its base is unknown."""
        asked = proposal(venue("Blue Nile"), base=0)
        first = await room.submit(asked)
        assert isinstance(first, Accepted)
        for version in range(1, later * short_memory):
            await room.edit(typed("x"), base=version, author=BEN)
        head = max(1, later * short_memory)
        for base_version, rebased_to in [(head, None), (head + 7, None), (-1, None), (0, head + 7), (head, 0)]:
            again = replace(asked, base_version=base_version, rebased_to=rebased_to)
            assert await room.submit(again) == Duplicate(first.edit)
        assert len(await room.stored()) == head

    async def test_across_a_restart_and_on_another_node(self, room: Node, any_database_url: str) -> None:
        asked = proposal(typed("all "), base=0)
        first = await room.submit(asked)
        assert isinstance(first, Accepted)
        async with node(any_database_url) as other:
            assert await other.submit(asked) == Duplicate(first.edit)

    @pytest.mark.parametrize(
        "op",
        [
            typed("all "),
            venue("Blue Nile"),
            # Done twice these would be wrong or nothing, were they not known.
            Insert(Item("new", "song", "a5", {})),
            Remove("iko"),
            Set("saints", "key", "F"),
        ],
    )
    async def test_beyond_what_memory_recalls(self, room: Node, short_memory: int, op: Op) -> None:
        asked = proposal(op, base=0)
        first = await room.submit(asked)
        assert isinstance(first, Accepted)
        for version in range(1, 3 * short_memory):
            await room.edit(Remove("saints") if version == 1 else typed("x"), base=version, author=BEN)
        live = room.journal.head(START.id)
        assert live is not None
        assert live.find(asked.edit_id) is None
        fresh = proposal(venue("Tipitina's"), base=live.document.version, author=BEN)
        again, other, third = await asyncio.gather(room.submit(asked), room.submit(fresh), room.submit(asked))
        assert again == third == Duplicate(first.edit)
        assert isinstance(other, Accepted)
        assert len(await room.stored()) == 3 * short_memory + 1

    async def test_an_undo_beyond_what_memory_recalls(self, room: Node, short_memory: int) -> None:
        edit = await room.edit(venue("Blue Nile"), base=0)
        asked = undo_of(edit)
        first = await room.submit(asked)
        assert isinstance(first, Accepted)
        for version in range(2, 3 * short_memory):
            await room.edit(typed("x"), base=version, author=BEN)
        assert await room.submit(asked) == Duplicate(first.edit)

    @pytest.mark.parametrize("is_in_memory", [True, False])
    async def test_an_edit_id_of_another_member_is_refused(
        self, room: Node, short_memory: int, is_in_memory: bool
    ) -> None:
        asked = proposal(venue("Blue Nile"), base=0)
        await room.submit(asked)
        if not is_in_memory:
            for version in range(1, 3 * short_memory):
                await room.edit(typed("x"), base=version)
        with pytest.raises(Invalid) as caught:
            await room.submit(proposal(venue("Maple Leaf"), base=0, author=BEN, edit_id=asked.edit_id))
        assert [problem.path for problem in caught.value.problems] == ["edit_id"]


@contextmanager
def read_edits() -> Iterator[list[str]]:
    """The statements that read edits meanwhile."""
    read: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "edits.ops" in statement:
            read.append(statement)

    with at_each("before_cursor_execute", executed):
        yield read


class TestOldBases:
    async def test_an_edit_made_before_all_that_memory_holds(self, room: Node, short_memory: int) -> None:
        count = 3 * short_memory
        for version in range(count):
            await room.edit(typed("x"), base=version, author=BEN)
        live = room.journal.head(START.id)
        assert live is not None
        assert live.since(0) is None
        # Both are in one batch: what comes before in it is met too.
        newer = room.journal.submit(START.id, proposal(typed("y"), base=count, author=BEN))
        older = room.journal.submit(START.id, proposal(Text(None, "notes", (5, "!")), base=0))
        await newer
        outcome = await older
        assert isinstance(outcome, Accepted)
        assert outcome.document.fields["notes"] == f"y{'x' * count}doors!"

    @pytest.mark.usefixtures("whole_commits")
    async def test_what_memory_does_not_hold_is_read_once_a_batch(self, room: Node, short_memory: int) -> None:
        count = 5 * short_memory
        for version in range(count):
            await room.edit(typed("x"), base=version, author=BEN)
        asked = [proposal(typed("y"), base=base) for base in (9, 9, 4, 8, 0, 3, 0, 9)]
        with read_edits() as read:
            outcomes = await asyncio.gather(*map(room.submit, asked))
        assert {type(outcome) for outcome in outcomes} == {Accepted}
        assert len(read) == 3

    async def test_a_base_too_far_back_is_unknown_and_a_resend_is_known_all_the_same(
        self, any_database_url: str, short_memory: int
    ) -> None:
        async with node(any_database_url, max_base_edits=2 * short_memory) as room:
            await make_setlist(room)
            first = proposal(typed("first"), base=0)
            stored = await room.submit(first)
            assert isinstance(stored, Accepted)
            for version in range(1, 3 * short_memory):
                await room.edit(typed("x"), base=version, author=BEN)
            old, at_the_limit = proposal(typed("y"), base=short_memory - 1), proposal(typed("z"), base=short_memory)
            with read_edits() as read, pytest.raises(VersionUnknown, match="at most 8 before the head, 12, got 3"):
                await room.submit(old)
            # Whether it is stored already.
            assert len(read) == 1
            assert isinstance(await room.submit(at_the_limit), Accepted)
            assert await room.submit(first) == Duplicate(stored.edit)
            with pytest.raises(NotFound):
                await room.submit(undo_of(stored.edit))

    async def test_of_edits_with_many_ops_no_more_is_read_than_an_edit_is_carried_over(
        self, room: Node, short_memory: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("domain.ot.since", "storage.past", "storage.content_cache"):
            monkeypatch.setattr(f"collab.{module}.MAX_OPS", 30)
        for version in range(20):
            await room.edit(*[typed("x")] * 5, base=version, author=BEN)
        live = room.journal.head(START.id)
        assert live is not None
        assert live.weight <= 2 * 30
        with pytest.raises(VersionUnknown, match="30 ops"):
            await room.submit(proposal(typed("y"), base=1))
        assert isinstance(await room.submit(proposal(typed("y"), base=14)), Accepted)
        async with node(room.engine.url.render_as_string(hide_password=False)) as fresh:
            await fresh.edit(typed("z"), base=21)
            loaded = fresh.journal.head(START.id)
            assert loaded is not None
            assert loaded.oldest == 17

    async def test_an_edit_long_past_is_undone(self, room: Node, short_memory: int) -> None:
        edit = await room.edit(Text(None, "notes", (5, " at 8")), base=0)
        for version in range(1, 3 * short_memory):
            await room.edit(typed("x"), base=version, author=BEN)
        outcome = await room.submit(undo_of(edit))
        assert isinstance(outcome, Accepted)
        assert outcome.document.fields["notes"] == f"{'x' * (3 * short_memory - 1)}doors"
        again = await room.submit(undo_of(edit))
        assert isinstance(again, Nothing)
        redone = await room.submit(undo_of(outcome.edit))
        assert isinstance(redone, Accepted)
        assert redone.document.fields["notes"] == f"{'x' * (3 * short_memory - 1)}doors at 8"

    async def test_an_edit_of_the_same_batch_is_undone(self, room: Node) -> None:
        asked = proposal(venue("Blue Nile"), base=0)
        done = room.journal.submit(START.id, asked)
        first = room.journal.submit(START.id, proposal(typed("x"), base=0, author=BEN))
        edit = await done
        assert isinstance(edit, Accepted)
        undone = await room.submit(undo_of(edit.edit))
        await first
        assert isinstance(undone, Accepted)
        assert "venue" not in undone.document.fields

    async def test_what_nobody_did_is_not_undone(self, room: Node) -> None:
        edit = await room.edit(venue("Blue Nile"), base=0)
        asked = undo_of(edit)
        with pytest.raises(NotFound):
            await room.submit(type(asked)("new", "no such edit", asked.author, None, NOW))


class TestSnapshots:
    async def test_opening_replays_few_edits_however_many_there_are(
        self, room: Node, any_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        every = 10
        monkeypatch.setattr("collab.storage.batch.SNAPSHOT_EVERY", every)
        monkeypatch.setattr("collab.storage.past.KEPT_EDITS", 3)
        for version in range(47):
            await room.edit(Insert(Item(f"new{version}", "song", "a5", {})), base=version)
        await room.edit(Remove("iko"), base=47)
        assert await room.snapshot_versions() == [0, 10, 20, 30, 40]
        live = room.journal.head(START.id)
        assert live is not None

        replayed: list[Document] = []

        def counting(document: Document, ops: tuple[Op, ...]) -> Document:
            replayed.append(document)
            return apply_stored(document, ops)

        monkeypatch.setattr("collab.storage.past.apply_stored", counting)
        monkeypatch.setattr("collab.storage.readers.apply_stored", counting)
        async with node(any_database_url) as fresh:
            assert await fresh.reader.document(START.id) == live.document
            assert len(replayed) == 8
            replayed.clear()
            await fresh.edit(typed("x"), base=48)
            assert len(replayed) == 8
            opened = fresh.journal.head(START.id)
            assert opened is not None
            assert opened.document.items == live.document.items
            assert opened.document.removed == {"iko": 48}

    @pytest.mark.usefixtures("whole_commits")
    async def test_a_batch_that_passes_the_mark_stores_one_at_its_end(
        self, room: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collab.storage.batch.SNAPSHOT_EVERY", 10)
        await asyncio.gather(*(room.submit(proposal(typed("x"), base=0)) for _ in range(9)))
        assert await room.snapshot_versions() == [0]
        await asyncio.gather(*(room.submit(proposal(typed("x"), base=0)) for _ in range(25)))
        assert await room.snapshot_versions() == [0, 34]

    async def test_every_version_can_be_read(self, room: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("collab.storage.batch.SNAPSHOT_EVERY", 5)
        for version in range(12):
            await room.edit(typed("x"), base=version)
        for version in range(13):
            document = await room.reader.document(START.id, version)
            assert (document.version, document.fields["notes"]) == (version, f"{'x' * version}doors")
        for version in (-1, 13):
            with pytest.raises(NotFound):
                await room.reader.document(START.id, version)
        with pytest.raises(NotFound):
            await room.reader.document("no such content")
        assert versions(await room.reader.edits(START.id, 4, 3)) == [5, 6, 7]


async def test_contents_that_memory_has_no_room_for_are_loaded_anew(any_database_url: str) -> None:
    second = Document("second", "setlist", START.band_id, 0, {"title": "Saturday"})
    async with node(any_database_url, max_live=1) as small:
        await make_setlist(small, second)
        for version in range(3):
            first = await small.submit(proposal(typed("x"), base=version))
            other = await small.submit(proposal(typed("y"), base=0), second.id)
            assert isinstance(first, Accepted)
            assert isinstance(other, Accepted)
            assert first.edit.version == other.edit.version == version + 1
            assert small.journal.head(START.id) is None
