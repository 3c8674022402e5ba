"""Tokens: JSON Web Tokens (RFC 7519), checked and signed here and nowhere else."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import structlog

from collab import outgoing
from collab.domain.bands import User
from collab.domain.errors import TokenExpired, TokenInvalid, TokenMissing, Unavailable, shown
from collab.domain.strings import cleaned_line, id_problem
from collab.services.ports import Identity
from collab.settings import Settings

log = structlog.get_logger(__name__)

_MAX_TOKEN_LENGTH = 16_384

_MALFORMED = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError, OSError)
"""What PyJWT raises over tokens that somebody made up, of which only the first is documented; the last is what the
system says of a year that does not fit into its own calendar."""

KEYS_FRESH_S = 300.0
"""After this long the published keys are fetched again: a key that was withdrawn is good for no longer."""

KEYS_KEPT_S = 3_600.0
"""For so long they are good where they can't be fetched."""

KEYS_COOLDOWN_S = 10.0
"""The least time between two tries to fetch them, whatever tokens come."""

FETCH_TIMEOUT_S = 5.0
"""How long the URL may take to answer, to the last byte."""

MAX_KEYS_BYTES = 1_000_000


class _Keys:
    """The keys that a JWKS URL (RFC 7517) publishes for one algorithm, by `kid`. `now_s` is a clock that only runs on.

    PyJWT's own client keeps a withdrawn key for ever, or asks anew with every token while the URL does not answer; and
    it waits for ever for an answer that comes a byte at a time.
    """

    def __init__(self, url: str, algorithm: str, now_s: Callable[[], float]) -> None:
        self._url = url
        self._algorithm = algorithm
        self._now_s = now_s
        self._keys: dict[str, Any] = {}
        self._fetched_at_s = self._tried_at_s = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, kid: object) -> Any:
        """The key; `TokenInvalid` where there is none, `Unavailable` where that is not known."""
        if not isinstance(kid, str):
            raise TokenInvalid("expected a 'kid' in the token's header: get a token of a key that is published")
        if kid not in self._keys or self._age_s() > KEYS_FRESH_S:
            await self._renew(kid)
        if self._age_s() > KEYS_KEPT_S:
            raise Unavailable("the keys that tokens are checked with can't be fetched; try again in a moment")
        if kid not in self._keys:
            raise TokenInvalid("the token is not signed with a key that is published: get a new one")
        return self._keys[kid]

    async def published(self) -> list[jwt.PyJWK]:
        """The keys to check with that the URL names just now, whatever is known. `Unavailable` where there are none."""
        async with outgoing.client() as client:
            request = client.build_request("GET", self._url)
            try:
                async with outgoing.answered(client, request, FETCH_TIMEOUT_S) as answer:
                    if not answer.is_success:
                        raise Unavailable(f"expected keys at {self._url}, got {answer.status_code}")
                    listed = jwt.PyJWKSet.from_json((await outgoing.body(answer, MAX_KEYS_BYTES)).decode())
            except (outgoing.Unanswered, httpx.InvalidURL, *_MALFORMED, AttributeError) as error:
                raise Unavailable(f"expected keys at {self._url}: {error}") from error
        return [key for key in listed.keys if key.key_id and key.public_key_use in ("sig", None)]

    async def _renew(self, kid: str) -> None:
        """Fetches the keys where that may be tried. Who shows a known one does not wait for a URL that failed the last
        time: it may take its whole time to fail again."""
        if self._fetching is None or self._fetching.done():
            if self._now_s() - self._tried_at_s < KEYS_COOLDOWN_S:
                return
            self._fetching = asyncio.create_task(self._fetch(), name="keys")
        is_kept = kid in self._keys and self._age_s() <= KEYS_KEPT_S
        if not (is_kept and self._tried_at_s > self._fetched_at_s):
            # Others wait for it too.
            await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            published = await self.published()
        except Unavailable as error:
            self._tried_at_s = self._now_s()
            log.warning("the keys that tokens are checked with can't be fetched", error=error.message)
        else:
            self._keys = {str(key.key_id): key.key for key in published if key.algorithm_name == self._algorithm}
            self._fetched_at_s = self._tried_at_s = self._now_s()

    def _age_s(self) -> float:
        return self._now_s() - self._fetched_at_s


class Tokens:
    """Implements `services.ports.Tokens`: with one secret, or with the keys that a JWKS URL publishes."""

    def __init__(self, settings: Settings, now_s: Callable[[], float] = time.monotonic) -> None:
        if settings.jwt_secret is None and settings.jwks_url is None:
            raise ValueError("set COLLAB_JWT_SECRET (32 bytes or more) or COLLAB_JWKS_URL: tokens are checked with it")
        self._algorithm = settings.algorithm
        if (self._algorithm == "HS256") != (settings.jwks_url is None):
            raise ValueError(
                f"COLLAB_JWT_ALGORITHM={self._algorithm} does not fit: HS256 goes with COLLAB_JWT_SECRET, "
                "RS256 and ES256 go with COLLAB_JWKS_URL"
            )
        self._secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else None
        self._keys = _Keys(settings.jwks_url, self._algorithm, now_s) if settings.jwks_url else None
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._leeway = timedelta(seconds=settings.jwt_leeway_s)

    async def verify(self, token: str | None) -> Identity:
        """Who a token speaks for, and until when. `TokenMissing`, `TokenInvalid`, `TokenExpired`, `Unavailable`."""
        if not token:
            raise TokenMissing("expected a token: connect with auth {token}, or send it as a bearer token")
        if len(token) > _MAX_TOKEN_LENGTH:
            raise TokenInvalid(f"expected a token of at most {_MAX_TOKEN_LENGTH} characters")
        try:
            claims = self._decode(token, await self._key(token))
            # Also where it is a number in a string, or beyond all calendars.
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
            good_until = expires_at + self._leeway
        except jwt.ExpiredSignatureError:
            raise TokenExpired("the token has expired: get a new one and connect again") from None
        except _MALFORMED as error:
            raise TokenInvalid(f"the token is not valid ({error}): get a new one") from None
        return Identity(_user(claims), expires_at, good_until)

    def fetch_keys(self) -> int | None:
        """How many keys the JWKS URL publishes, None where there is no such URL; `Unavailable` where it fails."""
        return None if self._keys is None else len(asyncio.run(self._keys.published()))

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
        return await self._keys.get(jwt.get_unverified_header(token).get("kid"))

    def _decode(self, token: str, key: Any) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[self._algorithm],
            issuer=self._issuer,
            audience=self._audience,
            # Of `exp`, `nbf` and `iat`: a clock that is a little ahead makes tokens of the future.
            leeway=self._leeway,
            # A token without `exp` would be good for ever.
            options={"require": ["exp", "sub"], "verify_aud": self._audience is not None},
        )


def _user(claims: dict[str, Any]) -> User:
    user_id = claims["sub"]
    name = claims.get("name") or user_id
    if found := id_problem(user_id):
        raise TokenInvalid(f"sub: {found}")
    if not isinstance(name, str):
        raise TokenInvalid(f"name: expected a string, got {shown(name)}")
    # The issuer's directory may hold any name, and whose it is can't change it here: they are not to be kept out.
    return User(user_id, cleaned_line(name) or user_id, is_operator=claims.get("admin") is True)
