"""One connection: a stock Socket.IO client from its handshake to its end. client.py stays connected.

A connection is opening, open, then ended, and never opens again: `ended` is set once, by whichever notices first, the
transport that breaks, a question that stays unanswered, pings that stay away, or `close`. Whoever waits for an answer
then gets `NotConnected`: nobody knows whether the server did the work.

Order is what is hard. python-socketio starts a task for each packet, and only handlers that await nothing run in the
order in which packets came. So an answer is taken in (`take`) where it stands among the events, and not by whoever
awaits it, who wakes up later.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import socketio

from collab.client.backoff import Backoff
from collab.client.errors import NotConnected, error_of
from collab.client.outside import REAL, Outside
from collab.client.parts import Parts
from collab.client.patience import Patience
from collab.client.wire import Session, session_of
from collab.domain.errors import CollabError, RateLimited, Unauthenticated

OnEvent: TypeAlias = Callable[[str, Any], None]
Take: TypeAlias = Callable[[Any], None]

HELD_S = 5.0
"""A connection that lasts so long has held."""

_GOODBYE_S = 2.0
"""How long a server has to say goodbye."""

_NO_TIMEOUT_S = 1e6
"""No timeout: `_end_if_silent` keeps its own."""


class Connection:
    """A socket that is used once. `on_event` is called with each event in the order in which they arrive."""

    session: Session
    """Who one is; set when `open` has returned."""

    def __init__(self, on_event: OnEvent, outside: Outside = REAL) -> None:
        self._on_event = on_event
        self._chance = outside.chance
        self._socket = outside.new_socket()
        self._calls: set[asyncio.Future[Any]] = set()
        self._patience = Patience()
        self._parts = Parts()
        self._refusal: CollabError | None = None
        self._session: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self._turn = asyncio.Lock()
        self._has_carried = False
        self._opened_at = 0.0
        self._is_leaving = False
        self._watch: asyncio.Task[None] | None = None
        # Plain functions: python-socketio starts a task for each packet, and only what awaits nothing keeps the order.
        self._socket.on("*", self._hear)
        self._socket.on("disconnect", self._end)
        self._socket.on("connect_error", self._refused)

    async def open(
        self, url: str, token: str, transports: Sequence[str], timeout_s: float, path: str = "/socket.io"
    ) -> None:
        """Connects. Raises `NotConnected`, or what the server refuses the token with."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._socket.connect(
                    _in_parts(url),
                    auth={"token": token},
                    transports=list(transports),
                    wait_timeout=timeout_s,
                    socketio_path=path,
                )
                self.session = await self._session
                self._opened_at = asyncio.get_running_loop().time()
                self._watch = asyncio.create_task(self._end_if_silent(), name="collab-silence")
        except (socketio.exceptions.ConnectionError, NotConnected, TimeoutError) as error:
            raise self._refusal or NotConnected(
                f"expected a collab server at {url}: {str(error) or 'no answer'}"
            ) from None
        finally:
            if not hasattr(self, "session"):
                # A handshake that failed or was given up leaves an open HTTP session behind.
                await self._drop()

    @property
    def has_held(self) -> bool:
        """Whether it has lasted for a while and carried something: then it is no part of a trouble."""
        return self._has_carried and asyncio.get_running_loop().time() - self._opened_at >= HELD_S

    @property
    def max_message_bytes(self) -> int:
        """How large a message may be: a larger one would end the connection."""
        return self.session.max_message_bytes

    async def call(self, event: str, payload: Any, timeout_s: float, take: Take | None = None) -> Any:
        """The server's answer. Raises what it answers with; `NotConnected` where the connection ends before.

        `take` gets an answer that is ok where it stands among the events. Whoever awaits it goes on only when those
        that came in with it have been heard: too late, where an answer says what they follow.

        A server that leaves something unanswered and is silent for `timeout_s` is taken for gone: the connection ends
        then. Pings alone would tell it late, or never where it still pings.
        """
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.ended.is_set():
            raise _gone()
        self._calls.add(answered)
        try:
            await self._emit(event, payload, partial(self._resolve, answered, take))
            answer = await self._patience.wait(answered, len(json.dumps(payload)), timeout_s)
        except socketio.exceptions.SocketIOError:
            raise _gone() from None
        except TimeoutError:
            await self.abort()
            raise NotConnected(f"expected an answer to {event} within {timeout_s:g} s, and none came") from None
        finally:
            self._calls.discard(answered)
        if answer["ok"]:
            return answer
        error = error_of(answer["error"])
        if isinstance(error, Unauthenticated):
            await self.abort()
            raise NotConnected("the server knows this session no more: the next connection begins another")
        raise error

    async def call_patiently(self, event: str, payload: Any, timeout_s: float, take: Take | None = None) -> Any:
        """As `call`; where the server has had enough for now, again when it says."""
        backoff = Backoff(chance=self._chance)
        while True:
            try:
                return await self.call(event, payload, timeout_s, take)
            except RateLimited as error:
                await asyncio.sleep(backoff.delay_s(error))

    async def _emit(self, event: str, payload: Any, callback: Callable[..., None]) -> None:
        """Over polling one event at a time: python-engineio puts all that waits into one payload, however large."""
        if self._socket.transport() != "polling":
            await self._socket.emit(event, payload, callback=callback)
            return
        async with self._turn:
            await self._socket.emit(event, payload, callback=callback)
            written = asyncio.ensure_future(self._socket.eio.queue.join())
            over = asyncio.ensure_future(self.ended.wait())
            try:
                await asyncio.wait({written, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                written.cancel()
                over.cancel()

    async def ends_within(self, delay_s: float) -> bool:
        """Returns when the connection has ended, or after the delay: then False."""
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self.ended.wait()
        return self.ended.is_set()

    async def close(self) -> None:
        """Says goodbye and ends."""
        self._is_leaving = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self._socket.disconnect()
        self._is_leaving = False
        await self.abort()

    async def abort(self) -> None:
        """Ends without a word, as a connection does that breaks."""
        self._end("aborted")
        await self._drop()

    async def _end_if_silent(self) -> None:
        """Ends a connection on which nothing came for longer than pings may be apart.

        python-engineio notices it too, but waits then until all is written: for ever, where the server reads nothing.
        And it gives up where it has had no ping to answer for a while, which a slow line brings behind all else.
        """
        eio, clock = self._socket.eio, asyncio.get_running_loop().time
        patience_s, eio.ping_timeout = eio.ping_interval + eio.ping_timeout, _NO_TIMEOUT_S
        take_in, heard_at_s = eio._receive_packet, clock()  # noqa: SLF001  # pings are told in no public way

        async def hear(packet: Any) -> None:
            nonlocal heard_at_s
            heard_at_s = clock()
            await take_in(packet)

        eio._receive_packet = hear  # noqa: SLF001
        while (left_s := heard_at_s + patience_s - clock()) > 0:
            if await self.ends_within(left_s):
                return
        await self.abort()

    async def _drop(self) -> None:
        # Without this python-engineio says goodbye first, and waits for the answer of a server that may be gone.
        if self._socket.eio.http is not None:
            await self._socket.eio.http.close()
        await self._socket.eio.disconnect(abort=True)

    def _hear(self, event: str, payload: Any = None) -> None:
        self._patience.moved()
        if event == "part":
            self._parts.take(payload["text"])
            return
        payload = self._parts.whole(payload)
        if event == "session" and not self._session.done():
            self._session.set_result(session_of(payload))
        elif not self.ended.is_set():
            self._on_event(event, payload)

    def _resolve(self, answered: asyncio.Future[Any], take: Take | None, answer: Any = None) -> None:
        self._patience.moved()
        self._has_carried = True
        answer = self._parts.whole(answer)
        if answered.done():
            return
        try:
            if take is not None and answer["ok"]:
                take(answer)
            answered.set_result(answer)
        except Exception as error:  # noqa: BLE001  # an edge: it is for whoever awaits the answer
            answered.set_exception(error)

    def _refused(self, body: Any = None) -> None:
        # The transport's own failures come as a text.
        if isinstance(body, dict) and isinstance(body.get("data"), dict):
            self._refusal = error_of({**body["data"], "message": body.get("message", "")})

    def _end(self, _reason: str) -> None:
        self.ended.set()
        if (websocket := self._socket.eio.ws) is not None and not self._is_leaving:
            _cut(websocket)
        for waiting in [*self._calls, self._session]:
            if not waiting.done():
                waiting.set_exception(_gone())
        # Read, so that asyncio does not complain: `open` tells of a handshake that failed.
        if not self._session.cancelled():
            self._session.exception()


def _in_parts(url: str) -> str:
    """The URL, by which long payloads are asked for in parts."""
    address = urlsplit(url)
    return urlunsplit(address._replace(query="&".join(filter(None, (address.query, "parts=1")))))


def _cut(websocket: Any) -> None:
    """Lets the TCP connection of a websocket go, with what could not be written yet: no public way does.

    Closed in any other way it stays open until all is written, and whoever waits for that waits for ever. Left alone,
    aiohttp keeps it until it is collected, and complains then.
    """
    response = websocket._response  # noqa: SLF001
    if response.connection is not None and (transport := response.connection.transport) is not None:
        transport.abort()
    response.close()


def _gone() -> NotConnected:
    return NotConnected("the connection has ended before the answer came")
