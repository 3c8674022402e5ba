"""A bus in memory, as good or as bad as a test wants it."""

import asyncio
from collections.abc import Callable
from random import Random

from tests.support.waiting import until


class Exchange:
    """What the nodes of a test are connected to. With `random`, messages come in any order, some of them twice."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random
        self.buses: list[MemoryBus] = []
        self._flying: list[tuple[MemoryBus, bytes, str | None]] = []
        self.delivered = 0

    def bus(self) -> "MemoryBus":
        made = MemoryBus(self)
        self.buses.append(made)
        return made

    def publish(self, message: bytes, band_id: str | None) -> None:
        copies = 1 if self._random is None else self._random.choice([1, 1, 2])
        self._flying += [(bus, message, band_id) for bus in self.buses for _ in range(copies)]
        loop = asyncio.get_running_loop()
        for _ in range(len(self.buses) * copies):
            # Nearly in order would be too kind: whatever flies at that moment may be next.
            delay_s = 0.0 if self._random is None else self._random.choice([0.0, 0.002, 0.02])
            loop.call_later(delay_s, self._deliver_one)

    async def settled(self) -> None:
        """Returns once nothing flies any more."""
        await until(lambda: not self._flying)

    def _deliver_one(self) -> None:
        at = 0 if self._random is None else self._random.randrange(len(self._flying))
        bus, message, band_id = self._flying.pop(at)
        self.delivered += 1
        if bus.is_connected and (band_id is None or band_id in bus.followed):
            bus.on_message(message)


class MemoryBus:
    """Implements `services.ports.Bus`. `loses` says which messages never leave."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.is_connected = False
        self.loses: Callable[[bytes], bool] = lambda _: False
        self.on_message: Callable[[bytes], None] = lambda _: None
        self.on_connected: Callable[[], None] = lambda: None
        self.on_followed: Callable[[str], None] = lambda _: None
        self.followed: set[str] = set()

    def start(
        self,
        on_message: Callable[[bytes], None],
        on_connected: Callable[[], None],
        on_followed: Callable[[str], None],
    ) -> None:
        self.on_message, self.on_connected, self.on_followed = on_message, on_connected, on_followed
        self.connect()

    def connect(self) -> None:
        self.is_connected = True
        self.on_connected()

    def disconnect(self) -> None:
        self.is_connected = False

    def publish(self, message: bytes, band_id: str | None = None) -> None:
        if self.is_connected and not self.loses(message):
            self._exchange.publish(message, band_id)

    def follow(self, band_id: str) -> None:
        asyncio.get_running_loop().call_soon(self._hear_of, band_id)

    def _hear_of(self, band_id: str) -> None:
        self.followed.add(band_id)
        if self.is_connected:
            self.on_followed(band_id)

    def leave(self, band_id: str) -> None:
        self.followed.discard(band_id)

    async def close(self) -> None:
        self.is_connected = False
        self._exchange.buses.remove(self)
