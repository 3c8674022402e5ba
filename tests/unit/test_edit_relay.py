"""What the listeners of a node are given: every edit once and in order, from wherever it comes."""

import asyncio
from collections.abc import Collection, Sequence
from typing import cast

import pytest

from collab.domain.delivery import MAX_EARLY
from collab.domain.errors import Unavailable
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Set
from collab.domain.ot.rebase import Accepted
from collab.services.cluster.edit_relay import MAX_MISSING, NEWS_BEATS, PATIENCE, EditRelay
from collab.services.cluster.following import Following
from collab.services.ports import Bus, HistoryReader
from tests.support.clock import ManualClock
from tests.support.rooms import START, History

pytestmark = pytest.mark.asyncio


class Rooms:
    """Remembers what each listener is given."""

    def __init__(self) -> None:
        self.has_someone = True
        self.versions: list[int] = []
        self.titles: list[str] = []

    def listeners(self, _content_id: str) -> int:
        return int(self.has_someone)

    def serve_first(self, _session_ids: Collection[str]) -> None:
        raise AssertionError("the relay tells in no order but that of versions")

    def committed(self, accepted: Sequence[Accepted]) -> None:
        self.versions += [entry.edit.version for entry in accepted]

    def retitled(self, accepted: Sequence[Accepted]) -> None:
        self.titles += [entry.document.title for entry in accepted]

    def edits(self, edits: Sequence[Edit]) -> None:
        self.versions += [edit.version for edit in edits]


class Bench:
    """A relay, the history of a content, and how much of it memory recalls."""

    def __init__(self, edits: int) -> None:
        self.history = History()
        self.accepted = [self.history.edit([Set(None, "title", f"Day {number}")]) for number in range(edits)]
        self.rooms = Rooms()
        self.clock = ManualClock()
        self.is_down = False
        self.recalls = True
        self.reads = 0
        self.published: list[int] = []
        self.followed: list[int] = []
        self.channels: list[str] = []
        self.relay = EditRelay(
            self.rooms,
            cast(HistoryReader, self),
            self._recall,
            Following(cast(Bus, self), lambda content_id: f"band of {content_id}"),
            lambda edits: self.published.extend(edit.version for edit in edits),
            lambda edits: self.followed.extend(edit.version for edit in edits),
            self.clock,
        )
        self.relay.opened(START.id, 0)

    def follow(self, band_id: str) -> None:
        self.channels.append(band_id)

    def leave(self, band_id: str) -> None:
        self.channels.remove(band_id)

    async def edits(self, _content_id: str, after: int, limit: int, *, max_bytes: int) -> list[Edit]:
        self.reads += 1
        if self.is_down:
            raise Unavailable("down")
        return self.history.edits[after : after + limit]

    async def heads(self, content_ids: Sequence[str]) -> dict[str, int]:
        return dict.fromkeys(content_ids, self.history.head.version)

    def commit(self, *versions: int) -> list[int]:
        """This node commits; returns what was given out at once."""
        entries = [entry for number in versions if isinstance(entry := self.accepted[number - 1], Accepted)]
        return [entry.edit.version for entry in self.relay.committed(entries)]

    def hear(self, *versions: int) -> None:
        self.relay.heard([self.history.edits[number - 1] for number in versions])

    async def read(self) -> None:
        """Returns once the relay has lost patience with what has not come, and reads nothing any more."""
        for _ in range(2):
            self.clock.advance(PATIENCE.total_seconds())
        while tasks := [task for task in asyncio.all_tasks() if task.get_name() == "edit-relay"]:
            await asyncio.wait(tasks)

    def _recall(self, _content_id: str, version: int) -> Sequence[Edit] | None:
        return self.history.edits[version:] if self.recalls else None


async def test_a_commit_on_top_of_others_edits_is_given_out_after_them() -> None:
    bench = Bench(4)
    assert bench.commit(3) == [3]
    assert bench.rooms.versions == [1, 2, 3]
    bench.hear(1, 2)
    bench.hear(4)
    assert bench.rooms.versions == [1, 2, 3, 4]
    assert bench.published == [3]
    # The journal's own are followed where they are committed.
    assert bench.followed == [1, 2, 4]
    assert bench.reads == 0


async def test_what_is_missing_is_read_and_given_out_once() -> None:
    bench = Bench(5)
    bench.hear(3)
    bench.hear(5)
    bench.hear(3, 4)
    assert bench.rooms.versions == []
    await bench.read()
    bench.hear(1, 2)
    assert bench.rooms.versions == [1, 2, 3, 4, 5]
    assert bench.reads <= 2


async def test_messages_that_overtake_each_other_cost_no_reading() -> None:
    bench = Bench(6)
    bench.hear(2)
    bench.hear(5, 4)
    assert bench.rooms.versions == []
    bench.hear(1)
    assert bench.rooms.versions == [1, 2]
    # What this node commits fills a gap too.
    assert bench.commit(3) == [3]
    assert bench.rooms.versions == [1, 2, 3, 4, 5]
    bench.hear(6)
    await bench.read()
    assert bench.rooms.versions == [1, 2, 3, 4, 5, 6]
    assert bench.reads == 0


async def test_as_long_as_edits_keep_coming_the_next_gap_has_its_own_time() -> None:
    bench = Bench(5)
    bench.hear(2)
    bench.clock.advance(PATIENCE.total_seconds() / 2)
    bench.hear(1)
    bench.hear(4)
    bench.clock.advance(PATIENCE.total_seconds() * 3 / 4)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "edit-relay"]
    await bench.read()
    assert bench.rooms.versions == [1, 2, 3, 4, 5]
    assert bench.reads == 1


async def test_no_more_is_kept_of_what_came_too_early_than_would_be_read() -> None:
    bench = Bench(MAX_EARLY + 2)
    bench.hear(*range(2, MAX_EARLY + 3))
    bench.hear(1)
    assert bench.rooms.versions == [1]
    await bench.read()
    assert bench.rooms.versions[-1] == MAX_EARLY + 2


async def test_contents_that_lose_their_listeners_are_forgotten_while_all_are_compared() -> None:
    bench = Bench(2)
    bench.relay.opened("another", 0)
    bench.rooms.has_someone = False
    await bench.relay.compare()
    bench.rooms.has_someone = True
    bench.relay.opened(START.id, 1)
    bench.hear(2)
    assert bench.rooms.versions == [2]


async def test_a_commit_that_was_read_before_it_was_told_of_is_not_given_out_again() -> None:
    bench = Bench(3)
    bench.relay.heads({START.id: 3})
    await bench.read()
    assert bench.commit(2, 3) == []
    assert bench.rooms.versions == [1, 2, 3]
    assert bench.rooms.titles == ["Day 1", "Day 2"]


async def test_what_memory_does_not_recall_listeners_ask_for_themselves() -> None:
    bench = Bench(3)
    bench.recalls = False
    assert bench.commit(3) == [3]
    bench.hear(2)
    assert bench.rooms.versions == [3]


async def test_who_missed_too_much_is_shown_the_gap() -> None:
    bench = Bench(MAX_MISSING + 10)
    bench.hear(MAX_MISSING + 10)
    await bench.read()
    assert bench.rooms.versions == [MAX_MISSING + 1, *range(MAX_MISSING + 2, MAX_MISSING + 11)]


async def test_a_head_that_the_database_does_not_have_is_forgotten() -> None:
    bench = Bench(1)
    bench.hear(1)
    bench.relay.heads({START.id: 7})
    await bench.read()
    assert bench.rooms.versions == [1]
    await bench.relay.compare()
    assert bench.reads == 1


async def test_while_the_database_is_away_nothing_is_lost() -> None:
    bench = Bench(3)
    bench.is_down = True
    bench.hear(2)
    await bench.read()
    bench.is_down = False
    await bench.relay.compare()
    await bench.read()
    assert bench.rooms.versions == [1, 2, 3]


async def test_where_nobody_listens_nothing_is_read() -> None:
    bench = Bench(5)
    bench.rooms.has_someone = False
    bench.hear(2)
    bench.relay.heads({START.id: 4})
    await bench.relay.compare()
    assert bench.reads == 0
    assert bench.rooms.versions == []
    # Whoever comes then begins where they are.
    bench.rooms.has_someone = True
    bench.relay.opened(START.id, 4)
    bench.hear(5)
    assert bench.rooms.versions == [5]


async def test_the_head_of_what_was_committed_is_news_for_a_while() -> None:
    bench = Bench(2)
    bench.commit(1, 2)
    told = [bench.relay.news() for _ in range(NEWS_BEATS + 1)]
    assert told == [{START.id: 2}] * NEWS_BEATS + [{}]


async def test_what_was_said_before_a_band_is_followed_is_looked_for_then() -> None:
    bench = Bench(3)
    assert bench.channels == [f"band of {START.id}"]
    await bench.relay.followed(["another band"])
    assert bench.relay._reading == {}  # noqa: SLF001
    await bench.relay.followed(bench.channels)
    await asyncio.gather(*bench.relay._reading.values())  # noqa: SLF001
    assert bench.rooms.versions == [1, 2, 3]


async def test_a_band_is_left_with_the_next_look_after_its_last_listener() -> None:
    bench = Bench(1)
    await bench.relay.compare()
    bench.rooms.has_someone = False
    bench.relay.heard([])
    assert bench.channels == [f"band of {START.id}"]
    await bench.relay.compare()
    assert bench.channels == []
    bench.rooms.has_someone = True
    bench.relay.opened(START.id, 0)
    bench.relay.opened(START.id, 0)
    assert bench.channels == [f"band of {START.id}"]


async def test_who_read_an_older_version_than_the_others_are_told_from_reads_again() -> None:
    bench = Bench(3)
    bench.rooms.has_someone = False
    await bench.relay.compare()
    # Two come at once: what one read is older than what the other got, whose answer came first.
    bench.rooms.has_someone = True
    assert bench.relay.opened(START.id, 2)
    assert not bench.relay.opened(START.id, 1)
    assert bench.relay.opened(START.id, 2)
    bench.hear(3)
    assert bench.rooms.versions == [3]
    assert bench.relay.opened(START.id, 2)


async def test_who_was_not_in_yet_when_somebody_edited_reads_again_too() -> None:
    bench = Bench(3)
    bench.rooms.has_someone = False
    await bench.relay.compare()
    bench.rooms.has_someone = True
    bench.commit(3)
    assert not bench.relay.opened(START.id, 1)
    assert bench.relay.opened(START.id, 2)
