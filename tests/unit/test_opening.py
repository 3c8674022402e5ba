"""What somebody who comes back to a content is given, and what is read for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Set
from collab.services.editing.service import LEAST_EDIT_BYTES, MAX_TAIL, SMALL_TAIL_BYTES, EditingService, Opened
from collab.services.ports import HistoryReader
from tests.support.rooms import START, History

pytestmark = pytest.mark.asyncio


class Bench:
    """A content with so many edits, and how many of them were read."""

    def __init__(self, edits: int) -> None:
        self.history = History()
        for number in range(edits):
            self.history.edit([Set(None, "title", f"Day {number}")])
        self.read = 0
        self.asked = 0
        """How often edits were asked for."""
        self.readable: int | None = None
        """How many are read at once, where they are long."""
        self.told_after = 0
        """The version after which the room is told of edits."""
        self.on_read: list[Callable[[], object]] = []
        unused: Any = None
        self.service = EditingService(unused, unused, cast(HistoryReader, self), unused, self._is_told_after)

    def _is_told_after(self, _content_id: str, version: int) -> bool:
        return version >= self.told_after

    async def document(self, _content_id: str) -> Document:
        head = self.history.head
        while self.on_read:
            self.on_read.pop()()
        return head

    async def edits(self, _content_id: str, after: int, limit: int, *, max_bytes: int) -> list[Edit]:
        found = self.history.edits[after : after + min(limit, self.readable or limit)]
        self.read += len(found)
        self.asked += 1
        return found

    async def edit_id_at(self, _content_id: str, version: int) -> str | None:
        return self.history.edits[version - 1].edit_id

    async def open(self, since: int) -> Opened:
        return await self.service.open(START.id, since)


@pytest.mark.parametrize("missed", [SMALL_TAIL_BYTES // LEAST_EDIT_BYTES + 1, MAX_TAIL, MAX_TAIL + 1])
async def test_edits_that_would_not_be_sent_are_not_read(missed: int) -> None:
    bench = Bench(missed)
    assert await bench.open(0) == Opened(missed, bench.history.head, last_edit=bench.history.edits[-1].edit_id)
    assert bench.read == 0


async def test_a_short_tail_is_read_and_sent() -> None:
    bench = Bench(50)
    assert await bench.open(40) == Opened(50, None, tuple(bench.history.edits[40:]))
    assert (bench.read, bench.asked) == (10, 1)


async def test_who_has_missed_nothing_has_nothing_read() -> None:
    bench = Bench(50)
    assert await bench.open(50) == Opened(50, None)
    assert bench.asked == 0


async def test_a_tail_that_is_too_long_to_be_read_is_not_sent_in_part() -> None:
    bench = Bench(50)
    bench.readable = 9
    assert await bench.open(40) == Opened(50, bench.history.head, last_edit=bench.history.edits[-1].edit_id)
    assert await bench.open(41) == Opened(50, None, tuple(bench.history.edits[41:]))


async def test_no_edit_is_shorter_than_the_shortest() -> None:
    content_id, edit_id = (f"00000000-0000-4000-8000-{number:012}" for number in range(2))
    author = Bench(1).history.edits[0].author
    at = datetime(2026, 12, 4, tzinfo=UTC)
    shortest = Edit(content_id, 1, edit_id, 0, author, None, (Set(None, "x", None),), (), at)
    assert len(orjson.dumps(shortest.to_json())) >= LEAST_EDIT_BYTES


async def test_what_was_read_before_the_room_is_told_of_edits_is_read_again() -> None:
    bench = Bench(3)

    def another_comes() -> None:
        bench.history.edit([Set(None, "title", "Sunday")])
        bench.told_after = 4

    bench.on_read = [another_comes]
    assert await bench.open(2) == Opened(4, None, tuple(bench.history.edits[2:]))


async def test_a_content_is_read_twice_at_most() -> None:
    bench = Bench(3)
    bench.told_after = 4
    assert await bench.open(3) == Opened(3, None)
