"""Tokens: JSON Web Tokens (RFC 7519), checked and signed here and nowhere else. The keys are in keys.py."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from collab.domain.bands import User
from collab.domain.errors import TokenExpired, TokenInvalid, TokenMissing, shown
from collab.domain.strings import cleaned_line, id_problem
from collab.keys import MALFORMED, Key, OneKey, PublishedKeys, public_key
from collab.services.ports import NO_HEADERS, Identity
from collab.settings import Settings

_MAX_TOKEN_LENGTH = 16_384

_SCHEME = "bearer "


class Tokens:
    """Implements `services.ports.Tokens`: with one secret, one public key, or the keys that a JWKS URL publishes."""

    def __init__(self, settings: Settings, now_s: Callable[[], float] = time.monotonic) -> None:
        algorithm = settings.jwt_algorithm
        has_public_keys = settings.jwks_url is not None or settings.jwt_public_key is not None
        if settings.jwt_secret is None and not has_public_keys:
            raise ValueError(
                "set COLLAB_JWT_SECRET (32 bytes or more), COLLAB_JWT_PUBLIC_KEY or COLLAB_JWKS_URL: tokens are "
                "checked with it"
            )
        if algorithm is not None and algorithm.startswith("HS") == has_public_keys:
            raise ValueError(
                f"COLLAB_JWT_ALGORITHM={algorithm} does not fit: HS256, HS384 and HS512 go with COLLAB_JWT_SECRET, all "
                "others with COLLAB_JWT_PUBLIC_KEY or COLLAB_JWKS_URL"
            )
        self._secret: Key | None = None
        self._keys: OneKey | PublishedKeys
        if settings.jwks_url is not None:
            self._keys = PublishedKeys(settings.jwks_url, algorithm, now_s)
        elif settings.jwt_public_key is not None:
            self._keys = OneKey(public_key(settings.jwt_public_key, algorithm))
        elif settings.jwt_secret is not None:
            self._secret = Key(algorithm or "HS256", settings.jwt_secret.get_secret_value())
            self._keys = OneKey(self._secret)
        self._user_claim = settings.jwt_user_claim
        self._name_claims = settings.jwt_name_claims
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._leeway = timedelta(seconds=settings.jwt_leeway_s)

    async def verify(self, token: str | None, _headers: Mapping[str, str] = NO_HEADERS) -> Identity:
        """Who a token speaks for, and until when. `TokenMissing`, `TokenInvalid`, `TokenExpired`, `Unavailable`."""
        if not token:
            raise TokenMissing("expected a token: connect with auth {token}, or send it as a bearer token")
        if len(token) > _MAX_TOKEN_LENGTH:
            raise TokenInvalid(f"expected a token of at most {_MAX_TOKEN_LENGTH} characters")
        try:
            claims = await self._claims(bare(token))
            # Also where it is a number in a string, or beyond all calendars.
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
            good_until = expires_at + self._leeway
        except jwt.ExpiredSignatureError:
            raise TokenExpired("the token has expired: get a new one and connect again") from None
        except MALFORMED as error:
            raise TokenInvalid(f"the token is not valid ({error}): get a new one") from None
        return Identity(self._user(claims), expires_at, good_until)

    def fetch_keys(self) -> int | None:
        """How many keys the JWKS URL publishes, None where there is no such URL; `Unavailable` where it fails."""
        return len(asyncio.run(self._keys.published())) if isinstance(self._keys, PublishedKeys) else None

    def sign(self, user: User, ttl: timedelta, now: datetime) -> str:
        """A token for a user. Only with a secret of one's own: `ValueError` with published keys."""
        if self._secret is None:
            raise ValueError("set COLLAB_JWT_SECRET: with public keys the tokens come from whoever holds the others")
        claims: dict[str, Any] = {self._user_claim: user.id, "iat": now, "exp": now + ttl}
        if self._name_claims:
            claims[self._name_claims[0]] = user.name
        if user.is_operator:
            claims["admin"] = True
        if self._issuer:
            claims["iss"] = self._issuer
        if self._audience:
            claims["aud"] = self._audience[0]
        return jwt.encode(claims, self._secret.key, algorithm=self._secret.algorithm)

    async def _claims(self, token: str) -> dict[str, Any]:
        keys = await self._keys.get(jwt.get_unverified_header(token).get("kid"))
        for key in keys[:-1]:
            try:
                return self._decode(token, key)
            except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError):
                continue  # it may be of the next
        return self._decode(token, keys[-1])

    def _decode(self, token: str, key: Key) -> dict[str, Any]:
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            issuer=self._issuer,
            audience=self._audience or None,
            # Of `exp`, `nbf` and `iat`: a clock that is a little ahead makes tokens of the future.
            leeway=self._leeway,
            # A token without `exp` would be good for ever. Who a `sub` is, if it is that, is looked at here.
            options={"require": ["exp"], "verify_sub": False, "verify_aud": bool(self._audience)},
        )

    def _user(self, claims: Mapping[str, Any]) -> User:
        user_id = _claim(claims, self._user_claim)
        if isinstance(user_id, int) and not isinstance(user_id, bool):
            user_id = str(user_id)
        if found := id_problem(user_id) if isinstance(user_id, str) else f"expected an id, got {shown(user_id)}":
            raise TokenInvalid(f"{self._user_claim}: {found}")
        return User(user_id, self._name(claims) or user_id, is_operator=claims.get("admin") is True)

    def _name(self, claims: Mapping[str, Any]) -> str:
        """What the first of the claims says that says anything; empty where none does."""
        for claim in self._name_claims:
            name = _claim(claims, claim)
            if name is not None and not isinstance(name, str):
                raise TokenInvalid(f"{claim}: expected a string, got {shown(name)}")
            # The issuer's directory may hold any name, and whose it is can't change it here: they are not kept out.
            if name and (cleaned := cleaned_line(name)):
                return cleaned
        return ""


def bare(token: str) -> str:
    """A token without the `Bearer ` that it has in a header, where somebody has sent all of that."""
    return token[len(_SCHEME) :].strip() if token[: len(_SCHEME)].lower() == _SCHEME else token


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, which may have dots in it (`https://band.example/name`), or be a path
    (`user_metadata.name`); None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found
