"""Keys that tokens are checked with: one secret, one public key, or those that a JWKS URL publishes (RFC 7517).

Each key has one algorithm: the one that the settings pin, or else the key's own. A token never says which.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import jwt
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from collab import outgoing
from collab.domain.errors import TokenInvalid, Unavailable

log = structlog.get_logger(__name__)

MALFORMED = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError, OSError)
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

MAX_NAMELESS_KEYS = 10
"""Keys without a `kid` are tried one after the other: so many of them, at most."""

_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and the one algorithm that it is for."""

    algorithm: str
    key: Any


class Keys(Protocol):
    async def get(self, kid: object) -> Sequence[Key]:
        """Those that a token may be signed with whose header names `kid`; `TokenInvalid` where there are none,
        `Unavailable` where that is not known."""
        ...


class OneKey:
    """Implements `Keys`."""

    def __init__(self, key: Key) -> None:
        self.key = key

    async def get(self, kid: object) -> Sequence[Key]:
        return (self.key,)


def public_key(text: str, algorithm: str | None) -> Key:
    """A public key, or a certificate, in PEM, whose line breaks may be written `\\n`. `ValueError` where it is none, or
    not for that algorithm."""
    pem = text.replace("\\n", "\n").strip().encode()
    try:
        key: Any = (
            x509.load_pem_x509_certificate(pem).public_key()
            if b"BEGIN CERTIFICATE" in pem
            else serialization.load_pem_public_key(pem)
        )
    except ValueError as error:
        raise ValueError(f"expected a public key or a certificate in PEM in COLLAB_JWT_PUBLIC_KEY: {error}") from None
    own = _algorithm_of(key)
    if algorithm is not None and _family(algorithm) != _family(own):
        raise ValueError(f"COLLAB_JWT_ALGORITHM={algorithm} does not fit the key, which is for {own}")
    return Key(algorithm or own, key)


class PublishedKeys:
    """Implements `Keys`. `now_s` is a clock that only runs on. A key without a `kid` may have signed any token: it is
    tried with all that name none of the others.

    PyJWT's own client keeps a withdrawn key for ever, or asks anew with every token while the URL does not answer; and
    it waits for ever for an answer that comes a byte at a time.
    """

    def __init__(self, url: str, algorithm: str | None, now_s: Callable[[], float]) -> None:
        self._url = url
        self._algorithm = algorithm
        self._now_s = now_s
        self._named: dict[str, Key] = {}
        self._nameless: list[Key] = []
        self._fetched_at_s = self._tried_at_s = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, kid: object) -> Sequence[Key]:
        if kid is not None and not isinstance(kid, str):
            raise TokenInvalid("expected a text as the 'kid' of the token's header: get a token of a published key")
        if not self._known(kid) or self._age_s() > KEYS_FRESH_S:
            await self._renew(kid)
        if self._age_s() > KEYS_KEPT_S:
            raise Unavailable("the keys that tokens are checked with can't be fetched; try again in a moment")
        if not self._known(kid):
            raise TokenInvalid("the token is not signed with a key that is published: get a new one")
        return self._known(kid)

    async def published(self) -> list[jwt.PyJWK]:
        """The keys to check with that the URL names just now, whatever is known. `Unavailable` where there are none."""
        async with outgoing.client() as client:
            request = client.build_request("GET", self._url)
            try:
                async with outgoing.answered(client, request, FETCH_TIMEOUT_S) as answer:
                    if not answer.is_success:
                        raise Unavailable(f"expected keys at {self._url}, got {answer.status_code}")
                    listed = jwt.PyJWKSet.from_json((await outgoing.body(answer, MAX_KEYS_BYTES)).decode())
            except (outgoing.Unanswered, httpx.InvalidURL, *MALFORMED, AttributeError) as error:
                raise Unavailable(f"expected keys at {self._url}: {error}") from error
        return [key for key in listed.keys if key.public_key_use in ("sig", None) and self._fits(key)]

    def _known(self, kid: str | None) -> Sequence[Key]:
        named = None if kid is None else self._named.get(kid)
        return self._nameless if named is None else (named,)

    def _fits(self, key: jwt.PyJWK) -> bool:
        """Whether the settings allow it. One that is symmetric was published by mistake: everybody knows it."""
        if key.algorithm_name.startswith("HS"):
            return False
        if self._algorithm is None or key.algorithm_name == self._algorithm:
            return True
        says_its_own = "alg" in key._jwk_data  # noqa: SLF001  # no public way tells what a key says from a default
        return not says_its_own and _family(key.algorithm_name) == _family(self._algorithm)

    async def _renew(self, kid: str | None) -> None:
        """Fetches the keys where that may be tried. Who shows a known one does not wait for a URL that failed the last
        time: it may take its whole time to fail again."""
        if self._fetching is None or self._fetching.done():
            if self._now_s() - self._tried_at_s < KEYS_COOLDOWN_S:
                return
            self._fetching = asyncio.create_task(self._fetch(), name="keys")
        is_kept = bool(self._known(kid)) and self._age_s() <= KEYS_KEPT_S
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
            found = [(key.key_id, Key(self._algorithm or key.algorithm_name, key.key)) for key in published]
            self._named = {str(kid): key for kid, key in found if kid}
            self._nameless = [key for kid, key in found if not kid][:MAX_NAMELESS_KEYS]
            self._fetched_at_s = self._tried_at_s = self._now_s()

    def _age_s(self) -> float:
        return self._now_s() - self._fetched_at_s


def _algorithm_of(key: Any) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "RS256"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise ValueError("expected an RSA, P-256, P-384, P-521 or Ed25519 key in COLLAB_JWT_PUBLIC_KEY")


def _family(algorithm: str) -> str:
    """Algorithms that a key may be for alike: an RSA key says not which, one of a curve does."""
    return "RSA" if algorithm[:2] in ("RS", "PS") else algorithm
