"""The bus at its port: it delays, loses, doubles and reorders what nodes say, and may be away."""

import asyncio
from collections import deque
from collections.abc import Callable

from tests.simulation.chance import Chance
from tests.simulation.loop import CURRENT, Process
from tests.simulation.weather import Weather, delay_s, happens

RETRY_S = 0.5
MAX_WAITING = 10_000


class Channel:
    """What all buses are connected to."""

    def __init__(self, chance: Chance) -> None:
        self.weather = Weather()
        self.is_away = False
        self.buses: list[SimulatedBus] = []
        self._chance = chance

    def carry(self, sender: "SimulatedBus", message: bytes, band_id: str | None) -> None:
        for bus in self.buses:
            stream = self._chance.of(f"bus from {sender.name} to {bus.name}")
            is_lost, is_twice = happens(stream, self.weather.bus_loss), happens(stream, self.weather.bus_twice)
            delays_s = [delay_s(stream, self.weather.bus_s) for _ in range(2)]
            copies = 1 if bus is sender else 0 if is_lost else 2 if is_twice else 1
            for delay in delays_s[:copies]:
                asyncio.get_running_loop().call_later(delay, bus.hear, message, band_id, context=bus.process.context)

    def latency_s(self, bus: "SimulatedBus") -> float:
        """How long the server takes to do what a node asks of it."""
        return delay_s(self._chance.of(f"bus of {bus.name}"), self.weather.bus_s)


class SimulatedBus:
    """Implements `services.ports.Bus` for one node."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.name = name
        self.process: Process = CURRENT.get()
        self.is_connected = False
        self.is_cut_off = False
        self._channel = channel
        self._waiting: deque[tuple[bytes, str | None]] = deque(maxlen=MAX_WAITING)
        self._wanted: set[str] = set()
        self._followed: set[str] = set()
        self._is_closed = False
        self._on_message: Callable[[bytes], None] = lambda _: None
        self._on_connected: Callable[[], None] = lambda: None
        self._on_followed: Callable[[str], None] = lambda _: None

    def start(
        self,
        on_message: Callable[[bytes], None],
        on_connected: Callable[[], None],
        on_followed: Callable[[str], None],
    ) -> None:
        self._on_message, self._on_connected, self._on_followed = on_message, on_connected, on_followed
        self._channel.buses.append(self)
        asyncio.get_running_loop().call_soon(self._connect)

    def publish(self, message: bytes, band_id: str | None = None) -> None:
        if self.is_connected:
            self._channel.carry(self, message, band_id)
        else:
            self._waiting.append((message, band_id))

    def follow(self, band_id: str) -> None:
        self._wanted.add(band_id)
        if self.is_connected:
            asyncio.get_running_loop().call_later(self._channel.latency_s(self), self._follows, band_id)

    def _follows(self, band_id: str) -> None:
        if self.is_connected and band_id in self._wanted and band_id not in self._followed:
            self._followed.add(band_id)
            self._on_followed(band_id)

    def leave(self, band_id: str) -> None:
        self._wanted.discard(band_id)
        self._followed.discard(band_id)

    async def close(self) -> None:
        self.gone()

    def gone(self) -> None:
        """Its node has ended."""
        self._is_closed = True
        self.is_connected = False
        if self in self._channel.buses:
            self._channel.buses.remove(self)

    def hear(self, message: bytes, band_id: str | None) -> None:
        if self.is_connected and (band_id is None or band_id in self._followed):
            self._on_message(message)

    def drop(self) -> None:
        """The connection to the bus breaks."""
        if self.is_connected:
            self.is_connected = False
            self._followed.clear()
            asyncio.get_running_loop().call_later(RETRY_S, self._connect)

    def _connect(self) -> None:
        if self._is_closed or self.is_connected:
            return
        if self._channel.is_away or self.is_cut_off:
            asyncio.get_running_loop().call_later(RETRY_S, self._connect)
            return
        self.is_connected = True
        self._followed = {*self._wanted}
        waiting = [*self._waiting]
        self._waiting.clear()
        for message, band_id in waiting:
            self._channel.carry(self, message, band_id)
        self._on_connected()
