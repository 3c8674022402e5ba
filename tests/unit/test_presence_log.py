"""The presence log writes behind what happens: in few transactions, and nothing is lost when one fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from itertools import count

import pytest
import pytest_asyncio

from collab.domain.bands import User
from collab.domain.errors import Unavailable
from collab.domain.presence.visits import Departed, Node, Origin, Visit
from collab.services.cluster.lease import Lease, LeaseKeeper
from collab.services.presence.log import OpenVisit, PresenceLog
from tests.support.clock import ManualClock

pytestmark = pytest.mark.asyncio

ADA = User("ada", "Ada")


class MemoryStore:
    """A store that remembers each transaction, and can be told to fail or to declare its node dead."""

    def __init__(self) -> None:
        self.written: list[tuple[Node, list[Visit]]] = []
        self.rows: dict[str, Visit] = {}
        self.dead: set[str] = set()
        self.departed: list[Departed] = []
        self.alive: set[str] = set()
        self.is_down = False
        self.kept: set[str] = set()
        """Users whose rows somebody else keeps."""
        self.has_written = asyncio.Event()

    async def record(self, node: Node, visits: Sequence[Visit]) -> list[Visit] | None:
        self.has_written.set()
        if self.is_down:
            raise Unavailable("down")
        if node.id in self.dead:
            return None
        self.written.append((node, list(visits)))
        self.rows.update((visit.id, visit) for visit in visits if visit.user.id not in self.kept)
        return [visit for visit in visits if visit.user.id in self.kept]

    async def end_dead(self, _now: datetime, _asking: str) -> list[Departed]:
        departed, self.departed = self.departed, []
        return departed

    async def living(self, _now: datetime) -> set[str]:
        return self.alive

    async def visits(self, _band_id: str, _limit: int, _before: str | None) -> list[Visit]:
        raise AssertionError("the log does not read")

    async def next_write(self) -> None:
        self.has_written.clear()
        await asyncio.wait_for(self.has_written.wait(), 5)


class Bench:
    """A log on a memory store."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore()
        self.heard: list[Departed] = []
        self.visits: dict[str, OpenVisit] = {}
        ids = count(1)
        self.living: list[set[str]] = []
        self.lease = Lease(self.clock, lambda: f"id-{next(ids)}", "stage", timedelta(seconds=15))
        self.log = PresenceLog(self.store, self.clock, lambda: f"id-{next(ids)}", self.lease)
        self.keeper = LeaseKeeper(
            self.lease, self.store, self.clock, self.log.renew, self.heard.extend, self.living.append
        )

    def enter(self, session_id: str) -> None:
        self.visits[session_id] = self.log.began(session_id, ADA, "band_b", Origin(), self.clock.now())

    def leave(self, session_id: str, reason: str = "left") -> None:
        self.log.ended(self.visits[session_id], reason, self.clock.now())


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    """A log that has made its node known."""
    made = Bench()
    made.log.start()
    made.keeper.start()
    await made.store.next_write()
    yield made
    await made.keeper.close()
    await made.log.close()


async def test_many_joins_are_one_transaction(bench: Bench) -> None:
    before = len(bench.store.written)
    for number in range(200):
        bench.enter(f"sid-{number}")
    bench.leave("sid-0")
    assert len(bench.store.written) == before

    bench.clock.advance(1)
    await bench.store.next_write()
    assert len(bench.store.written) == before + 1
    assert len(bench.store.rows) == 200
    assert [visit.session_id for visit in bench.store.rows.values() if visit.ended_at] == ["sid-0"]


async def test_when_a_session_was_last_seen_is_written_with_the_lease(bench: Bench) -> None:
    bench.enter("sid")
    await bench.log.flush()
    before = len(bench.store.written)
    bench.clock.advance(2)
    bench.log.seen(bench.visits["sid"], bench.clock.now())
    await bench.log.flush()
    assert bench.store.written[before][1] == []

    seen_at = bench.clock.now()
    bench.clock.advance(3)
    await bench.store.next_write()
    assert [visit.last_seen_at for visit in bench.store.rows.values()] == [seen_at]


async def test_the_lease_is_renewed_three_times_in_its_length(bench: Bench) -> None:
    until = bench.store.written[-1][0].lease_until
    for _ in range(12):
        bench.clock.advance(5)
        await bench.store.next_write()
        node = bench.store.written[-1][0]
        assert node.renewed_at < until
        until = node.lease_until


async def test_what_could_not_be_written_is_written_with_the_next_renewal(bench: Bench) -> None:
    bench.store.is_down = True
    bench.enter("one")
    bench.enter("two")
    bench.clock.advance(1)
    await bench.store.next_write()
    bench.leave("two")
    bench.store.is_down = False
    bench.clock.advance(4)
    await bench.store.next_write()

    assert {visit.session_id: visit.end_reason for visit in bench.store.rows.values()} == {"one": None, "two": "left"}


async def test_a_user_whose_row_is_kept_waits_for_the_next_renewal(bench: Bench) -> None:
    bench.store.kept = {ADA.id}
    bench.enter("one")
    await bench.log.flush()
    bench.leave("one")
    await bench.log.flush()
    assert bench.store.rows == {}
    bench.store.kept = set()
    await bench.log.flush()
    assert [visit.end_reason for visit in bench.store.rows.values()] == ["left"]


async def test_a_node_that_was_taken_for_dead_goes_on_as_another(bench: Bench) -> None:
    bench.enter("stays")
    bench.enter("goes")
    await bench.log.flush()
    first = bench.store.written[-1][0].id
    bench.store.dead.add(first)
    bench.leave("goes")
    bench.enter("comes")
    await bench.log.flush()

    second = bench.store.written[-1][0].id
    assert second != first
    open_now = [visit for visit in bench.store.rows.values() if visit.ended_at is None and visit.node_id == second]
    assert {visit.session_id for visit in open_now} == {"stays", "comes"}
    # It ended under the old node, or with it: never is it opened anew.
    assert {visit.end_reason for visit in bench.store.rows.values() if visit.session_id == "goes"} <= {"left", None}
    assert not [visit for visit in open_now if visit.session_id == "goes"]


async def test_the_visits_that_another_node_left_open_are_heard_of_once(bench: Bench) -> None:
    departed = Departed("band_b", "sid", "ben", bench.clock.now(), is_still_there=False)
    bench.store.departed = [departed]
    bench.clock.advance(5)
    await bench.store.next_write()
    bench.clock.advance(5)
    await bench.store.next_write()
    assert bench.heard == [departed]


async def test_closing_ends_what_is_open_and_the_node(bench: Bench) -> None:
    bench.enter("sid")
    await bench.log.close()

    node, visits = bench.store.written[-1]
    assert node.ended_at == bench.clock.now()
    assert [visit.end_reason for visit in visits] == ["server_stopped"]
    # A poll that was still pending may end its session after that.
    bench.leave("sid", "transport_close")
    assert [visit.end_reason for visit in bench.store.rows.values()] == ["server_stopped"]
