"""The journals of several nodes on one database: one order, each edit once."""

import asyncio
from itertools import count
from typing import Any

import pytest

from collab.domain.bands import User
from collab.domain.document import Document, apply_stored
from collab.domain.ops import Insert, Item
from collab.domain.rebase import Accepted, Duplicate
from tests.support.rooms import ADA, BEN, NOW, START
from tests.support.storage import Node, at_each, node, proposal, typed, versions

pytestmark = pytest.mark.asyncio


class TestTwoNodes:
    async def test_they_take_turns_without_gap_or_twin(self, room: Node, any_database_url: str) -> None:
        async with node(any_database_url) as other:
            for turn in range(6):
                here, there = (room, other) if turn % 2 else (other, room)
                edit = await here.edit(typed(f"{turn}"), base=turn, author=BEN)
                assert edit.version == turn + 1
                # The other node has not heard of it, and is asked to go on from there.
                assert (await there.reader.document(START.id)).version == turn + 1
            assert [edit.version for edit in await room.stored()] == list(range(1, 7))
            assert (await room.reader.document(START.id)).fields["notes"] == "543210doors"

    async def test_what_the_other_has_added_is_all_that_is_read(
        self, room: Node, any_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with node(any_database_url) as other:
            for turn in range(2):
                await (room, other)[turn].edit(typed(f"{turn}"), base=turn)
            monkeypatch.setattr("collab.storage.batch.snapshot_before", None)
            for turn in range(2, 8):
                edit = await (room, other)[turn % 2].edit(typed(f"{turn}"), base=turn - 1)
                assert edit.version == turn + 1
            assert (await room.reader.document(START.id)).version == 8

    async def test_what_others_added_to_all_contents_of_a_batch_is_one_query(
        self, room: Node, any_database_url: str
    ) -> None:
        second = Document("second", "setlist", START.band_id, 0, {"title": "Saturday"})
        await room.store.create_content(second, User(ADA.id, ADA.name), NOW)
        contents = (START.id, second.id)
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        async def everywhere(node: Node, times: int) -> None:
            asked = [proposal(typed("x"), base=0) for _ in range(times)]
            await asyncio.gather(*(node.submit(edit, content_id) for content_id in contents for edit in asked))

        async with node(any_database_url) as other:
            # Two words each, so that both know both contents.
            await everywhere(other, 1)
            await everywhere(room, 1)
            await everywhere(other, 3)
            with at_each("before_cursor_execute", note):
                await everywhere(room, 2)
            assert len([statement for statement in statements if "edits" in statement]) == 1
            for content_id in contents:
                stored = await room.stored(content_id)
                assert versions(stored) == list(range(1, 8))
                live = room.journal.head(content_id)
                assert live is not None
                # What is in memory is what is stored: all that undo, rebase and resends need.
                assert live.since(0) == stored
                assert live.document == await other.reader.document(content_id)

    async def test_who_waits_for_another_node_lets_what_comes_in_share_the_commit(
        self, room: Node, any_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collab.storage.journal.MAX_PAUSE_S", 0.3)
        seconds = count(0, 60)
        async with node(any_database_url) as other:
            await room.edit(typed("x"), base=0)
            await other.edit(typed("x"), base=0)
            # As if this node had waited for the lock all the time.
            monkeypatch.setattr("collab.storage.batch.perf_counter", lambda: next(seconds))
            await room.edit(typed("x"), base=0)
            monkeypatch.undo()
            first = room.journal.submit(START.id, proposal(typed("x"), base=0))
            for _ in range(5):
                await asyncio.sleep(0)
            second = room.journal.submit(START.id, proposal(typed("x"), base=0))
            await asyncio.gather(first, second)
            assert [len(accepted) for accepted in room.committed] == [1, 1, 2]
            # It was alone: it goes on at once.
            third = room.journal.submit(START.id, proposal(typed("x"), base=0))
            for _ in range(5):
                await asyncio.sleep(0)
            fourth = room.journal.submit(START.id, proposal(typed("x"), base=0))
            await asyncio.gather(third, fourth)
            assert [len(accepted) for accepted in room.committed] == [1, 1, 2, 1, 1]

    async def test_at_once_every_edit_is_stored_once(self, room: Node, any_database_url: str) -> None:
        errors: list[Any] = []
        rounds = 15
        async with node(any_database_url) as other, node(any_database_url) as third:
            with at_each("handle_error", errors.append):
                for turn in range(rounds):
                    answers = [one.submit(proposal(typed(f"{turn},"), base=0)) for one in (room, other, third)]
                    assert {type(outcome) for outcome in await asyncio.gather(*answers)} == {Accepted}
            # They wait for each other's lock and never run into each other's versions.
            assert errors == []
            stored = await room.stored()
            assert versions(stored) == list(range(1, 3 * rounds + 1))
            document = START
            for edit in stored:
                document = apply_stored(document, edit.ops)
            for one in (room, other, third):
                assert await one.reader.document(START.id) == document

    async def test_the_same_edit_on_both_is_stored_once(self, room: Node, any_database_url: str) -> None:
        asked = proposal(Insert(Item("new", "song", "a5", {})), base=0)
        async with node(any_database_url) as other:
            outcomes = await asyncio.gather(room.submit(asked), other.submit(asked))
        assert {type(outcome) for outcome in outcomes} == {Accepted, Duplicate}
        assert versions(await room.stored()) == [1]
