"""Tokens that somebody made up: each is refused as one, none is a fault of the server, and none is in the log."""

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

from collab.domain.errors import TokenExpired, TokenInvalid, Unavailable
from collab.keys import KEYS_COOLDOWN_S, KEYS_FRESH_S, KEYS_KEPT_S
from collab.tokens import Tokens
from tests.support.jwks import Jwks, jwks, published
from tests.support.serving import SECRET, settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

RSA_KEY = rsa.generate_private_key(65537, 2048)
NEXT_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
WITH_SECRET = Tokens(settings_for("sqlite+aiosqlite://", jwt_issuer="soleil", jwt_audience="collab"))

NOW = int(datetime.now(UTC).timestamp())
CLAIMS = {"sub": "ada", "iss": "soleil", "aud": "collab", "exp": NOW + 3_600}


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _forged(claims: Any, *, key: bytes = SECRET.encode(), raw: bytes | None = None, **header: Any) -> str:
    """A token that says whatever it is made to say, with a right HS256 signature."""
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT", **header}).encode())
    body = _part(json.dumps(claims).encode() if raw is None else raw)
    signature = hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_part(signature)}"


def _with(**claims: Any) -> dict[str, Any]:
    return {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}


async def test_a_right_token_is_good() -> None:
    assert (await WITH_SECRET.verify(_forged(CLAIMS))).user.id == "ada"
    # A number in a string is one to PyJWT.
    assert (await WITH_SECRET.verify(_forged(_with(exp=str(NOW + 3_600))))).expires_at.timestamp() == NOW + 3_600


REFUSED = {
    "nothing in it": "..",
    "no token": "token",
    "NUL": "\x00",
    "a lone surrogate": "\ud800",
    "too long": "x" * 20_000,
    "too long, and right": _forged(_with(more="x" * 20_000)),
    "alg none": jwt.encode(CLAIMS, "", "none"),
    "alg none, signed": _forged(CLAIMS, alg="none"),
    "alg NONE": _forged(CLAIMS, alg="NONE"),
    "alg null": _forged(CLAIMS, alg=None),
    "alg a list": _forged(CLAIMS, alg=["HS256"]),
    "another algorithm": jwt.encode(CLAIMS, SECRET, "HS512"),
    "a header that tells its own key": _forged(CLAIMS, key=b"mine", jwk={"kty": "oct", "k": _part(b"mine")}),
    "a header that tells where its key is": _forged(CLAIMS, key=b"mine", jku="http://127.0.0.1:9/keys"),
    "a critical extension": _forged(CLAIMS, crit=["b64"], b64=False),
    "another secret": _forged(CLAIMS, key=b"x" * 40),
    "no exp": _forged(_with(exp=None)),
    "exp in words": _forged(_with(exp="tomorrow")),
    "exp a list": _forged(_with(exp=[NOW + 60])),
    "exp beyond all calendars": _forged(_with(exp=10**30)),
    "exp beyond the system's calendar": _forged(_with(exp=10**18)),
    "exp at the end of all calendars": _forged(_with(exp=int(datetime.max.replace(tzinfo=UTC).timestamp()))),
    "exp infinite": _forged(_with(exp=float("inf"))),
    "exp no number": _forged(_with(exp=float("nan"))),
    "issued tomorrow": _forged(_with(iat=NOW + 86_400)),
    "issued at no time": _forged(_with(iat="x")),
    "issued infinitely late": _forged(_with(iat=float("inf"))),
    "good from tomorrow": _forged(_with(nbf=NOW + 86_400)),
    "good from infinitely late": _forged(_with(nbf=float("inf"))),
    "no issuer": _forged(_with(iss=None)),
    "another issuer": _forged(_with(iss="evil")),
    "several issuers": _forged(_with(iss=["soleil", "evil"])),
    "no audience": _forged(_with(aud=None)),
    "another audience": _forged(_with(aud="other")),
    "an audience that is part of it": _forged(_with(aud="coll")),
    "an audience that is no text": _forged(_with(aud={"collab": 1})),
    "no sub": _forged(_with(sub=None)),
    "an empty sub": _forged(_with(sub="")),
    "a sub that is no whole number": _forged(_with(sub=7.5)),
    "a sub that is a yes": _forged(_with(sub=True)),
    "a sub that is too long a number": _forged(_with(sub=10**100)),
    "a sub that is a list": _forged(_with(sub=["ada"])),
    "a sub with a line break": _forged(_with(sub="ada\nbob")),
    "a sub that turns the writing": _forged(_with(sub="ada\u202e")),
    "claims that are a list": _forged([1]),
    "claims that are nested": _forged({}, raw=b'{"sub":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    "claims that are no JSON": _forged({}, raw=b"\xff\xfe"),
    "claims with a huge number": _forged({}, raw=b'{"exp":' + b"9" * 5_000 + b"}"),
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED.keys())
async def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        await WITH_SECRET.verify(token)


async def test_an_expired_token_is_told_from_a_made_up_one() -> None:
    with pytest.raises(TokenExpired):
        await WITH_SECRET.verify(_forged(_with(exp=NOW - 60)))
    with pytest.raises(TokenInvalid):
        await WITH_SECRET.verify(_forged(_with(exp=NOW - 60), key=b"another secret, and long enough"))


async def test_nobody_becomes_an_operator_by_a_word() -> None:
    for word in ("true", 1, [True], {"admin": True}):
        assert not (await WITH_SECRET.verify(_forged(_with(admin=word)))).user.is_operator
    assert (await WITH_SECRET.verify(_forged(_with(admin=True)))).user.is_operator


class Seconds:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def keys() -> Iterator[Jwks]:
    oct_key = {"kty": "oct", "k": _part(SECRET.encode()), "kid": "secret", "use": "sig"}
    with jwks(published(RSA_KEY, "first"), published(EC_KEY, "curve"), oct_key) as keys:
        yield keys


@pytest.fixture
def tokens(keys: Jwks, seconds: Seconds) -> Tokens:
    return Tokens(settings_for("sqlite+aiosqlite://", jwt_secret=None, jwks_url=keys.url), seconds)


def _signed(kid: Any = "first", key: Any = RSA_KEY) -> str:
    return jwt.encode({"sub": "ada", "exp": datetime.now(UTC) + timedelta(hours=1)}, key, "RS256", headers={"kid": kid})


async def _is_good(tokens: Tokens, token: str) -> bool:
    try:
        await tokens.verify(token)
    except TokenInvalid:
        return False
    return True


PEM = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("kid", ["../../etc/passwd", "/dev/null", "' OR 1=1 --", "", "x" * 4_000, "secret", "curve"])
async def test_a_kid_is_looked_up_and_nothing_else(tokens: Tokens, kid: str) -> None:
    assert not await _is_good(tokens, _signed(kid))
    assert await _is_good(tokens, _signed())


@pytest.mark.parametrize("kid", [None, 7, True, ["first"], {"kid": "first"}])
async def test_a_kid_is_a_text(tokens: Tokens, kid: Any) -> None:
    assert not await _is_good(tokens, _forged(CLAIMS, kid=kid))


async def test_no_public_key_is_a_secret(tokens: Tokens, keys: Jwks) -> None:
    secrets = [PEM, PEM.strip(), SECRET.encode(), json.dumps(keys.keys[0]).encode(), keys.keys[0]["n"].encode(), b""]
    for kid in ("first", "secret"):
        for secret in secrets:
            assert not await _is_good(tokens, _forged(CLAIMS, key=secret, kid=kid))
            assert not await _is_good(tokens, _forged(CLAIMS, key=secret, kid=kid, alg="RS256"))


async def test_a_new_key_is_found_and_a_withdrawn_one_is_refused(tokens: Tokens, keys: Jwks, seconds: Seconds) -> None:
    assert await _is_good(tokens, _signed())
    keys.keys = [published(NEXT_RSA_KEY, "next")]
    seconds.now_s += KEYS_COOLDOWN_S
    assert await _is_good(tokens, _signed("next", NEXT_RSA_KEY))
    assert not await _is_good(tokens, _signed())


async def test_a_withdrawn_key_is_refused_after_a_while_though_nobody_shows_a_new_one(
    tokens: Tokens, keys: Jwks, seconds: Seconds
) -> None:
    assert await _is_good(tokens, _signed())
    keys.keys = [published(NEXT_RSA_KEY, "next")]
    seconds.now_s += KEYS_FRESH_S + 1
    assert not await _is_good(tokens, _signed())


async def test_tokens_of_unknown_keys_do_not_make_it_ask_and_ask(tokens: Tokens, keys: Jwks) -> None:
    for number in range(50):
        assert not await _is_good(tokens, _signed(f"kid-{number}"))
    assert keys.asked == 1


async def test_known_keys_are_good_through_an_outage_for_an_hour(tokens: Tokens, keys: Jwks, seconds: Seconds) -> None:
    assert await _is_good(tokens, _signed())
    keys.is_down = True
    seconds.now_s += KEYS_FRESH_S + 1
    for _ in range(20):
        assert await _is_good(tokens, _signed())
    assert keys.asked == 2
    seconds.now_s += KEYS_KEPT_S
    with pytest.raises(Unavailable):
        await tokens.verify(_signed())
    keys.is_down = False
    seconds.now_s += KEYS_COOLDOWN_S
    assert await _is_good(tokens, _signed())


async def test_known_keys_wait_for_no_url_that_has_failed(
    tokens: Tokens, keys: Jwks, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.keys.FETCH_TIMEOUT_S", 60.0)
    assert await _is_good(tokens, _signed())
    keys.is_down = True
    seconds.now_s += KEYS_FRESH_S + 1
    assert await _is_good(tokens, _signed())
    keys.is_down = False
    keys.keys = [published(NEXT_RSA_KEY, "next")]
    keys.may_answer.clear()
    seconds.now_s += KEYS_COOLDOWN_S
    async with asyncio.timeout(20):
        assert await _is_good(tokens, _signed())
    await until(lambda: keys.asked == 3)
    new = asyncio.create_task(tokens.verify(_signed("next", NEXT_RSA_KEY)))
    keys.may_answer.set()
    await new
    assert not await _is_good(tokens, _signed())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "odd"}]}', b"\xff"])
async def test_keys_that_make_no_sense_are_as_good_as_none(tokens: Tokens, keys: Jwks, body: bytes) -> None:
    keys.body = body
    with pytest.raises(Unavailable):
        await tokens.verify(_signed())
