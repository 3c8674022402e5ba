"""Connecting: the handshake, a late or renewed token, and the end of a session."""

import asyncio
from collections.abc import Coroutine
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
from collab.realtime.sessions import Session, Sessions
from collab.realtime.transports import Transports
from collab.services.bands.membership import MembershipService
from collab.services.ports import Identity, Tokens
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
        server: socketio.AsyncServer,
        answers: Answers,
        sessions: Sessions,
        transports: Transports,
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
        self._transports = transports
        self._tokens = tokens
        self._membership = membership
        self._presence = presence
        self._broadcaster = broadcaster
        self._rates = rates
        self._may_be_late = may_be_late

    def register(self) -> None:
        self._transports.register()
        self._server.on("connect", self.connect)
        self._server.on("disconnect", self.disconnect)
        self._server.on("authenticate", self.authenticate)

    async def connect(self, sid: str, _environ: Json, auth: Any) -> None:
        """Accepts a socket that shows a good token, or none yet; refuses any other with a code."""
        try:
            self._rates.begin(sid)
            token = auth.get("token") if isinstance(auth, dict) else None
            if token is None:
                self._await_token(sid)
            else:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self._begin(sid, token)
            self._transports.taken(sid)
        except CollabError as error:
            raise self._refused(sid, error) from None
        except TimeoutError:
            late = Unavailable(f"the handshake took more than {ANSWER_WITHIN_S:g} s; try again")
            raise self._refused(sid, late) from None
        except Exception:
            # Escaping, it would leave the client without any answer.
            log.exception("a connection could not be answered", session_id=sid)
            unavailable = Unavailable("the server could not accept the connection; try again")
            raise self._refused(sid, unavailable) from None

    async def authenticate(self, sid: str, *arguments: Any) -> Json:
        """A late token, or a new one before the old one expires."""

        async def answer() -> Json:
            self._rates.take(sid, "authenticate")
            request = requests.parse(requests.AUTHENTICATE, arguments)
            session = await self._begin(sid, request.token)
            return {"user": session.user.to_json(), "expires_at": rfc3339(session.expires_at)}

        return await self._answers.give("authenticate", sid, answer())

    async def disconnect(self, sid: str, reason: str) -> None:
        self._sessions.end(sid)
        self._rates.end(sid)
        self._presence.disconnect(sid, reason.replace(" ", "_"), is_deliberate=reason in _DELIBERATE)
        self._transports.freed(sid)

    def end_late(self, sid: str) -> None:
        """The time to authenticate is up."""
        self._spawn(self._server.disconnect(sid))

    def end_expired(self, sid: str) -> None:
        """A token ran out and was not renewed."""

        async def end() -> None:
            await self._server.emit("token_expired", {}, to=sid)
            await self._server.disconnect(sid)

        self._spawn(end())

    def _await_token(self, sid: str) -> None:
        if not self._may_be_late:
            raise TokenMissing("expected a token in the handshake: connect with auth {token}")
        self._sessions.await_token(sid)

    async def _begin(self, sid: str, token: Any) -> Session:
        with self._transports.looked_at(sid):
            identity: Identity = await self._tokens.verify(token if isinstance(token, str) else None)
            await self._membership.welcome(identity.user)
        if not self._transports.is_open(sid):
            # It went while it was being checked, and nobody would ever end a session that began now.
            raise Unauthenticated("the client has gone")
        session = self._sessions.begin(sid, identity)
        self._rates.identify(sid, session.user.id)
        await self._server.enter_room(sid, UserRoom(session.user.id).name)
        limit = self._server.eio.max_http_buffer_size
        welcome = session_json(sid, session.user, session.expires_at, limit)
        # Soon, so that it follows the answer to the handshake: a client may hear nothing before that.
        asyncio.get_running_loop().call_soon(self._broadcaster.tell, sid, "session", welcome)
        return session

    def _refused(self, sid: str, error: CollabError) -> socketio.exceptions.ConnectionRefusedError:
        self._rates.end(sid)
        return _refusal(error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._server.start_background_task(lambda: work)


def _refusal(error: CollabError) -> socketio.exceptions.ConnectionRefusedError:
    return socketio.exceptions.ConnectionRefusedError(error.message, error.to_json(has_message=False))
