"""The bus between nodes: one channel of Valkey or Redis (pub/sub), which keeps nothing and promises nothing."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from itertools import islice

import redis
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from collab.domain.errors import Unavailable

log = structlog.get_logger(__name__)

RETRY_S = 0.5
"""How long after a failure the next try is made."""

PATIENCE_S = 5.0
"""How long a try may take, and how long a bus may be silent that should echo this node's own messages."""

MAX_WAITING = 10_000
"""Messages that wait while the bus is away. Beyond them the oldest are lost."""

AT_ONCE = 200
"""Messages in one round trip."""

CLOSE_S = 1.0
"""How long the last messages may take."""

ANSWER_WITHIN_S = 2.0
"""How long somebody waits who only asks whether the bus is there."""

_PROBE = b""


def _redis_url(url: str) -> str:
    # The names are Valkey's, the protocol is the same.
    return url.replace("valkey://", "redis://", 1).replace("valkeys://", "rediss://", 1)


def answer_time_s(url: str) -> float:
    """How long a bus takes to answer; blocks, and raises `Unavailable` where it does not."""
    client = redis.Redis.from_url(
        _redis_url(url), socket_connect_timeout=ANSWER_WITHIN_S, socket_timeout=ANSWER_WITHIN_S
    )
    began = time.perf_counter()
    try:
        client.ping()
    except (RedisError, OSError) as error:
        raise Unavailable(f"the bus does not answer: {error}") from error
    finally:
        client.close()
    return time.perf_counter() - began


class RedisBus:
    """Implements `services.ports.Bus`. Installations that share a server use different database numbers: a channel
    belongs to one."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            _redis_url(url),
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=PATIENCE_S,
            socket_keepalive=True,
        )
        self.channel = f"collab:{self._redis.connection_pool.connection_kwargs.get('db') or 0}"
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._on_message: Callable[[bytes], None] = lambda _: None
        self._on_connected: Callable[[], None] = lambda: None
        self._is_closing = False
        self.is_connected = False

    def start(self, on_message: Callable[[bytes], None], on_connected: Callable[[], None]) -> None:
        self._on_message, self._on_connected = on_message, on_connected
        self._tasks = [
            asyncio.create_task(self._listen(), name="bus-listen"),
            asyncio.create_task(self._send(), name="bus-send"),
        ]

    def publish(self, message: bytes) -> None:
        self._waiting.append(message)
        self._wake.set()

    async def close(self) -> None:
        self._is_closing = True
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_S, return_when=asyncio.FIRST_COMPLETED)
        while running := [task for task in self._tasks if not task.done()]:
            # Not once and for all: redis-py takes a cancellation for a broken connection here and there.
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=CLOSE_S / 10)
        await self._redis.aclose()

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (RedisError, OSError, TimeoutError) as error:
                if self.is_connected:
                    log.warning("the bus does not answer; it is tried again", error=str(error))
            except Exception:
                # The edge of the bus: whatever a broken connection makes of itself, this node listens again.
                log.exception("listening to the bus failed")
            self.is_connected = False
            await asyncio.sleep(RETRY_S)

    async def _hear(self) -> None:
        """Listens until the connection fails, or nothing comes though this node has sent something itself."""
        async with self._redis.pubsub() as subscription:
            async with asyncio.timeout(PATIENCE_S):
                await subscription.subscribe(self.channel)
                await subscription.get_message(timeout=None)
            log.info("the bus is there", channel=self.channel)
            self.is_connected = True
            self._wake.set()
            self._on_connected()
            while True:
                message = await subscription.get_message(timeout=PATIENCE_S)
                if message is None:
                    raise TimeoutError(f"heard nothing for {PATIENCE_S} seconds")
                if message["type"] == "message" and message["data"] != _PROBE:
                    self._on_message(message["data"])

    async def _send(self) -> None:
        while not self._is_closing:
            try:
                async with asyncio.timeout(PATIENCE_S / 3):
                    await self._wake.wait()
            except TimeoutError:
                if self.is_connected and not self._waiting:
                    self.publish(_PROBE)
            self._wake.clear()
            try:
                if self.is_connected:
                    async with asyncio.timeout(PATIENCE_S):
                        await self._send_waiting()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("messages to other nodes wait", error=str(error), waiting=len(self._waiting))
                await self._pause()
            except Exception:
                # The edge of the bus, as above.
                log.exception("sending to the bus failed")
                await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(RETRY_S)
        self._wake.set()

    async def _send_waiting(self) -> None:
        """Sends in order. What may or may not have arrived is sent again: the others tell that apart."""
        while self._waiting:
            batch = list(islice(self._waiting, AT_ONCE))
            async with self._redis.pipeline(transaction=False) as pipeline:
                for message in batch:
                    pipeline.publish(self.channel, message)
                await pipeline.execute()
            for message in batch:
                # The oldest may have been pushed out meanwhile.
                if self._waiting and self._waiting[0] is message:
                    self._waiting.popleft()
