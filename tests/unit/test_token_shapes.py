"""Tokens in the shape of those whom bands log in with: who they are, by settings alone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from collab.domain.bands import User
from collab.domain.errors import TokenExpired, TokenInvalid, TokenMissing, Unavailable
from collab.identify import HostTokens, Person, Shown
from collab.keys import KEYS_FRESH_S
from collab.settings import Settings
from collab.tokens import Tokens
from tests.support.jwks import Jwks, jwks, published
from tests.support.serving import SECRET, settings_for

pytestmark = pytest.mark.asyncio

RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
AN_HOUR = datetime.now(UTC) + timedelta(hours=1)

RSA_JWK = {name: value for name, value in published(RSA_KEY, "r1").items() if name != "use"}
EC_JWK = published(EC_KEY, "e1")
ED_JWK = {**json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(ED_KEY.public_key())), "kid": "d1", "use": "sig"}


@pytest.fixture
def keys() -> Iterator[Jwks]:
    for_encryption = {**RSA_JWK, "kid": "enc", "use": "enc", "alg": "RSA-OAEP"}
    with jwks(RSA_JWK, EC_JWK, ED_JWK, for_encryption) as keys:
        yield keys


def _tokens(**settings: Any) -> Tokens:
    return Tokens(settings_for("sqlite+aiosqlite://", **{"jwt_secret": None, **settings}))


def _signed(claims: dict[str, Any], key: Any, algorithm: str, kid: str | None = None) -> str:
    headers = None if kid is None else {"kid": kid}
    # PyJWT itself makes no token with a number for a `sub`; others do.
    body = {name: value for name, value in claims.items() if name != "sub" or isinstance(value, str)}
    if body.keys() != claims.keys():
        return jwt.api_jws.encode(json.dumps({**claims, "exp": int(AN_HOUR.timestamp())}).encode(), key, algorithm)
    return jwt.encode({**claims, "exp": AN_HOUR}, key, algorithm, headers=headers)


SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[Any, str, str | None], tuple[str, str]]] = {
    "Auth0": (
        {"jwt_issuer": "https://band.eu.auth0.com/", "jwt_audience": "https://band.example/api",
         "jwt_name_claims": "https://band.example/name"},
        {"iss": "https://band.eu.auth0.com/", "sub": "auth0|507f1f77", "azp": "spa", "scope": "openid profile",
         "aud": ["https://band.example/api", "https://band.eu.auth0.com/userinfo"],
         "https://band.example/name": "Ada (trumpet)"},
        (RSA_KEY, "RS256", "r1"),
        ("auth0|507f1f77", "Ada (trumpet)"),
    ),
    "Clerk": (
        {"jwt_issuer": "https://clerk.band.example"},
        {"iss": "https://clerk.band.example", "sub": "user_2abc", "sid": "sess_1", "azp": "https://band.example"},
        (RSA_KEY, "RS256", "r1"),
        ("user_2abc", "user_2abc"),
    ),
    "Supabase, with published keys": (
        {"jwt_audience": "authenticated", "jwt_name_claims": "user_metadata.full_name,email"},
        {"sub": "6d0e9f5c-7d5e-4f0e-9f0a-1b2c3d4e5f60", "aud": "authenticated", "role": "authenticated",
         "email": "ada@band.example", "user_metadata": {"full_name": "Ada"}},
        (EC_KEY, "ES256", "e1"),
        ("6d0e9f5c-7d5e-4f0e-9f0a-1b2c3d4e5f60", "Ada"),
    ),
    "Supabase, without a name yet": (
        {"jwt_audience": "authenticated", "jwt_name_claims": "user_metadata.full_name,email"},
        {"sub": "6d0e9f5c", "aud": "authenticated", "email": "ada@band.example", "user_metadata": {}},
        (EC_KEY, "ES256", "e1"),
        ("6d0e9f5c", "ada@band.example"),
    ),
    "Firebase": (
        {"jwt_issuer": "https://securetoken.google.com/band", "jwt_audience": "band"},
        {"iss": "https://securetoken.google.com/band", "aud": "band", "user_id": "kX2h", "sub": "kX2h", "name": "Ada",
         "firebase": {"sign_in_provider": "google.com"}},
        (RSA_KEY, "RS256", "r1"),
        ("kX2h", "Ada"),
    ),
    "Entra": (
        {"jwt_audience": "api://band,00000000-band", "jwt_user_claim": "oid"},
        {"aud": "00000000-band", "iss": "https://login.microsoftonline.com/t/v2.0", "oid": "9f-oid", "sub": "pairwise",
         "name": "Ada Lovelace", "preferred_username": "ada@band.example"},
        (RSA_KEY, "RS256", "r1"),
        ("9f-oid", "Ada Lovelace"),
    ),
    "Keycloak": (
        {"jwt_issuer": "https://sso.example/realms/band", "jwt_name_claims": "name,preferred_username"},
        {"iss": "https://sso.example/realms/band", "aud": "account", "sub": "f1-sub", "typ": "Bearer",
         "preferred_username": "ada", "realm_access": {"roles": ["user"]}},
        (RSA_KEY, "RS256", "r1"),
        ("f1-sub", "ada"),
    ),
    "Ed25519": ({}, {"sub": "ada", "name": "Ada"}, (ED_KEY, "EdDSA", "d1"), ("ada", "Ada")),
}  # fmt: skip


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """As the environment gives them: lists with commas."""
    read = Settings(_env_file=None, jwt_secret=SecretStr(SECRET), **values)
    return {name: getattr(read, name) for name in values}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_token_of_a_provider_says_who_it_is(shape: str, keys: Jwks) -> None:
    settings, claims, (key, algorithm, kid), (user_id, name) = SHAPES[shape]
    identity = await _tokens(jwks_url=keys.url, **_settings(settings)).verify(_signed(claims, key, algorithm, kid))
    assert identity.user == User(user_id, name)


@pytest.mark.parametrize(
    ("settings", "claims", "algorithm"),
    [
        ({"jwt_audience": ("fastapi-users:auth",)}, {"sub": "7", "aud": ["fastapi-users:auth"]}, "HS256"),
        ({}, {"sub": 7}, "HS256"),
        ({"jwt_user_claim": "user_id"}, {"user_id": 7}, "HS256"),
        ({"jwt_user_claim": "user_id"}, {"user_id": "7", "sub": "another"}, "HS256"),
        ({"jwt_algorithm": "HS512"}, {"sub": "7"}, "HS512"),
    ],
)
async def test_a_token_of_a_secret_says_who_it_is(
    settings: dict[str, Any], claims: dict[str, Any], algorithm: str
) -> None:
    tokens = _tokens(jwt_secret=SecretStr(SECRET), **settings)
    token = _signed(claims, SECRET, algorithm)
    for shown in (token, f"Bearer {token}", f"bearer  {token}"):
        assert (await tokens.verify(shown)).user == User("7", "7")
    with pytest.raises(TokenInvalid):
        await tokens.verify(_signed(claims, SECRET, "HS384"))


async def test_a_key_without_a_kid_is_tried(keys: Jwks, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(jwk: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in jwk.items() if name != "kid"}

    keys.keys = [nameless(EC_JWK), nameless(published(OTHER_RSA_KEY, "")), nameless(RSA_JWK)]
    tokens, claims = _tokens(jwks_url=keys.url), {"sub": "ada"}
    for kid in (None, "of somebody else"):
        for key, algorithm in ((RSA_KEY, "RS256"), (EC_KEY, "ES256")):
            assert (await tokens.verify(_signed(claims, key, algorithm, kid))).user.id == "ada"
    with pytest.raises(TokenInvalid):
        await tokens.verify(_signed(claims, rsa.generate_private_key(65537, 2048), "RS256"))
    with pytest.raises(TokenInvalid):
        await tokens.verify(_signed(claims, RSA_KEY, "PS256"))
    # So many alone: what is published may be a million bytes of keys.
    monkeypatch.setattr("collab.keys.MAX_NAMELESS_KEYS", 2)
    later = Tokens(settings_for("sqlite+aiosqlite://", jwt_secret=None, jwks_url=keys.url), lambda: KEYS_FRESH_S)
    with pytest.raises(TokenInvalid):
        await later.verify(_signed(claims, RSA_KEY, "RS256"))


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
async def test_a_key_that_names_no_algorithm_is_for_the_pinned_one(algorithm: str, keys: Jwks) -> None:
    tokens = _tokens(jwks_url=keys.url, jwt_algorithm=algorithm)
    assert (await tokens.verify(_signed({"sub": "ada"}, RSA_KEY, algorithm, "r1"))).user.id == "ada"
    for key, other, kid in ((RSA_KEY, "RS256", "r1"), (EC_KEY, "ES256", "e1")):
        with pytest.raises(TokenInvalid):
            await tokens.verify(_signed({"sub": "ada"}, key, other, kid))


def _pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


def _certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "band")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA_KEY.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2036, 1, 1))  # noqa: DTZ001
    return made.sign(RSA_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("pem", "key", "algorithm"),
    [
        (_pem(RSA_KEY), RSA_KEY, "RS256"),
        (_pem(RSA_KEY).replace("\n", "\\n"), RSA_KEY, "RS256"),
        (_certificate(), RSA_KEY, "RS256"),
        (_pem(EC_KEY), EC_KEY, "ES256"),
        (_pem(ED_KEY), ED_KEY, "EdDSA"),
    ],
    ids=["RSA", "on one line", "certificate", "P-256", "Ed25519"],
)
async def test_a_public_key_in_pem_checks_tokens(pem: str, key: Any, algorithm: str) -> None:
    tokens = _tokens(jwt_public_key=pem)
    assert (await tokens.verify(_signed({"sub": "ada"}, key, algorithm))).user.id == "ada"
    with pytest.raises(TokenInvalid):
        await tokens.verify(_signed({"sub": "ada"}, OTHER_RSA_KEY, "RS256"))
    with pytest.raises(TokenInvalid):
        await tokens.verify(_signed({"sub": "ada"}, SECRET, "HS256"))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"jwt_public_key": "no key"},
        {"jwt_public_key": _pem(EC_KEY), "jwt_algorithm": "RS256"},
        {"jwt_public_key": _pem(RSA_KEY), "jwt_algorithm": "HS256"},
        {"jwt_secret": SecretStr(SECRET), "jwt_algorithm": "EdDSA"},
    ],
)
async def test_settings_that_do_not_fit_each_other_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="COLLAB_JWT"):
        _tokens(**settings)


async def test_the_host_says_who_somebody_is_by_what_they_show() -> None:
    async def who(shown: Shown) -> Person | None:
        match shown.token or shown.cookies.get("session"):
            case None | "unknown":
                return None
            case "fault":
                raise KeyError("the host's own")
            case "expired":
                return Person("ada", expires_at=datetime.now(UTC))
            case "no id":
                return Person("a b")
            case name:
                return Person(str(name), str(name).upper(), expires_at=AN_HOUR)

    tokens = HostTokens(who)
    assert (await tokens.verify("Bearer ada")).user == User("ada", "ADA")
    by_cookie = await tokens.verify(None, {"cookie": "theme=dark; session=ben"})
    assert (by_cookie.user, by_cookie.good_until) == (User("ben", "BEN"), AN_HOUR)
    for token, error in (("unknown", TokenInvalid), ("no id", TokenInvalid), ("expired", TokenExpired)):
        with pytest.raises(error):
            await tokens.verify(token)
    with pytest.raises(TokenMissing):
        await tokens.verify(None, {"cookie": "\x00"})
    with pytest.raises(Unavailable):
        await tokens.verify("fault")
