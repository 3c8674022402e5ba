"""Tokens checked with published keys (JWKS): the algorithm is pinned, the keys are looked up by `kid`."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from collab.domain.errors import CollabError, TokenInvalid, Unavailable
from collab.tokens import Tokens
from tests.support.jwks import Jwks, jwks, published
from tests.support.serving import SECRET, settings_for
from tests.support.trickling import HEAD, trickling

RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def keys() -> Iterator[Jwks]:
    with jwks(published(RSA_KEY, "r1"), published(EC_KEY, "e1")) as keys:
        yield keys


@pytest.fixture
def jwks_url(keys: Jwks) -> str:
    return keys.url


def _signed(key: Any, algorithm: str, kid: str | None = "r1", **claims: Any) -> str:
    full = {"sub": "ada", "exp": datetime.now(UTC) + timedelta(hours=1), **claims}
    return jwt.encode(full, key, algorithm, headers=None if kid is None else {"kid": kid})


def _tokens(jwks_url: str, algorithm: str | None = None) -> Tokens:
    return Tokens(settings_for("sqlite+aiosqlite://", jwt_secret=None, jwks_url=jwks_url, jwt_algorithm=algorithm))


@pytest.mark.asyncio
async def test_a_token_of_a_published_key_is_good(jwks_url: str) -> None:
    assert (await _tokens(jwks_url).verify(_signed(RSA_KEY, "RS256"))).user.id == "ada"
    assert (await _tokens(jwks_url, "ES256").verify(_signed(EC_KEY, "ES256", "e1"))).user.id == "ada"


@pytest.mark.asyncio
async def test_nothing_else_is(jwks_url: str) -> None:
    public_pem = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forged = {
        "another key under its kid": _signed(OTHER_RSA_KEY, "RS256"),
        "an unknown kid": _signed(RSA_KEY, "RS256", "r2"),
        "no kid": _signed(RSA_KEY, "RS256", None),
        "another algorithm of the same family": _signed(RSA_KEY, "RS512"),
        "an algorithm that is not the pinned one": _signed(EC_KEY, "ES256", "e1"),
        "the public key as a secret": _hs256_with(public_pem),
        "unsigned": _signed("", "none"),
        "a secret": _signed(SECRET, "HS256"),
    }
    tokens = _tokens(jwks_url, "RS256")
    assert [how for how, token in forged.items() if not await _is_refused(tokens, token)] == []


@pytest.mark.asyncio
async def test_keys_that_can_not_be_fetched_make_it_unavailable() -> None:
    with pytest.raises(Unavailable):
        await _tokens("http://127.0.0.1:9/keys").verify(_signed(RSA_KEY, "RS256"))


@pytest.mark.asyncio
@pytest.mark.parametrize("at_once", [b"", HEAD, HEAD + b"\r\n"], ids=["from the first", "in the head", "in the body"])
async def test_keys_that_come_a_byte_at_a_time_are_waited_for_no_longer_than_any(
    monkeypatch: pytest.MonkeyPatch, at_once: bytes
) -> None:
    monkeypatch.setattr("collab.keys.FETCH_TIMEOUT_S", 0.2)
    async with trickling(at_once) as url:
        with pytest.raises(Unavailable):
            await _tokens(url).verify(_signed(RSA_KEY, "RS256"))


@pytest.mark.asyncio
async def test_keys_are_taken_from_nowhere_else_and_only_so_many(keys: Jwks, monkeypatch: pytest.MonkeyPatch) -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {keys.url}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(redirect, "127.0.0.1", 0) as server:
        with pytest.raises(Unavailable):
            await _tokens(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/").verify(_signed(RSA_KEY, "RS256"))
    assert keys.asked == 0
    monkeypatch.setattr("collab.keys.MAX_KEYS_BYTES", 100)
    with pytest.raises(Unavailable):
        await _tokens(keys.url).verify(_signed(RSA_KEY, "RS256"))


@pytest.mark.asyncio
@pytest.mark.parametrize("name", [7, ["Ada"]])
async def test_a_name_that_is_no_string_is_refused(name: Any) -> None:
    with pytest.raises(CollabError):
        await Tokens(settings_for("sqlite+aiosqlite://")).verify(_signed(SECRET, "HS256", name=name))


async def _is_refused(tokens: Tokens, token: str) -> bool:
    try:
        await tokens.verify(token)
    except TokenInvalid:
        return True
    return False


def _hs256_with(key: bytes) -> str:
    """A token whose HMAC key is a public key: the library refuses to make one, an attacker does not."""

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    header = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "r1"}).encode())
    exp = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    body = part(json.dumps({"sub": "ada", "exp": exp}).encode())
    signature = part(hmac.new(key, header + b"." + body, hashlib.sha256).digest())
    return b".".join([header, body, signature]).decode()
