"""The client: stays connected, and keeps every room that it has entered up to date.

One task connects again for as long as the client lives, after a delay that grows (`Backoff`). Each connection enters
all rooms anew; a room tells by its version what it missed. What a try can change is tried again, with another
connection where a room could not be entered; what it can't change (a plain token that is refused) ends the client, and
a room that is refused is lost alone.
"""

import asyncio
import importlib.util
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from collab.about import DISTRIBUTION
from collab.client.backoff import Backoff
from collab.client.band import Band
from collab.client.connection import Connection
from collab.client.content import Content
from collab.client.errors import Broken, NotConnected
from collab.client.events import ClientEvent, HostTold, MembershipChanged, Offline, Online, TokenRefused
from collab.client.outside import REAL, Outside
from collab.client.stream import Source, Stream
from collab.client.token import Token, get_token
from collab.client.wire import Session, is_of_host, role_of
from collab.domain.access import BandRoom, ContentRoom, Role
from collab.domain.bands import User
from collab.domain.errors import ClientFault, CollabError, Forbidden, RateLimited, ServerFault, TokenFault

log = logging.getLogger(__name__)

RoomT = TypeVar("RoomT", bound=Band | Content)


class CollabClient:
    """One connection to a collab server, for as long as the block lasts:

        async with CollabClient("https://collab.example", token) as me:
            setlist = await me.open(content_id)
            setlist.set(None, "venue", "Blue Nile")
            await setlist.saved()

    Entering raises `NotConnected`, or what the token is refused with. From then on a connection that breaks is made
    again, for ever. A `token` that is a function is asked for a fresh token each time, and `renew_before_s` ahead of
    the expiry; one that is refused then is told (`TokenRefused`), and the function asked again. A plain token that is
    refused ends the client. Leaving the block waits until every edit is stored, at most `close_timeout_s`, and raises
    `NotConnected` where some are not. `path` is where the server has its sockets. Durations are seconds.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        path: str = "/socket.io",
        transports: Sequence[str] = ("websocket",),
        ack_timeout_s: float = 10.0,
        close_timeout_s: float = 10.0,
        renew_before_s: float = 60.0,
        first_retry_s: float = 0.25,
        max_retry_s: float = 15.0,
        outside: Outside = REAL,
    ) -> None:
        if importlib.util.find_spec("aiohttp") is None:
            raise ImportError(
                f"the client needs aiohttp: pip install '{DISTRIBUTION}[client]', or {DISTRIBUTION}-client alone"
            )
        self._url = url
        self._token = token
        self._path = path
        self._transports = transports
        self._ack_timeout_s = ack_timeout_s
        self._close_timeout_s = close_timeout_s
        self._renew_before_s = renew_before_s
        self._first_retry_s = first_retry_s
        self._max_retry_s = max_retry_s
        self._outside = outside
        self._backoff = self._new_backoff(first_retry_s)
        self._retry_in_s: float | None = None
        self._rooms: dict[str, Band | Content] = {}
        self._source: Source[ClientEvent] = Source()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connection: Connection | None = None
        self._failure: CollabError | None = None

    @property
    def session(self) -> Session:
        """Who one is, on the present or the last connection."""
        if self._connection is None:
            raise NotConnected("expected a client that was entered: async with CollabClient(url, token) as me")
        return self._connection.session

    @property
    def user(self) -> User:
        return self.session.user

    @property
    def is_online(self) -> bool:
        return self._connection is not None and not self._connection.ended.is_set()

    def events(self) -> Stream[ClientEvent]:
        """A stream of what happens to the connection and to one's memberships from now on."""
        return self._source.stream()

    async def open(self, content_id: str) -> Content:
        """A content, open until it is left or lost, or the client ends. One that was lost can be opened again: another
        object, without what was pending. Raises `Forbidden` where it is not one's own."""
        known = self._rooms.get(ContentRoom(content_id).name)
        if isinstance(known, Content):
            return await self._enter(known)
        return await self._enter(Content(content_id, self.user.id, self._ack_timeout_s, self._forget, self._outside))

    async def band(self, band_id: str) -> Band:
        """A band, with the list of its contents. Raises `Forbidden` where one is no member."""
        known = self._rooms.get(BandRoom(band_id).name)
        if isinstance(known, Band):
            return await self._enter(known)
        return await self._enter(Band(band_id, self._ack_timeout_s, self._forget, self._outside))

    async def leave(self, room: Band | Content) -> None:
        """Closes a content or band: it hears nothing more, and the others see one go. Save first."""
        if self._rooms.get(room.room.name) is not room:
            return  # It was lost or left; what is open under its name by now is another.
        self._forget(room.room.name)
        room.end()
        if self._connection is not None and self.is_online:
            with suppress(NotConnected):
                await self._connection.call_patiently("leave_room", room.room.name, self._ack_timeout_s)

    async def __aenter__(self) -> Self:
        await self._connect()
        self._spawn(self._stay_connected(), "collab-client")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._save_all()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # Said in so many words: a connection that only ends may have broken.
            await asyncio.gather(*(self.leave(room) for room in list(self._rooms.values())))
            if self._connection is not None and self.is_online:
                await self._connection.close()
            self._source.close()

    async def _save_all(self) -> None:
        contents = [room for room in self._rooms.values() if isinstance(room, Content)]
        try:
            async with asyncio.timeout(self._close_timeout_s):
                for content in contents:
                    await content.saved()
        except TimeoutError:
            count = sum(content.pending for content in contents)
            raise NotConnected(
                f"expected all edits to be stored within {self._close_timeout_s:g} s: {count} are not"
            ) from None

    async def _enter(self, room: RoomT) -> RoomT:
        if self._failure is not None:
            raise self._failure
        if room.room.name not in self._rooms:
            self._rooms[room.room.name] = room
            if self._connection is not None and self.is_online:
                # It goes on where whoever asked for it is cancelled: somebody else may ask.
                await asyncio.shield(self._spawn(self._join(room, self._connection), f"collab-{room.room.name}"))
        # Where the connection broke, the next one enters all rooms.
        await room.opened.wait()
        if room.failure is not None:
            raise room.failure
        return room

    async def _join(self, room: Band | Content, connection: Connection) -> None:
        try:
            await room.join(connection)
        except ServerFault:
            # Whatever it was, it is tried anew on another connection.
            await connection.abort()
        except ClientFault as error:
            room.fail(error)
        except Exception as error:  # noqa: BLE001  # an edge: one room that breaks down takes no other with it
            room.break_down(error)

    async def _stay_connected(self) -> None:
        while self._connection is not None:
            await self._connection.ended.wait()
            if self._connection.has_held:
                # Only now: a fault that ends each connection at once would otherwise become a storm.
                self._backoff = self._new_backoff(self._first_retry_s)
            for room in self._rooms.values():
                room.disconnected()
            self._source.publish(Offline(None))
            try:
                await self._reconnect()
            except CollabError as error:
                self._fail(error)
                return
            except Exception as error:
                # A task's edge: nobody awaits it, and the client would stay offline without a word.
                log.exception("the SDK failed to connect again")
                self._fail(Broken(f"expected to connect again, but the SDK failed: {error!r}"))
                return

    def _fail(self, error: CollabError) -> None:
        """The client stays offline."""
        self._failure = error
        self._source.publish(Offline(error))
        for room in list(self._rooms.values()):
            room.fail(error)

    async def _reconnect(self) -> None:
        """Tries until it is connected. Raises what no further try can change."""
        if self._retry_in_s is not None:
            self._backoff = self._new_backoff(self._retry_in_s)
            self._retry_in_s = None
        backoff = self._backoff
        delay_s = backoff.delay_s()
        while True:
            # Spread out, so that not all clients of a server that went down come back at once.
            await asyncio.sleep(delay_s)
            try:
                await self._connect()
                return
            except (ServerFault, RateLimited) as error:
                delay_s = backoff.delay_s(error)
            except TokenFault as error:
                if isinstance(self._token, str):
                    raise
                self._source.publish(TokenRefused(error))
                delay_s = backoff.delay_s(error)

    async def _connect(self) -> None:
        connection = Connection(self._hear, self._outside)
        await connection.open(
            self._url, await get_token(self._token), self._transports, self._ack_timeout_s, self._path
        )
        self._connection = connection
        self._source.publish(Online(connection.session))
        if not isinstance(self._token, str):
            self._spawn(self._renew(connection), "collab-renewal")
        for room in list(self._rooms.values()):
            await self._join(room, connection)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task that ends with the client."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _renew(self, connection: Connection) -> None:
        """Shows a fresh token in time. Where that fails for too long the session expires, and the next connection
        tries again."""
        backoff = self._new_backoff(self._first_retry_s)
        delay_s = self._renewal_in_s(connection)
        while not await connection.ends_within(delay_s):
            try:
                token = {"token": await get_token(self._token)}
                answer = await connection.call_patiently("authenticate", token, self._ack_timeout_s)
            except ServerFault as error:
                delay_s = backoff.delay_s(error)
            except TokenFault as error:
                self._source.publish(TokenRefused(error))
                delay_s = backoff.delay_s(error)
            except ClientFault:
                return  # It is somebody else's.
            else:
                backoff.reset()
                expires_at = datetime.fromisoformat(answer["expires_at"])
                connection.session = replace(connection.session, expires_at=expires_at)
                delay_s = self._renewal_in_s(connection)

    def _new_backoff(self, first_s: float) -> Backoff:
        return Backoff(first_s, self._max_retry_s, chance=self._outside.chance)

    def _renewal_in_s(self, connection: Connection) -> float:
        left_s = (connection.session.expires_at - self._outside.now()).total_seconds()
        return max(1.0, left_s / 2, left_s - self._renew_before_s)

    def _hear(self, event: str, payload: Any) -> None:
        if is_of_host(event, payload):
            self._source.publish(HostTold(event, payload))
            return
        if not isinstance(payload, dict):
            return
        if event == "server_restarting":
            self._retry_in_s = float(payload["retry_in"])
        elif event == "content_updated" and payload.get("type") == "membership":
            self._take_membership(payload["data"]["band_id"], role_of(payload["data"]["role"]))
        else:
            band_id = payload.get("band_id")
            name = BandRoom(band_id).name if band_id else payload.get("room_id") or payload.get("room")
            if (room := self._rooms.get(str(name))) is not None:
                self._tell(room, event, payload)

    def _tell(self, room: Band | Content, event: str, payload: Any) -> None:
        try:
            room.hear(event, payload)
        except Exception as error:  # noqa: BLE001  # an edge: nobody awaits what python-socketio calls
            room.break_down(error)

    def _take_membership(self, band_id: str, role: Role | None) -> None:
        for room in [room for room in self._rooms.values() if room.band_id == band_id]:
            if role is None:
                room.fail(Forbidden(f"expected a member of band {band_id}, which one is no more"))
            room.role = role
        self._source.publish(MembershipChanged(band_id, role))

    def _forget(self, name: str) -> None:
        """A room is left or lost: opened again it is a new one."""
        self._rooms.pop(name, None)
