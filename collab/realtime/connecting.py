"""Connecting: the handshake, a late or renewed token, and the end of a session.

    CONNECT with a good token ──────────────────────────▶ known ──▶ over
    CONNECT without one ──▶ anonymous ──"authenticate"──▶ known
                                └── its time is up ───────────────▶ over

A known session goes over when its client disconnects, its connection closes, or its token runs out; another good token
of the same user puts that off. All of these moves are made here, in the event loop.

One of them waits: a token is checked, which may ask the database (`_begin`). Meanwhile the client may go, and the
session it already had may be over, so that is looked at again afterwards. From there on nothing waits until the session
stands on its connection.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import socketio
import structlog

from collab.domain.access import UserRoom
from collab.domain.errors import CollabError, TokenMissing, Unauthenticated, Unavailable
from collab.domain.times import rfc3339
from collab.protocol import requests
from collab.protocol.events import Json, session_json
from collab.realtime.answers import Answers
from collab.realtime.broadcast import Broadcaster
from collab.realtime.connection import ConnectedSession, Connection
from collab.realtime.eviction import Eviction
from collab.realtime.packets import NAMESPACE
from collab.realtime.rooms import Rooms
from collab.realtime.server import Server
from collab.realtime.sessions import Sessions
from collab.services.bands.membership import MembershipService
from collab.services.ports import NO_HEADERS, Identity, Tokens
from collab.services.presence.service import PresenceService
from collab.services.rates import Rates

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 8.0
"""How long a handshake may wait for a token's keys and the database; stock clients wait for 20 s, and ours for 10."""

_DELIBERATE = ("client disconnect", "server disconnect")
"""The reasons of a disconnect that somebody meant; any other may be followed by a reconnect."""


class Connecting:
    def __init__(
        self,
        server: Server,
        answers: Answers,
        sessions: Sessions,
        rooms: Rooms,
        eviction: Eviction,
        tokens: Tokens,
        membership: MembershipService,
        presence: PresenceService,
        broadcaster: Broadcaster,
        rates: Rates,
        *,
        may_be_late: bool,
    ) -> None:
        self._server = server
        self._answers = answers
        self._sessions = sessions
        self._rooms = rooms
        self._eviction = eviction
        self._tokens = tokens
        self._membership = membership
        self._presence = presence
        self._broadcaster = broadcaster
        self._rates = rates
        self._may_be_late = may_be_late

    def register(self) -> None:
        self._sessions.on_timeout = self._end_late
        self._sessions.on_expiry = self._end_expired
        self._server.connections.listen(self._gone)
        self._server.on_goodbye = partial(self._over, reason=self._server.reason.CLIENT_DISCONNECT)
        self._server.on("connect", self.connect)
        self._server.on("disconnect", self.disconnect)
        self._server.on_event("authenticate", self.authenticate)

    async def connect(self, sid: str, _environ: Json, auth: Any) -> None:
        """Accepts a client that shows a good token, or none yet; refuses any other with a code. Where it shows none,
        the host may know it by its cookies."""
        connection = self._connection(sid)
        if connection is None or not connection.is_open:
            raise _refusal(_gone())
        session = ConnectedSession(sid, connection)
        try:
            self._rates.begin(session)
            headers = connection.headers
            token = auth.get("token") if isinstance(auth, dict) else None
            token = _bearer(headers) if token is None else token
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self._begin(session, token, headers)
            except TokenMissing:
                if token is not None:
                    raise
                self._await_token(session)
        except CollabError as error:
            raise _refusal(error) from None
        except TimeoutError:
            raise _refusal(Unavailable("the database does not answer; try again")) from None
        except Exception:
            # An error that escaped would leave the client without any answer.
            log.exception("a connection could not be answered", session_id=sid)
            raise _refusal(Unavailable("the server could not accept the connection; try again")) from None
        # Nothing has waited since `_begin` saw that the connection is open. It may still close before python-socketio
        # has answered, which then tells nobody of a disconnect: so the connection itself tells `_over`.
        connection.session = session
        self._eviction.taken(connection)

    async def authenticate(self, session: ConnectedSession, arguments: Sequence[Any]) -> Json:
        """A late token, or a new one before the old one expires."""

        async def answer() -> Json:
            self._rates.take(session, "authenticate")
            request = requests.parse(requests.AUTHENTICATE, arguments)
            identity = await self._begin(session, request.token)
            return {"user": identity.user.to_json(), "expires_at": rfc3339(identity.expires_at)}

        return await self._answers.give("authenticate", session.id, answer())

    async def disconnect(self, sid: str, reason: str) -> None:
        """The client, or the server, ends the session; its connection may stay."""
        if (connection := self._connection(sid)) is not None:
            self._over(connection, reason)

    def _gone(self, connection: Connection) -> None:
        self._over(connection, str(connection.reason))

    def _over(self, connection: Connection, reason: str) -> None:
        """Ends the session on a connection, where there is one."""
        if connection.session is None:
            return
        session, connection.session = connection.session, None
        self._sessions.end(session)
        self._presence.disconnect(session, reason.replace(" ", "_"), is_deliberate=reason in _DELIBERATE)
        self._rooms.leave_all(session)
        self._eviction.freed(connection)

    def _end_late(self, session: ConnectedSession) -> None:
        """The time to authenticate is up."""
        self._server.start_background_task(self._server.disconnect, session.id)

    def _end_expired(self, session: ConnectedSession) -> None:
        """A token ran out and was not renewed."""
        self._broadcaster.tell(session.id, "token_expired", {})
        self._server.start_background_task(self._server.disconnect, session.id)

    def _await_token(self, session: ConnectedSession) -> None:
        if not self._may_be_late:
            raise TokenMissing("expected a token in the handshake: connect with auth {token}")
        self._sessions.await_token(session)

    async def _begin(self, session: ConnectedSession, token: Any, headers: Mapping[str, str] = NO_HEADERS) -> Identity:
        connection = session.connection
        with self._eviction.looking_at_token(connection):
            shown = await self._tokens.verify(token if isinstance(token, str) else None, headers)
            identity = replace(shown, user=await self._membership.welcome(shown.user))
        if session.is_over or not connection.is_open:
            # The client went while its token was checked: nobody would ever end a session that began now.
            raise _gone()
        self._sessions.begin(session, identity)
        self._rates.identify(session)
        self._rooms.enter(session, UserRoom(session.user.id))
        limit = self._server.eio.max_http_buffer_size
        welcome = session_json(session.id, session.user, identity.expires_at, limit)
        # In the next turn of the event loop, so that it follows the answer to the handshake: clients expect that first.
        asyncio.get_running_loop().call_soon(self._broadcaster.tell, session.id, "session", welcome)
        return identity

    def _connection(self, sid: str) -> Connection | None:
        """The connection under a session of Socket.IO."""
        return self._server.connections.find(self._server.manager.eio_sid_from_sid(sid, NAMESPACE))


def _bearer(headers: Mapping[str, str]) -> str | None:
    """The token of the header `Authorization`; any other scheme is a proxy's, not for us."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _gone() -> Unauthenticated:
    return Unauthenticated("the client has gone")


def _refusal(error: CollabError) -> socketio.exceptions.ConnectionRefusedError:
    return socketio.exceptions.ConnectionRefusedError(error.message, error.to_json(has_message=False))
