"""The bus over one connection to a server.

It is *away* or *connected*, and `_run` alone moves it: it connects, subscribes to the common channel and to those of
all bands that are followed, and is connected once the server has confirmed all of them; it is away again when the
connection breaks, when the server refuses something, or when nothing has come for `PATIENCE_S` though this node has
sent something itself, which comes back to it.

What is said while it is away waits, and so does, in `_unanswered`, what was sent and has no reply yet: the next
connection sends that again. So a message may arrive twice, but for `MAX_WAITING` none is lost on the way out.

The races: a band that is followed while it is away is among those of the next connection. One that is followed while
it is connected is heard from the server's confirmation on; `on_followed` tells of that, and whoever follows reads then
what was said before. One that is left may still be heard for a moment.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

import hiredis
import structlog
from redis.exceptions import RedisError

from collab.bus.resp import Address, Command, Connection, Reply

log = structlog.get_logger(__name__)

RETRY_S = 0.5
"""How long after a failure the next try is made."""

PATIENCE_S = 5.0
"""How long a try may take, and how long a bus may be silent that should echo this node's own messages."""

MAX_WAITING = 10_000
"""Messages that wait while the bus is away. Beyond them the oldest are lost."""

MAX_UNANSWERED = 1_000
"""Messages on their way at once."""

CLOSE_S = 1.0
"""How long the last messages may take."""

_PROBE = b""


class RedisBus:
    """Implements `services.ports.Bus`. Installations that share a server use different database numbers: a channel
    belongs to one."""

    def __init__(self, url: str) -> None:
        self._address = Address(url)
        self.channel = self._address.channel
        self._followed: set[str] = set()
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=MAX_WAITING)
        self._unanswered: deque[tuple[str, bytes]] = deque()
        self._unconfirmed: set[str] = set()
        self._connection: Connection | None = None
        self._confirmed = asyncio.Event()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._on_message: Callable[[bytes], None] = lambda _: None
        self._on_connected: Callable[[], None] = lambda: None
        self._on_followed: Callable[[str], None] = lambda _: None
        self._is_flushing = False
        self._heard_at_s = 0.0
        self.is_connected = False

    def start(
        self,
        on_message: Callable[[bytes], None],
        on_connected: Callable[[], None],
        on_followed: Callable[[str], None],
    ) -> None:
        self._on_message, self._on_connected, self._on_followed = on_message, on_connected, on_followed
        self._task = asyncio.create_task(self._run(), name="bus")

    def publish(self, message: bytes, band_id: str | None = None) -> None:
        self._waiting.append((self._channel_of(band_id), message))
        self._flush_soon()

    def follow(self, band_id: str) -> None:
        channel = self._channel_of(band_id)
        if channel not in self._followed:
            self._followed.add(channel)
            if self.is_connected:
                self._send(("SUBSCRIBE", channel))

    def leave(self, band_id: str) -> None:
        channel = self._channel_of(band_id)
        if channel in self._followed:
            self._followed.remove(channel)
            if self.is_connected:
                self._send(("UNSUBSCRIBE", channel))

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                while self.is_connected and not self._has_sent_all:
                    self._changed.clear()
                    await self._changed.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _channel_of(self, band_id: str | None) -> str:
        return self.channel if band_id is None else f"{self.channel}:{band_id}"

    @property
    def _has_sent_all(self) -> bool:
        return not self._waiting and not self._unanswered

    async def _run(self) -> None:
        said = ""
        while True:
            try:
                await self._serve()
            except (RedisError, OSError, TimeoutError) as error:
                if self.is_connected or str(error) != said:
                    log.warning("the bus does not answer; it is tried again", error=str(error))
                said = str(error)
            except Exception:
                # The edge of the bus: whatever a broken connection makes of itself, this node listens again.
                log.exception("the bus failed")
            finally:
                self._away()
            await asyncio.sleep(RETRY_S)

    async def _serve(self) -> None:
        """Listens and speaks until the connection fails, or nothing comes though this node has sent something."""
        async with asyncio.timeout(PATIENCE_S):
            self._connection = await self._address.connect(self)
            await self._subscribe()
        log.info("the bus is there", channel=self.channel)
        self.is_connected = True
        self._flush_soon()
        self._on_connected()
        await self._watch(self._connection)

    async def _subscribe(self) -> None:
        """Returns when the server has confirmed every channel; what changes meanwhile is made up for."""
        self._confirmed.clear()
        channels = {self.channel, *self._followed}
        self._unconfirmed = set(channels)
        self._send(("SUBSCRIBE", *channels))
        await self._confirmed.wait()
        if more := self._followed - channels:
            self._send(("SUBSCRIBE", *more))
        if left := channels - self._followed - {self.channel}:
            self._send(("UNSUBSCRIBE", *left))

    async def _watch(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        self._heard_at_s = loop.time()
        while True:
            await asyncio.wait([connection.ended], timeout=PATIENCE_S / 3)
            if connection.ended.done():
                connection.ended.result()
            if loop.time() - self._heard_at_s > PATIENCE_S:
                raise TimeoutError(f"heard nothing for {PATIENCE_S} seconds")
            if self._has_sent_all:
                self.publish(_PROBE)

    def _away(self) -> None:
        self.is_connected = False
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
        # What may or may not have arrived is sent again, and before the rest: the others tell that apart.
        self._waiting = deque([*self._unanswered, *self._waiting], MAX_WAITING)
        self._unanswered.clear()
        self._changed.set()

    def _send(self, *commands: Command) -> None:
        if self._connection is not None:
            self._connection.send(*commands)

    def _flush_soon(self) -> None:
        """What is said in one turn of the event loop leaves in one piece."""
        if not self._is_flushing and self.is_connected:
            self._is_flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flushing = False
        if not self.is_connected:
            return
        batch = [*islice(self._waiting, MAX_UNANSWERED - len(self._unanswered))]
        for entry in batch:
            self._waiting.popleft()
            self._unanswered.append(entry)
        self._send(*(("PUBLISH", channel, message) for channel, message in batch))

    def replied(self, reply: Reply) -> None:
        """Hears what became of a message."""
        if isinstance(reply, hiredis.ReplyError):
            log.warning("messages to other nodes wait", error=str(reply), waiting=len(self._waiting))
            if self._connection is not None:
                self._connection.abort()
            return
        self._unanswered.popleft()
        if self._waiting:
            self._flush_soon()
        elif not self._unanswered:
            self._changed.set()

    def pushed(self, push: list[Any]) -> None:
        """Hears what a channel brings, and which channels it hears."""
        self._heard_at_s = asyncio.get_running_loop().time()
        kind, channel, data = push
        if kind == b"message":
            if data != _PROBE:
                self._on_message(data)
        elif kind == b"subscribe":
            self._hears(channel.decode())

    def _hears(self, channel: str) -> None:
        if self.is_connected:
            self._on_followed(channel.removeprefix(f"{self.channel}:"))
        self._unconfirmed.discard(channel)
        if not self._unconfirmed:
            self._confirmed.set()
