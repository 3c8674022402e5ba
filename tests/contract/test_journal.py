"""The journal on both databases: order, group commit, and what is left when a commit fails."""

import asyncio
import threading
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from collab.domain.errors import Invalid, NotFound, Unavailable, VersionUnknown
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Proposal
from collab.domain.ot.ops import Op, Set, Text
from collab.domain.ot.rebase import Accepted, Stored
from collab.domain.ot.rebasing import Rebasing
from collab.services.editing.after_commit import Commit
from tests.support.rooms import BEN, NOW, START
from tests.support.storage import Node, at_each, make_content, make_setlist, node, proposal, typed, venue, versions

pytestmark = pytest.mark.asyncio

SECOND = Document("second", "setlist", "another band", 0, {"title": "Saturday"})


async def test_an_edit_is_in_the_database_once_it_is_answered(room: Node) -> None:
    edit = await room.edit(venue("Blue Nile"), typed("all "), base=0)
    assert await room.stored() == [edit]
    content = await room.store.content(START.id)
    assert content is not None
    assert (content.version, content.updated_by.id, content.updated_at) == (1, "ada", NOW)


async def test_a_title_is_what_the_list_of_contents_shows_whether_set_or_typed(room: Node) -> None:
    for op, title in ((Set(None, "title", "Saturday"), "Saturday"), (Text(None, "title", ("Holy ",)), "Holy Saturday")):
        await room.edit(op, base=room.committed[-1][-1].document.version if room.committed else 0)
        content = await room.store.content(START.id)
        assert content is not None
        assert content.title == title


@pytest.mark.usefixtures("whole_commits")
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


async def test_who_is_told_can_fail_and_the_authors_hear_that_their_edits_are_stored(room: Node) -> None:
    def told(_commit: Commit) -> None:
        raise RuntimeError

    room.journal.start(told)
    asked = [replace(proposal(typed("b"), base=0), session_id=session_id) for session_id in ("one", "another")]
    assert all(isinstance(outcome, Accepted) for outcome in await asyncio.gather(*map(room.submit, asked)))


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


@pytest.mark.parametrize("is_in_memory", [True, False])
async def test_the_times_of_a_content_never_go_back(any_database_url: str, is_in_memory: bool) -> None:
    def at(minutes: int) -> Proposal:
        return replace(proposal(typed("x"), base=0), at=NOW + timedelta(minutes=minutes))

    async with AsyncExitStack() as nodes:
        rooms = [await nodes.enter_async_context(node(any_database_url)) for _ in range(3)]
        await make_setlist(rooms[0])
        for turn, minutes in enumerate((-5, 60, 10, 61)):
            await rooms[0 if is_in_memory else turn % 3].submit(at(minutes))
        stored = await rooms[0].stored()
        assert [edit.at - NOW for edit in stored] == [timedelta(minutes=minutes) for minutes in (0, 60, 60, 61)]
        assert await rooms[0].reader.version_at(START.id, NOW + timedelta(minutes=30)) == 1
        content = await rooms[0].store.content(START.id)
        assert content is not None
        assert content.updated_at == stored[-1].at


async def test_who_no_longer_waits_is_stored_all_the_same(room: Node) -> None:
    gone = asyncio.create_task(room.submit(proposal(venue("Blue Nile"), base=0)))
    await asyncio.sleep(0)  # it is handed in
    gone.cancel()
    await room.edit(typed("all "), base=0)
    assert versions(await room.stored()) == [1, 2]


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
    def trip(self: Rebasing, index: int, op: Op) -> None:
        if op == venue("the moon"):
            raise RecursionError
        rebase(self, index, op)

    rebase = Rebasing.rebase
    monkeypatch.setattr(Rebasing, "rebase", trip)
    asked = [proposal(typed("x"), base=0), proposal(venue("the moon"), base=0), proposal(typed("y"), base=0)]
    outcomes = await asyncio.gather(*map(room.submit, asked), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Accepted, Unavailable, Accepted]
    assert versions(await room.stored()) == [1, 2]


@pytest.mark.parametrize("is_stored", [True, False])
async def test_who_cannot_take_an_answer_keeps_nobody_from_theirs(room: Node, is_stored: bool) -> None:
    def stumble(_outcome: Stored | Exception) -> None:
        raise RuntimeError("too late")

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    answers = [room.journal.submit(START.id, proposal(typed("x"), base=0))]
    unheard = proposal(typed("y"), base=0)
    room.journal.submit(START.id, unheard).then(stumble)
    answers.append(room.journal.submit(START.id, proposal(typed("z"), base=0)))
    with capture_logs() as log, nullcontext() if is_stored else at_each("commit", fail):
        outcomes = await asyncio.gather(*answers, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Accepted if is_stored else Unavailable] * 2
    [line] = [line for line in log if line["log_level"] == "error"]
    assert (line["edit_id"], line["exc_info"]) == (unheard.edit_id, True)
    head = 3 if is_stored else 0
    assert (await room.edit(typed("!"), base=0)).version == head + 1


async def test_a_full_queue_is_unavailable_until_there_is_room(any_database_url: str) -> None:
    async with node(any_database_url, max_waiting=4, is_started=False) as full:
        await make_setlist(full, SECOND)
        waiting = [full.journal.submit(START.id, proposal(typed("x"), base=0)) for _ in range(2)]
        with pytest.raises(Unavailable):
            full.journal.submit(START.id, proposal(typed("x"), base=0))
        # Half of what is free is left to others.
        waiting.append(full.journal.submit(SECOND.id, proposal(typed("x"), base=0)))
        full.journal.start(full.told)
        assert [type(outcome) for outcome in await asyncio.gather(*waiting)] == [Accepted] * 3
        assert (await full.edit(typed("x"), base=2)).version == 3


class TestTurns:
    async def test_a_neighbour_waits_for_one_edit_whatever_is_in_front(
        self, room: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make_content(room, SECOND)
        monkeypatch.setattr("collab.storage.batch.BUDGET_S", 0.0)
        answers = [room.submit(proposal(typed(f"{n} "), base=0)) for n in range(20)]
        answers.append(room.submit(proposal(typed("x"), base=0), SECOND.id))
        outcomes = await asyncio.gather(*answers)
        told = [accepted.edit for [accepted] in room.committed]
        assert [edit.content_id for edit in told[:3]].count(SECOND.id) == 1
        assert [edit.edit_id for edit in told if edit.content_id == START.id] == [
            outcome.edit.edit_id for outcome in outcomes[:-1] if isinstance(outcome, Accepted)
        ]
        assert versions(await room.stored()) == list(range(1, 21))

    async def test_a_batch_stores_so_many_bytes_and_leaves_the_rest_to_the_next(
        self, room: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collab.storage.batch.BUDGET_S", 60.0)
        monkeypatch.setattr("collab.storage.batch.BUDGET_BYTES", 5_000)
        await asyncio.gather(*(room.submit(proposal(typed("x" * 2_000), base=0)) for _ in range(6)))
        assert [len(commit) for commit in room.committed] == [3, 3]

    async def test_a_commit_that_fails_refuses_what_was_in_it_and_no_more(
        self, room: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail_once(_connection: Any) -> None:
            if not failed:
                failed.append(True)
                raise OperationalError("COMMIT", {}, Exception("disk full"))

        failed: list[bool] = []
        monkeypatch.setattr("collab.storage.journal.MOST_AT_ONCE", 2)
        with at_each("commit", fail_once):
            answers = [room.submit(proposal(typed(f"{n} "), base=0)) for n in range(5)]
            outcomes = await asyncio.gather(*answers, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable, Accepted, Accepted, Accepted]


async def test_closing_commits_what_waits_and_takes_nothing_new(any_database_url: str) -> None:
    async with node(any_database_url) as closing:
        await make_setlist(closing)
        waiting = closing.journal.submit(START.id, proposal(typed("x"), base=0))
        closed = asyncio.create_task(closing.journal.close())
        assert isinstance(await waiting, Accepted)
        with pytest.raises(Unavailable):
            closing.journal.submit(START.id, proposal(typed("x"), base=0))
        await closed


async def test_a_commit_that_takes_long_is_told_and_does_not_hold_up_the_end(
    room: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_there, goes_on = threading.Event(), threading.Event()

    def hold(_connection: Any) -> None:
        is_there.set()
        goes_on.wait()

    with at_each("commit", hold):
        held = asyncio.ensure_future(room.submit(proposal(typed("x"), base=0)))
        await asyncio.to_thread(is_there.wait)
        queued = asyncio.ensure_future(room.submit(proposal(typed("y"), base=0)))
        await asyncio.sleep(0)
        await room.journal.check()
        assert not room.journal.is_stuck
        monkeypatch.setattr("collab.storage.journal.SLOW_AFTER_S", 0.0)
        with pytest.raises(Unavailable, match="under way"):
            await room.journal.check()
        monkeypatch.setattr("collab.storage.journal.STUCK_AFTER_S", 0.0)
        assert room.journal.is_stuck
        monkeypatch.setattr("collab.storage.journal.CLOSE_S", 0.0)
        await room.journal.close()
        with pytest.raises(Unavailable):
            await queued
        goes_on.set()
        assert isinstance(await held, Accepted)
    await room.journal.check()
