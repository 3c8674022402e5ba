"""Tokens: JSON Web Tokens (RFC 7519), checked and signed here and nowhere else."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from collab.domain.bands import User
from collab.domain.errors import TokenExpired, TokenInvalid, TokenMissing, Unavailable
from collab.services.ports import Identity
from collab.settings import Settings

_MAX_ID_LENGTH = 100
_MAX_NAME_LENGTH = 200


class Tokens:
    """Implements `services.ports.Tokens`: with one secret, or with the keys that a JWKS URL publishes."""

    def __init__(self, settings: Settings) -> None:
        if settings.jwt_secret is None and settings.jwks_url is None:
            raise ValueError("set COLLAB_JWT_SECRET (32 bytes or more) or COLLAB_JWKS_URL: tokens are checked with it")
        self._algorithm = settings.algorithm
        if (self._algorithm == "HS256") != (settings.jwks_url is None):
            raise ValueError(
                f"COLLAB_JWT_ALGORITHM={self._algorithm} does not fit: HS256 goes with COLLAB_JWT_SECRET, "
                "RS256 and ES256 go with COLLAB_JWKS_URL"
            )
        self._secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else None
        self._keys = jwt.PyJWKClient(settings.jwks_url, cache_keys=True) if settings.jwks_url else None
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience

    async def verify(self, token: str | None) -> Identity:
        """Who a token speaks for, and until when. `TokenMissing`, `TokenInvalid`, `TokenExpired`, `Unavailable`."""
        if not token:
            raise TokenMissing("expected a token: connect with auth {token}, or send it as a bearer token")
        try:
            claims = self._decode(token, await self._key(token))
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable(
                "the keys that tokens are checked with can't be fetched; try again in a moment"
            ) from error
        except jwt.ExpiredSignatureError:
            raise TokenExpired("the token has expired: get a new one and connect again") from None
        except jwt.PyJWTError as error:
            raise TokenInvalid(f"the token is not valid ({error}): get a new one") from None
        return Identity(_user(claims), datetime.fromtimestamp(claims["exp"], UTC))

    def fetch_keys(self) -> int | None:
        """How many keys the JWKS URL publishes, None where there is no such URL; `Unavailable` where it fails."""
        try:
            return None if self._keys is None else len(self._keys.get_signing_keys(refresh=True))
        except jwt.PyJWTError as error:
            raise Unavailable(str(error)) from error

    def sign(self, user: User, ttl: timedelta, now: datetime) -> str:
        """A token for a user. Only with a secret of one's own: `ValueError` with a JWKS URL."""
        if self._secret is None:
            raise ValueError("set COLLAB_JWT_SECRET: with a JWKS URL the tokens come from whoever holds the keys")
        claims: dict[str, Any] = {"sub": user.id, "name": user.name, "iat": now, "exp": now + ttl}
        if user.is_operator:
            claims["admin"] = True
        if self._issuer:
            claims["iss"] = self._issuer
        if self._audience:
            claims["aud"] = self._audience
        return jwt.encode(claims, self._secret, algorithm=self._algorithm)

    async def _key(self, token: str) -> Any:
        if self._keys is None:
            return self._secret
        # It may fetch, and it blocks while it does.
        return (await asyncio.to_thread(self._keys.get_signing_key_from_jwt, token)).key

    def _decode(self, token: str, key: Any) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[self._algorithm],
            issuer=self._issuer,
            audience=self._audience,
            # A token without `exp` would be good for ever.
            options={"require": ["exp", "sub"], "verify_aud": self._audience is not None},
        )


def _user(claims: dict[str, Any]) -> User:
    user_id = claims["sub"]
    name = claims.get("name") or user_id
    if not user_id or len(user_id) > _MAX_ID_LENGTH or not user_id.isprintable() or " " in user_id:
        raise TokenInvalid(f"expected a 'sub' of 1 to {_MAX_ID_LENGTH} printable characters without spaces")
    if not isinstance(name, str) or len(name) > _MAX_NAME_LENGTH or not name.isprintable():
        raise TokenInvalid(f"expected a 'name' of at most {_MAX_NAME_LENGTH} printable characters")
    return User(user_id, name, is_operator=claims.get("admin") is True)
