"""What a node makes of what the others say: nothing of it stays lost, whatever fails meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any, cast

import orjson
import pytest
import structlog

from collab.domain.errors import Unavailable
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.cluster import BEAT_EVERY, COMPARE_BEATS, ECHO_WITHIN, MAX_WORK, Cluster
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.lease import Lease
from collab.services.cluster.publisher import Publisher
from collab.services.presence.peers import PresencePeers
from tests.support.clock import ManualClock

pytestmark = pytest.mark.asyncio


class Bus:
    """Implements `services.ports.Bus`: it comes and goes, and says what another node says."""

    def __init__(self) -> None:
        self.is_connected = False
        self.is_silent = False
        self._on_message: Callable[[bytes], None] = lambda _: None
        self._on_connected: Callable[[], None] = lambda: None
        self.on_followed: Callable[[str], None] = lambda _: None

    def start(
        self,
        on_message: Callable[[bytes], None],
        on_connected: Callable[[], None],
        on_followed: Callable[[str], None],
    ) -> None:
        self._on_message, self._on_connected, self.on_followed = on_message, on_connected, on_followed

    def follow(self, band_id: str) -> None:
        """What a band's node says, the test says."""

    def leave(self, band_id: str) -> None:
        """Likewise."""

    def publish(self, message: bytes, band_id: str | None = None) -> None:
        """Nobody else listens."""
        if self.is_connected and not self.is_silent:
            asyncio.get_running_loop().call_soon(self._on_message, message)

    async def close(self) -> None:
        self.is_connected = False

    def connect(self) -> None:
        self.is_connected = True
        self._on_connected()

    def say(self, kind: str, **body: Any) -> None:
        self._on_message(orjson.dumps({"node": "other", "lease": "other", "kind": kind, "sent_at_s": 0, **body}))


class Bands:
    """Remembers what it is asked, and holds or fails it as long as the test likes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_down = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def refresh(self, band_ids: Sequence[str] | None = None) -> None:
        await self._ask("all" if band_ids is None else band_ids[0])

    async def make_up(self) -> None:
        await self._ask("make up")

    async def _ask(self, what: str) -> None:
        await self.goes_on.wait()
        self.asked.append(what)
        if self.is_down:
            raise Unavailable("down")


class Quiet:
    """Edits and presence of which there is no news."""

    def __init__(self) -> None:
        self.comparisons = 0

    async def compare(self) -> None:
        self.comparisons += 1

    async def close(self) -> None:
        """Nothing is open."""

    def news(self) -> dict[str, int]:
        return {}

    def heads(self, _heads: dict[str, int]) -> None:
        """Nobody follows any."""

    def state(self) -> dict[str, Any]:
        return {}

    def speakers(self, *_: object) -> set[str]:
        return set()

    def heard_state(self, *_: object) -> None:
        """Nobody is there."""

    def died(self, _node: str) -> None:
        """Nobody was there."""


class Bench:
    """A node, its bus and its database."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.bands = Bands()
        self.quiet = Quiet()
        self.clock = ManualClock()
        ids = count(1)
        self.lease = Lease(self.clock, lambda: f"this {next(ids)}", "stage", timedelta(seconds=15))
        self.publisher = Publisher(self.bus, self.lease, self.clock, timedelta(0), str)
        self.cluster = Cluster(
            self.publisher,
            self.lease,
            cast(EditRelay, self.quiet),
            cast(BandRelay, self.bands),
            cast(PresencePeers, self.quiet),
            self.clock,
        )

    async def done(self) -> list[str]:
        """What the database was asked since the last time. Nothing here takes its time unless it is held."""
        for _ in range(10):
            await asyncio.sleep(0)
        asked, self.bands.asked = self.bands.asked, []
        return asked

    async def beat(self) -> list[str]:
        self.clock.advance(BEAT_EVERY.total_seconds())
        return await self.done()


@asynccontextmanager
async def a_node() -> AsyncIterator[Bench]:
    bench = Bench()
    bench.cluster.start()
    await bench.done()
    yield bench
    await bench.cluster.close()


@asynccontextmanager
async def a_connected_node() -> AsyncIterator[Bench]:
    async with a_node() as bench:
        bench.bus.connect()
        assert await bench.done() == ["make up"]
        yield bench


async def test_a_bus_that_comes_back_is_made_up_for_though_a_look_is_on_its_way() -> None:
    async with a_node() as bench:
        bench.clock.advance(BEAT_EVERY.total_seconds())
        bench.bus.connect()
        assert "make up" in await bench.done()
        assert await bench.beat() == []


async def test_what_could_not_be_made_up_for_is_tried_again_with_each_beat() -> None:
    async with a_node() as bench:
        bench.bands.is_down = True
        bench.bus.connect()
        assert await bench.done() == ["make up"]
        assert await bench.beat() == ["make up"]
        bench.bands.is_down = False
        assert await bench.beat() == ["make up"]
        assert await bench.beat() == []


async def test_a_band_that_could_not_be_read_is_made_up_for() -> None:
    async with a_connected_node() as bench:
        bench.bands.is_down = True
        bench.bus.say("band", number=1, band_id="b")
        assert await bench.done() == ["b"]
        bench.bands.is_down = False
        assert await bench.beat() == ["make up"]
        assert await bench.beat() == []


async def test_what_is_lost_while_it_is_made_up_for_is_made_up_for_again() -> None:
    async with a_connected_node() as bench:
        bench.bands.goes_on.clear()
        bench.bus.say("state", last=1, rooms={})
        await asyncio.sleep(0)  # it is being made up for
        bench.bus.say("state", last=2, rooms={})
        bench.bands.goes_on.set()
        assert await bench.done() == ["make up", "make up"]
        assert await bench.beat() == []


async def test_the_first_words_of_a_node_are_made_up_for_too() -> None:
    async with a_connected_node() as bench:
        bench.bus.say("band", number=2, band_id="b")  # 1 was lost
        bench.bus.say("state", last=2, rooms={})
        assert await bench.done() == ["b", "make up"]


async def test_a_bus_that_is_silent_and_still_there_is_not_waited_for() -> None:
    async with a_connected_node() as bench:
        assert [await bench.beat() for _ in range(3)] == [[], [], []]
        bench.bus.is_silent = True
        assert await bench.beat() == []
        bench.clock.advance(ECHO_WITHIN.total_seconds())
        assert await bench.done() == ["all"]
        bench.bus.is_silent = False
        for _ in range(4):
            bench.clock.advance(ECHO_WITHIN.total_seconds())
            assert await bench.done() == []
        # From the last word of the bus to the look.
        assert timedelta(seconds=1) > BEAT_EVERY + ECHO_WITHIN


async def test_so_much_waits_and_the_rest_is_made_up_for() -> None:
    async with a_connected_node() as bench:
        bench.bands.goes_on.clear()
        bench.bus.say("band", number=1, band_id="held")
        await asyncio.sleep(0)  # the queue is empty
        with structlog.testing.capture_logs() as logs:
            for number in range(2, MAX_WORK + 12):
                bench.bus.say("band", number=number, band_id=str(number))
        assert [entry["log_level"] for entry in logs] == ["warning"]
        # A beat finds no room either, and the next one does.
        bench.clock.advance(BEAT_EVERY.total_seconds())
        bench.bands.goes_on.set()
        assert await bench.done() == ["held", *map(str, range(2, MAX_WORK + 2))]
        before = bench.quiet.comparisons
        assert await bench.beat() == ["make up"]
        assert bench.quiet.comparisons == before + 1
        assert await bench.beat() == []


async def test_what_a_node_that_died_could_tell_nobody_is_made_up_for() -> None:
    async with a_connected_node() as bench:
        bench.bus.say("beat", last=0, heads={})
        bench.cluster.living({"this 1", "other"})
        assert await bench.done() == []
        bench.cluster.living({"this 1"})
        assert await bench.done() == ["make up"]
        bench.cluster.living({"this 1"})
        assert await bench.done() == []


async def test_what_a_node_that_is_cut_off_tells_nobody_is_looked_for() -> None:
    async with a_connected_node() as bench:
        asked = [await bench.beat() for _ in range(2 * COMPARE_BEATS)]
        assert [each for each in asked if each] == [["all"], ["all"]]
