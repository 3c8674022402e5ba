"""Clocks that differ a little: how far a token's times may be off, and when the session of such a token ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from collab.domain.bands import User
from collab.domain.errors import TokenExpired, TokenInvalid
from collab.realtime.connection import ConnectedSession
from collab.realtime.sessions import Sessions
from collab.services.ports import Identity
from collab.services.session import Session
from collab.tokens import Tokens
from tests.support.clock import ManualClock
from tests.support.connections import unconnected
from tests.support.serving import SECRET, settings_for


def _tokens(leeway_s: float | None = None) -> Tokens:
    given = {} if leeway_s is None else {"jwt_leeway_s": leeway_s}
    return Tokens(settings_for("sqlite+aiosqlite://", **given))


def _token(**in_s: int) -> str:
    """A token whose times are so many seconds from now."""
    now = int(datetime.now(UTC).timestamp())
    claims: dict[str, Any] = {"sub": "ada", "exp": now + 3_600} | {name: now + s for name, s in in_s.items()}
    return jwt.encode(claims, SECRET, "HS256")


@pytest.mark.asyncio
@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_a_token_from_a_clock_that_is_ahead_is_good_within_the_leeway(claim: str) -> None:
    assert (await _tokens().verify(_token(**{claim: 3}))).user.id == "ada"
    assert (await _tokens(600).verify(_token(**{claim: 500}))).user.id == "ada"
    with pytest.raises(TokenInvalid):
        await _tokens(600).verify(_token(**{claim: 900}))
    with pytest.raises(TokenInvalid):
        await _tokens(0).verify(_token(**{claim: 900}))


@pytest.mark.asyncio
async def test_a_token_is_good_for_the_leeway_after_its_expiry() -> None:
    identity = await _tokens(600).verify(_token(exp=-300))
    assert identity.good_until - identity.expires_at == timedelta(seconds=600)
    with pytest.raises(TokenExpired):
        await _tokens(600).verify(_token(exp=-900))
    with pytest.raises(TokenExpired):
        await _tokens(0).verify(_token(exp=-1))


def test_a_session_ends_when_its_token_would_begin_none() -> None:
    """Earlier it would be followed by another, at once, over and over."""
    clock, expired = ManualClock(), list[Session]()
    sessions = Sessions(clock, timedelta(seconds=5))
    sessions.on_expiry = expired.append
    session = ConnectedSession("tab", unconnected())
    expires_at = clock.now() + timedelta(seconds=60)
    sessions.begin(session, Identity(User("ada", "Ada"), expires_at, expires_at + timedelta(seconds=30)))
    clock.advance(89)
    assert expired == []
    clock.advance(2)
    assert expired == [session]
