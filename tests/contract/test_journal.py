"""The journal on both databases: order, exactly once, group commit, and what is left when a commit fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from collab.domain.bands import User
from collab.domain.document import Document, apply_stored
from collab.domain.errors import CollabError, Invalid, NotFound, Unavailable, VersionUnknown
from collab.domain.merge import Merge
from collab.domain.ops import Insert, Item, Op, Remove, Set, Text
from collab.domain.rebase import Accepted, Duplicate, Nothing, Outcome
from tests.support.rooms import ADA, BEN, NOW, START
from tests.support.storage import Node, at_each, make_setlist, node, proposal, undo_of, versions

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def room(any_database_url: str) -> AsyncIterator[Node]:
    async with node(any_database_url) as running:
        await make_setlist(running)
        yield running


def typed(words: str) -> Text:
    return Text(None, "notes", (words,))


def venue(name: str) -> Set:
    return Set(None, "venue", name)


async def test_an_edit_is_in_the_database_once_it_is_answered(room: Node) -> None:
    edit = await room.edit(venue("Blue Nile"), typed("all "), base=0)
    assert await room.stored() == [edit]
    content = await room.store.content(START.id)
    assert content is not None
    assert (content.version, content.updated_by.id, content.updated_at) == (1, "ada", NOW)


async def test_a_title_is_what_the_list_of_contents_shows(room: Node) -> None:
    await room.edit(Set(None, "title", "Saturday"), base=0)
    content = await room.store.content(START.id)
    assert content is not None
    assert content.title == "Saturday"


async def test_edits_that_wait_are_committed_together_in_their_order(room: Node) -> None:
    commits: list[Any] = []
    with at_each("commit", commits.append):
        answers = [room.submit(proposal(typed(f"{n} "), base=0, author=BEN)) for n in range(50)]
        outcomes = await asyncio.gather(*answers)
    assert len(commits) == 1
    edits = [outcome.edit for outcome in outcomes if isinstance(outcome, Accepted)]
    assert versions(edits) == list(range(1, 51))
    assert [[accepted.edit for accepted in commit] for commit in room.committed] == [edits]
    assert await room.stored() == edits


async def test_one_wrong_edit_spoils_no_other_of_its_batch(room: Node) -> None:
    asked: list[Op] = [venue("Blue Nile"), Set(None, "colour", "red"), venue("Maple Leaf")]
    answers = [room.submit(proposal(op, base=0)) for op in asked]
    answers.append(room.submit(proposal(venue("Tipitina's"), base=9)))
    answers.append(room.submit(proposal(venue("nowhere"), base=0), "no such content"))
    first, wrong, second, unknown, nowhere = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert isinstance(wrong, Invalid)
    assert isinstance(unknown, VersionUnknown)
    assert isinstance(nowhere, NotFound)
    assert await room.stored() == [first.edit, second.edit]


async def test_who_no_longer_waits_is_stored_all_the_same(room: Node) -> None:
    gone = room.journal.submit(START.id, proposal(venue("Blue Nile"), base=0))
    gone.cancel()
    await room.edit(typed("all "), base=0)
    assert versions(await room.stored()) == [1, 2]


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


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> int:
    """Contents keep so few edits in memory that tests soon reach beyond them; the number of them."""
    kept = 4
    monkeypatch.setattr("collab.storage.live.KEPT_EDITS", kept)
    monkeypatch.setattr("collab.storage.batch.KEPT_EDITS", kept)
    return kept


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


class TestFailedCommits:
    @pytest.mark.parametrize("error", [OperationalError("COMMIT", {}, Exception("disk full")), RuntimeError("odd")])
    async def test_a_failed_commit_changes_nothing_and_the_same_edits_succeed_later(
        self, room: Node, error: Exception
    ) -> None:
        await room.edit(typed("all "), base=0)
        asked = [proposal(typed("x"), base=1), proposal(venue("Blue Nile"), base=0, author=BEN)]

        def fail(_connection: Any) -> None:
            raise error

        with at_each("commit", fail):
            failed = await asyncio.gather(*map(room.submit, asked), return_exceptions=True)
        assert [type(outcome) for outcome in failed] == [Unavailable, Unavailable]
        live = room.journal.head(START.id)
        assert live is not None
        assert live.document.version == 1
        assert live.find(asked[0].edit_id) is None
        assert versions(await room.stored()) == [1]
        assert len(room.committed) == 1

        outcomes = await asyncio.gather(*map(room.submit, asked))
        assert [outcome.edit.version for outcome in outcomes if isinstance(outcome, Accepted)] == [2, 3]
        assert versions(await room.stored()) == [1, 2, 3]


async def test_an_edit_that_the_domain_trips_over_is_refused_alone(room: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(self: Merge, index: int, op: Op) -> None:
        if op == venue("the moon"):
            raise RecursionError
        carry(self, index, op)

    carry = Merge.carry
    monkeypatch.setattr(Merge, "carry", trip)
    asked = [proposal(typed("x"), base=0), proposal(venue("the moon"), base=0), proposal(typed("y"), base=0)]
    outcomes = await asyncio.gather(*map(room.submit, asked), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Accepted, Unavailable, Accepted]
    assert versions(await room.stored()) == [1, 2]


@pytest.mark.parametrize("is_stored", [True, False])
async def test_who_cannot_take_an_answer_keeps_nobody_from_theirs(room: Node, is_stored: bool) -> None:
    def stumble(_outcome: Outcome | CollabError) -> None:
        raise RuntimeError("too late")

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    answers = [room.journal.submit(START.id, proposal(typed("x"), base=0))]
    unheard = proposal(typed("y"), base=0)
    room.journal.take(START.id, unheard, stumble)
    answers.append(room.journal.submit(START.id, proposal(typed("z"), base=0)))
    with capture_logs() as log, nullcontext() if is_stored else at_each("commit", fail):
        outcomes = await asyncio.gather(*answers, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Accepted if is_stored else Unavailable] * 2
    [line] = [line for line in log if line["log_level"] == "error"]
    assert (line["edit_id"], line["exc_info"]) == (unheard.edit_id, True)
    head = 3 if is_stored else 0
    assert (await room.edit(typed("!"), base=0)).version == head + 1


async def test_a_full_queue_is_unavailable_until_there_is_room(any_database_url: str) -> None:
    async with node(any_database_url, max_waiting=2, is_started=False) as full:
        await make_setlist(full)
        waiting = [full.journal.submit(START.id, proposal(typed("x"), base=0)) for _ in range(2)]
        with pytest.raises(Unavailable):
            full.journal.submit(START.id, proposal(typed("x"), base=0))
        full.journal.start()
        assert [type(outcome) for outcome in await asyncio.gather(*waiting)] == [Accepted, Accepted]
        assert (await full.edit(typed("x"), base=2)).version == 3


async def test_closing_commits_what_waits_and_takes_nothing_new(any_database_url: str) -> None:
    async with node(any_database_url) as closing:
        await make_setlist(closing)
        waiting = closing.journal.submit(START.id, proposal(typed("x"), base=0))
        closed = asyncio.create_task(closing.journal.close())
        assert isinstance(await waiting, Accepted)
        with pytest.raises(Unavailable):
            closing.journal.submit(START.id, proposal(typed("x"), base=0))
        await closed


class TestSnapshots:
    async def test_opening_replays_few_edits_however_many_there_are(
        self, room: Node, any_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        every = 10
        monkeypatch.setattr("collab.storage.batch.SNAPSHOT_EVERY", every)
        monkeypatch.setattr("collab.storage.batch.KEPT_EDITS", 3)
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

        monkeypatch.setattr("collab.storage.batch.apply_stored", counting)
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
