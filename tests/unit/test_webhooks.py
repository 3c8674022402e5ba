"""Webhooks deliver every edit at least once, those of a content in order, through failures and restarts."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from unittest.mock import AsyncMock

import pytest
import structlog

from collab.clock import SystemClock
from collab.domain.errors import Unavailable
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.outbox import MAX_AT_ONCE, MIN_AT_ONCE, PARKED_AFTER, Backlog, Failing, Waiting
from collab.services.editing.webhooks import IN_SIGHT, Webhooks
from collab.services.ports import EVERY_EDIT, DeliveryFailed, EditFilter, EditReceiver
from tests.support.clock import ManualClock
from tests.support.edits import edit
from tests.support.waiting import until


class MemoryOutbox:
    """Edits and cursors as the database has them; implements `Outbox` and what is needed of `HistoryReader`."""

    def __init__(self, **heads: int) -> None:
        self.stored = {content_id: [edit(content_id, n + 1) for n in range(head)] for content_id, head in heads.items()}
        self.cursors: dict[str, int] = {}
        self.failed: dict[str, tuple[int, datetime, str]] = {}
        self.bands: dict[str, str] = {}
        self.is_down = False

    async def open(self, _webhook_id: str, _at: datetime) -> None:
        if self.is_down:
            raise Unavailable("down")

    async def advance(self, _webhook_id: str, versions: Mapping[str, int]) -> None:
        for content_id, version in versions.items():
            if version > self.cursors.get(content_id, 0):
                self.cursors[content_id] = version
                self.failed.pop(content_id, None)

    async def fail(self, _webhook_id: str, content: Waiting, retry_at: datetime, error: str) -> None:
        self.cursors[content.content_id] = content.version
        self.failed[content.content_id] = (content.failures, retry_at, error)

    async def waiting(self, _webhook_id: str, now: datetime, limit: int) -> list[Waiting]:
        found = []
        for content_id, stored in self.stored.items():
            failures, retry_at, _ = self.failed.get(content_id, (0, now, ""))
            version = self.cursors.get(content_id, 0)
            if len(stored) > version and retry_at <= now:
                band_id = self.bands.get(content_id, "band")
                found.append(Waiting(content_id, band_id, version, len(stored), failures))
        return found[:limit]

    async def backlog(self, _webhook_id: str) -> Backlog:
        behind = [len(stored) - self.cursors.get(content_id, 0) for content_id, stored in self.stored.items()]
        return Backlog(sum(count > 0 for count in behind), sum(behind))

    async def failing(self, _webhook_id: str) -> Failing:
        failures = [count for count, _, _ in self.failed.values()]
        return Failing(len(failures), sum(count >= PARKED_AFTER for count in failures))

    async def edits(
        self,
        content_id: str,
        after: int,
        limit: int,
        only: EditFilter = EVERY_EDIT,
        *,
        max_bytes: int | None = None,
    ) -> list[Edit]:
        return self.stored[content_id][after : after + limit]

    async def document(self, _content_id: str, _version: int | None = None) -> Document:
        raise AssertionError("webhooks read edits alone")

    async def version_at(self, _content_id: str, _at: datetime) -> int:
        raise AssertionError("webhooks read edits alone")

    async def edit_id_at(self, _content_id: str, _version: int) -> str | None:
        raise AssertionError("webhooks read edits alone")

    async def heads(self, _content_ids: Sequence[str]) -> dict[str, int]:
        raise AssertionError("webhooks read edits alone")

    async def edits_by_id(self, _content_id: str, _edit_ids: Sequence[str]) -> list[Edit]:
        raise AssertionError("webhooks read edits alone")


class Ear:
    """A receiver that fails the first times that it is told to."""

    def __init__(self, **failures: int) -> None:
        self.heard: list[tuple[str, int]] = []
        self.failures = Counter(failures)
        self.tries = self.at_once = self.most_at_once = 0
        self.answers_from = 0
        """Nothing is answered before so many are here at once."""
        self._are_enough = asyncio.Event()

    async def post(self, edit: Edit) -> None:
        self.tries += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.at_once >= self.answers_from:
            self._are_enough.set()
        await self._are_enough.wait()
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.failures[edit.content_id] > 0:
            self.failures[edit.content_id] -= 1
            raise DeliveryFailed("expected an answer 2xx, got 503")
        self.heard.append((edit.content_id, edit.version))

    async def close(self) -> None:
        pass


@asynccontextmanager
async def delivering(outbox: MemoryOutbox, ear: EditReceiver, **options: Any) -> AsyncIterator[Webhooks]:
    webhooks = Webhooks(
        outbox, outbox, SystemClock(), "hook", ear, **{"pace_s": 0.001, "first_retry_s": 0.001, **options}
    )
    await webhooks.start()
    yield webhooks
    await webhooks.close()


@pytest.mark.asyncio
async def test_what_is_stored_is_delivered_once_in_order_and_noted() -> None:
    outbox, ear = MemoryOutbox(a=250), Ear()
    async with delivering(outbox, ear) as webhooks:
        await until(lambda: outbox.cursors == {"a": 250})
        outbox.stored["a"].append(edit("a", 251))
        webhooks.wake()
        await until(lambda: outbox.cursors == {"a": 251})
    assert ear.heard == [("a", version) for version in range(1, 252)]


@pytest.mark.asyncio
async def test_a_delivery_that_fails_is_tried_again_and_no_other_content_waits_for_it() -> None:
    outbox, ear = MemoryOutbox(a=3, b=3), Ear(a=5)
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear):
            await until(lambda: outbox.cursors == {"a": 3, "b": 3})
    assert [entry for entry in ear.heard if entry[0] == "a"] == [("a", 1), ("a", 2), ("a", 3)]
    assert ear.heard[:3] == [("b", 1), ("b", 2), ("b", 3)]
    assert [entry["attempt"] for entry in logs] == [1, 2, 3, 4, 5]


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(5))
async def test_it_ends_also_when_it_is_woken_meanwhile(turns: int) -> None:
    outbox, ear = MemoryOutbox(a=1), Ear()
    webhooks = Webhooks(outbox, outbox, ManualClock(), "hook", ear, pace_s=0.001, first_retry_s=0.001)
    await webhooks.start()
    await until(lambda: outbox.cursors == {"a": 1})
    await until(lambda: bool(webhooks._wake._waiters))  # noqa: SLF001  # nothing else tells
    webhooks.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.wait_for(webhooks.close(), 5)


@pytest.mark.asyncio
async def test_after_a_restart_it_goes_on_where_it_was() -> None:
    outbox, deaf = MemoryOutbox(a=2), Ear(a=1_000_000)
    async with delivering(outbox, deaf):
        await until(lambda: outbox.cursors == {"a": 0})

    ear = Ear()
    async with delivering(outbox, ear):
        await until(lambda: ear.heard == [("a", 1), ("a", 2)])
    assert outbox.cursors == {"a": 2}, "what was delivered is noted at the end"

    later = Ear()
    outbox.stored["a"].append(edit("a", 3))
    async with delivering(outbox, later):
        await until(lambda: bool(later.heard))
    assert later.heard == [("a", 3)]


@pytest.mark.asyncio
async def test_an_edit_that_is_refused_too_often_is_given_up_and_the_log_says_so() -> None:
    outbox, ear = MemoryOutbox(a=2), Ear(a=1)
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear, given_up_after=1):
            await until(lambda: outbox.cursors == {"a": 2})
    assert ear.heard == [("a", 2)]
    assert [(entry["log_level"], entry["version"]) for entry in logs] == [("error", 1)]


@pytest.mark.asyncio
async def test_a_database_that_is_down_is_waited_for() -> None:
    outbox, ear = MemoryOutbox(a=1), Ear()
    outbox.is_down = True
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear) as webhooks:
            await until(lambda: bool(logs))
            outbox.is_down = False
            webhooks.wake()
            await until(lambda: bool(ear.heard))


@pytest.mark.asyncio
async def test_many_contents_are_all_delivered_and_only_so_many_at_once() -> None:
    outbox, ear = MemoryOutbox(**{f"c{number}": 1 for number in range(60)}), Ear(c0=3)
    outbox.bands = {f"c{number}": f"band {number % 3}" for number in range(60)}
    ear.answers_from = MIN_AT_ONCE
    with structlog.testing.capture_logs():
        async with delivering(outbox, ear):
            await until(lambda: len(ear.heard) == 60)
    assert len(ear.heard) == 60
    assert ear.most_at_once <= MAX_AT_ONCE


@pytest.mark.asyncio
async def test_a_backlog_is_delivered_as_fast_as_it_is_taken_and_not_at_a_pace_of_ours() -> None:
    names = [f"c{number}" for number in range(3 * IN_SIGHT)]
    outbox, ear = MemoryOutbox(**dict.fromkeys(names, 1)), Ear()
    outbox.bands = {name: f"band {number % 50}" for number, name in enumerate(names)}
    async with delivering(outbox, ear, pace_s=3_600.0) as webhooks:
        await until(lambda: len(ear.heard) == len(names))
        assert webhooks.backlog == Backlog(len(names), len(names)), "as it was counted at first"
    assert ear.most_at_once > MIN_AT_ONCE


class Wall(Ear):
    """A receiver that never answers for some contents until it is opened, and refuses some others for ever."""

    def __init__(self, hangs: str = "", refuses: str = "") -> None:
        super().__init__()
        self._hangs, self._refuses = hangs, refuses
        self.tried: Counter[str] = Counter()
        self.is_open = asyncio.Event()

    async def post(self, edit: Edit) -> None:
        self.tried[edit.content_id] += 1
        if self._hangs and edit.content_id.startswith(self._hangs):
            await self.is_open.wait()
        if self._refuses and edit.content_id.startswith(self._refuses) and not self.is_open.is_set():
            raise DeliveryFailed("expected an answer 2xx, got 404")
        await super().post(edit)


@pytest.mark.asyncio
@pytest.mark.parametrize("wall", [{"hangs": "bad"}, {"refuses": "bad"}], ids=["that hang", "that are refused"])
async def test_however_many_contents_no_other_waits_for_them(wall: dict[str, str]) -> None:
    outbox, ear = MemoryOutbox(**{f"bad{number}": 1 for number in range(100)}), Wall(**wall)
    outbox.bands = dict.fromkeys(outbox.stored, "bad")
    with structlog.testing.capture_logs():
        async with delivering(outbox, ear) as webhooks:
            await until(lambda: len(ear.tried) >= MIN_AT_ONCE // 2)
            outbox.stored["good"], outbox.bands["good"] = [edit("good", 1)], "good"
            webhooks.wake()
            await until(lambda: ear.heard == [("good", 1)])


@pytest.mark.asyncio
async def test_a_content_that_fails_and_fails_is_parked_told_once_and_goes_on_by_itself() -> None:
    outbox, ear = MemoryOutbox(bad=2, good=1), Wall(refuses="bad")
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear) as webhooks:
            await until(lambda: webhooks.failing == Failing(1, 1))
            await until(lambda: ear.tried["bad"] > PARKED_AFTER + 1)
            ear.is_open.set()
            await until(lambda: outbox.cursors == {"bad": 2, "good": 1})
            await until(lambda: webhooks.failing == Failing())
    assert [entry["log_level"] for entry in logs] == ["warning"] * (PARKED_AFTER - 1) + ["error"]
    assert "parked" in logs[-1]["event"]
    assert [version for name, version in ear.heard if name == "bad"] == [1, 2]


@pytest.mark.asyncio
async def test_a_content_with_more_and_more_to_deliver_gives_its_place_to_who_waits() -> None:
    outbox = MemoryOutbox(**{f"c{number}": 300 for number in range(MIN_AT_ONCE)})
    ear = Ear()
    async with delivering(outbox, ear, turn_s=0.0):
        await until(lambda: len({content_id for content_id, _ in ear.heard}) == MIN_AT_ONCE)
    assert max(Counter(content_id for content_id, _ in ear.heard).values()) < 300


@pytest.mark.asyncio
async def test_edits_that_are_folded_away_are_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, ear = MemoryOutbox(a=3), Ear()
    monkeypatch.setattr(outbox, "edits", AsyncMock(return_value=[]))
    async with delivering(outbox, ear):
        await until(lambda: outbox.cursors == {"a": 3})
    assert ear.heard == []


@pytest.mark.asyncio
async def test_a_delivery_leaves_no_garbage_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        ear = Ear()
        async with delivering(MemoryOutbox(a=100), ear):
            await until(lambda: len(ear.heard) == 100)
        assert gc.collect() < 100
    finally:
        gc.enable()
