"""RESP: one connection to a server that speaks Valkey's and Redis' protocol, in its version 3.

Replies come in the order of their commands, and pushes, which nobody asked for, between them: that is why one
connection both listens and speaks.
"""

import asyncio
import ssl
from collections import deque
from typing import Any, Protocol, TypeAlias, cast

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url
from redis.exceptions import RedisError

Command: TypeAlias = tuple[str | bytes | int, ...]

Reply: TypeAlias = Any
"""What hiredis makes of it; an error is a `hiredis.ReplyError`, which is returned and not raised."""


class Refused(RedisError):
    """The server did not do what it was told, and says why."""


class Listener(Protocol):
    """Who hears what the server says; called in the event loop."""

    def replied(self, reply: Reply) -> None:
        """The reply to the first command sent that has none yet."""
        ...

    def pushed(self, push: list[Any]) -> None:
        """What pub/sub brings: its kind, then what belongs to that."""
        ...


class Address:
    """Where a server is and as whom it is spoken to, by a URL with the options of redis-py's."""

    def __init__(self, url: str) -> None:
        # The names are Valkey's, the protocol is the same.
        self.url = url.replace("valkey://", "redis://", 1).replace("valkeys://", "rediss://", 1)
        self._options: dict[str, Any] = dict(parse_url(self.url))
        self.database = int(self._options.get("db") or 0)

    @property
    def channel(self) -> str:
        """What concerns all nodes is said here; what concerns a band on `CHANNEL:BAND_ID`."""
        return f"collab:{self.database}"

    async def connect(self, listener: Listener) -> "Connection":
        """A connection that may be spoken on. `OSError`, `Refused`."""
        loop = asyncio.get_running_loop()
        connection = Connection(listener)
        if "path" in self._options:
            await loop.create_unix_connection(lambda: connection, self._options["path"])
        else:
            host, port = self._options.get("host", "localhost"), self._options.get("port", 6379)
            await loop.create_connection(lambda: connection, host, port, ssl=self._tls())
        try:
            await connection.ask(self._hello())
            if self.database:
                await connection.ask(("SELECT", self.database))
        except BaseException:
            connection.abort()
            raise
        return connection

    def _hello(self) -> Command:
        password = self._options.get("password")
        return ("HELLO", 3, *(() if password is None else ("AUTH", self._options.get("username", "default"), password)))

    def _tls(self) -> ssl.SSLContext | None:
        options = dict(self._options)
        kind = options.pop("connection_class", None)
        return kind(**options).ssl_context.get() if kind is SSLConnection else None


class Connection(asyncio.Protocol):
    """`ended` is settled once it has broken or was closed, and raises what broke it."""

    def __init__(self, listener: Listener) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listener = listener
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._asked: deque[asyncio.Future[Reply]] = deque()

    def send(self, *commands: Command) -> None:
        """Puts commands on their way; on a connection that has ended, nowhere."""
        if self._transport is not None:
            self._transport.write(b"".join(hiredis.pack_command(cast(Any, command)) for command in commands))

    async def ask(self, command: Command) -> Reply:
        """The reply to a command; before anything is sent otherwise. `Refused`, and `OSError` where it ends."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked.append(reply)
        self.send(command)
        return await reply

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (said := self._reader.gets()) is not False:
                self._hear(said)
        except hiredis.HiredisError as error:
            self._end(Refused(f"expected a server that speaks RESP: {error}"))
            self.abort()

    def _hear(self, said: Any) -> None:
        if isinstance(said, hiredis.PushNotification):
            self._listener.pushed(said)
        elif not self._asked:
            self._listener.replied(said)
        elif not (asked := self._asked.popleft()).done():
            if isinstance(said, hiredis.ReplyError):
                asked.set_exception(Refused(str(said)))
            else:
                asked.set_result(said)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or ConnectionResetError("the server has closed the connection"))

    def _end(self, error: Exception) -> None:
        for waiting in (self.ended, *self._asked):
            if not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # nobody may be waiting for it
        self._asked.clear()
