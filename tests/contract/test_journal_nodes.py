"""The journals of several nodes on one database: one order, each edit once."""

import asyncio
import threading
from collections.abc import Collection, Sequence
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select

from collab.domain.bands import User
from collab.domain.errors import NotFound, Unavailable
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import Insert, Item
from collab.domain.ot.rebase import Accepted, Duplicate
from collab.services.bands.directory import Directory
from collab.storage.batch import Batch
from collab.storage.engine import OF_A_NODE, sync_url
from collab.storage.journal import BUSY_EDITS
from collab.storage.tables import contents, users
from collab.storage.writer import Writer
from tests.support.rooms import ADA, BEN, NOW, START
from tests.support.storage import Node, at_each, kept_by_another, make_setlist, node, proposal, typed, versions
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

SECOND = Document("second", "setlist", START.band_id, 0, {"title": "Saturday"})


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
            monkeypatch.setattr("collab.storage.past.snapshot_before", None)
            for turn in range(2, 8):
                edit = await (room, other)[turn % 2].edit(typed(f"{turn}"), base=turn - 1)
                assert edit.version == turn + 1
            assert (await room.reader.document(START.id)).version == 8

    async def test_what_others_added_to_all_contents_of_a_batch_is_one_query(
        self, room: Node, any_database_url: str
    ) -> None:
        await room.store.create_content(SECOND, User(ADA.id, ADA.name), NOW)
        content_ids = (START.id, SECOND.id)
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        async def everywhere(node: Node, times: int) -> None:
            asked = [proposal(typed("x"), base=0) for _ in range(times)]
            await asyncio.gather(*(node.submit(edit, content_id) for content_id in content_ids for edit in asked))

        async with node(any_database_url) as other:
            # Two words each, so that both know both contents.
            await everywhere(other, 1)
            await everywhere(room, 1)
            await everywhere(other, 3)
            with at_each("before_cursor_execute", note):
                await everywhere(room, 2)
            assert len([statement for statement in statements if "edits" in statement]) == 1
            for content_id in content_ids:
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
        lock = Batch.lock

        def lock_late(batch: Batch, content_ids: Sequence[str], held: Collection[str]) -> None:
            lock(batch, content_ids, held)
            batch.waited_s = 60

        async with node(any_database_url) as other:
            await room.edit(typed("x"), base=0)
            await other.edit(typed("x"), base=0)
            # As if this node had waited for the lock all the time.
            monkeypatch.setattr(Batch, "lock", lock_late)
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

    async def test_a_busy_node_rests_where_the_database_is_another_process(
        self, room: Node, any_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collab.storage.journal.MAX_REST_S", 0.3)
        lock, later_s = Batch.lock, [0.0]

        def lock_for_long(batch: Batch, content_ids: Sequence[str], held: Collection[str]) -> None:
            lock(batch, content_ids, held)
            later_s[0] += 60

        async def commits_after(count: int) -> list[int]:
            """How many edits are in each commit after one of so many."""
            await asyncio.gather(*(room.submit(proposal(typed("x"), base=0)) for _ in range(count)))
            before = len(room.committed)
            first = room.journal.submit(START.id, proposal(typed("x"), base=0))
            for _ in range(5):
                await asyncio.sleep(0)
            await asyncio.gather(first, room.journal.submit(START.id, proposal(typed("x"), base=0)))
            return [len(accepted) for accepted in room.committed[before:]]

        monkeypatch.setattr(room.journal, "_now_s", lambda: perf_counter() + later_s[0])
        monkeypatch.setattr(Batch, "lock", lock_for_long)
        # A commit of few edits, however long it takes, is followed by the next at once.
        assert await commits_after(BUSY_EDITS - 1) == [1, 1]
        is_remote = any_database_url.startswith("postgresql")
        assert await commits_after(BUSY_EDITS) == ([2] if is_remote else [1, 1])

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


class TestAContentThatSomebodyKeeps:
    """On PostgreSQL alone: SQLite locks no less than the database."""

    async def test_the_others_go_on_and_it_does_once_it_is_free(self, postgresql_database_url: str) -> None:
        async with node(postgresql_database_url) as room:
            await make_setlist(room, SECOND)
            with kept_by_another(postgresql_database_url, START.id):
                held = [asyncio.ensure_future(room.submit(proposal(typed(f"{n}"), base=0))) for n in range(3)]
                others = [room.submit(proposal(typed("x"), base=0), SECOND.id) for _ in range(3)]
                assert {type(outcome) for outcome in await asyncio.gather(*others)} == {Accepted}
                assert not any(answer.done() for answer in held)
            assert {type(outcome) for outcome in await asyncio.gather(*held)} == {Accepted}
            assert (await room.reader.document(START.id)).fields["notes"] == "012doors"

    async def test_its_edits_are_refused_after_a_while(
        self, postgresql_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collab.storage.journal.HELD_S", 0.1)
        async with node(postgresql_database_url) as room:
            await make_setlist(room)
            asked = proposal(typed("x"), base=0)
            with kept_by_another(postgresql_database_url, START.id):
                with pytest.raises(Unavailable, match="another transaction"):
                    await room.submit(asked)
                nowhere = room.submit(proposal(typed("x"), base=0), "no such content")
                with pytest.raises(NotFound):
                    await nowhere
            assert isinstance(await room.submit(asked), Accepted)

    async def test_where_it_is_an_author_everybody_else_goes_on(
        self, postgresql_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with node(postgresql_database_url) as room:
            await make_setlist(room, SECOND)
            with kept_by_another(postgresql_database_url, BEN.id, users):
                held = asyncio.ensure_future(room.submit(proposal(typed("b"), base=0, author=BEN)))
                others = [room.submit(proposal(typed("a"), base=0), content) for content in (START.id, SECOND.id)]
                assert {type(outcome) for outcome in await asyncio.gather(*others)} == {Accepted}
                # It is remembered whose row it was: nobody waits for that again.
                assert isinstance(await room.submit(proposal(typed("a"), base=0)), Accepted)
                assert not held.done()
                # Who has not changed is known without a lock: nothing of them is saved.
                directory = Directory(room.store)
                await directory.learn_user(BEN.id)
                assert directory.is_known(User(BEN.id, BEN.name))
            assert isinstance(await held, Accepted)
            with kept_by_another(postgresql_database_url, BEN.id, users):
                monkeypatch.setattr("collab.storage.journal.HELD_S", 0.1)
                with pytest.raises(Unavailable, match="send the edit again"):
                    await room.submit(proposal(typed("b"), base=0, author=BEN))
            assert isinstance(await room.submit(proposal(typed("b"), base=0, author=BEN)), Accepted)

    async def test_a_node_that_stands_still_lets_go(
        self, postgresql_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(OF_A_NODE, "idle_in_transaction_session_timeout", "700ms")
        goes_on = threading.Event()

        def stand_still(connection: Connection) -> None:
            connection.execute(select(contents.c.id).with_for_update())
            goes_on.wait()

        async with node(postgresql_database_url) as room:
            await make_setlist(room)
            suspended = Writer(postgresql_database_url)
            standing = asyncio.ensure_future(suspended.run(stand_still))
            await until(lambda: _is_kept(postgresql_database_url))
            try:
                assert isinstance(await room.submit(proposal(typed("x"), base=0)), Accepted)
            finally:
                goes_on.set()
                with pytest.raises(Unavailable):
                    await standing
                await suspended.close()


def _is_kept(database_url: str) -> bool:
    engine = create_engine(sync_url(database_url))
    with engine.begin() as connection:
        free = connection.scalars(select(contents.c.id).with_for_update(skip_locked=True)).all()
    engine.dispose()
    return not free
