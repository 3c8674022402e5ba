"""Settings: from the environment or `.env`, into one frozen object. Each is COLLAB_ and its name in capitals."""

import base64
import binascii
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_SECRET_BYTES = 32

_PREFIX = "COLLAB_"
_OF_COMMANDS = ("TOKEN",)
"""What commands take from the environment beside the settings."""

BUS_SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")

Algorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["console", "json"]


class Settings(BaseSettings):
    """What an engine needs to know. Durations end in `_s` (seconds), sizes in `_bytes`.

    A token is checked with `jwt_secret`, with `jwt_public_key`, or with the keys at `jwks_url`; one of them is needed
    to serve, but where the host says itself who somebody is.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True
    )

    database_url: str = "sqlite+aiosqlite:///collab.db"
    """In Python also an engine of SQLAlchemy, or its `url`: the same database, over connections of our own."""
    bus_url: str | None = None

    sign_in: Literal["invitations", "off"] | None = None
    """Whether people come in by links of ours. Unset, `collab serve` lets them where the tokens are its own, and a host
    does not."""

    public_url: str | None = None
    """Where members reach the page, for the links that a terminal prints; by default where the server listens."""

    jwt_secret: SecretStr | None = None
    jwt_public_key: str | None = None
    """A public key or a certificate, in PEM."""

    jwks_url: str | None = None
    jwt_algorithm: Algorithm | None = None
    jwt_issuer: str | None = None
    jwt_audience: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated in the environment: a token is for one of these."""

    jwt_user_claim: str = "sub"
    jwt_name_claims: Annotated[tuple[str, ...], NoDecode] = ("name",)
    """Comma-separated in the environment: what a user is called is in the first of these that says something."""

    jwt_leeway_s: float = Field(default=30.0, ge=0, le=3_600)
    """How far the clocks of this node and of whoever makes tokens may be apart."""

    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated in the environment: origins whose pages may connect, beside the server's own."""

    socket_path: str = "/socket.io"
    """Where sockets connect, below whatever the application is mounted at."""

    rest_prefix: str = ""
    """What the paths of all REST calls begin with."""

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "::1")
    """Comma-separated in the environment: addresses and networks of proxies that are believed who a client is."""

    late_auth: bool = True
    auth_timeout_s: float = Field(default=5.0, gt=0)
    # Whole seconds: Engine.IO rounds down what it tells the client. With the grace below, whoever is dead has left
    # after 45 s.
    ping_interval_s: int = Field(default=20, ge=1)
    ping_timeout_s: int = Field(default=15, ge=1)

    presence_grace_s: float = Field(default=10.0, ge=0)
    presence_idle_after_s: float = Field(default=60.0, gt=0)
    presence_interval_s: float = Field(default=0.05, ge=0)
    """At most one `presence_updated` a room in this time; 0 sends one for each change."""
    node_lease_s: float = Field(default=15.0, gt=0)
    presence_kept_s: float = Field(default=31_536_000.0, ge=0)
    jobs_kept_s: float = Field(default=7_776_000.0, ge=0)
    """How long who was there, and an import that is over, are kept; 0 is for ever."""

    compression_threshold_bytes: int = Field(default=1_024, ge=0)
    """What is polled and is larger leaves compressed, where the client takes that; websockets never do."""

    max_message_bytes: int = Field(default=1_000_000, ge=1_000)
    max_waiting_edits: int = Field(default=10_000, ge=1)
    max_base_edits: int = Field(default=1_000, ge=1)
    """An edit made on a version further before the head than this is `version_unknown`."""
    max_live_contents: int = Field(default=2_000, ge=1)

    rate_limits: bool = True
    """False lifts the rates and the number of sessions, for measuring."""
    edits_per_s: float = Field(default=50.0, gt=0)
    edits_burst: int = Field(default=500, ge=1)
    presence_per_s: float = Field(default=30.0, gt=0)
    presence_burst: int = Field(default=100, ge=1)
    requests_per_s: float = Field(default=20.0, gt=0)
    requests_burst: int = Field(default=200, ge=1)
    creations_per_s: float = Field(default=2.0, gt=0)
    creations_burst: int = Field(default=200, ge=1)
    """REST calls of a user that make something which stays."""
    door_per_s: float = Field(default=1.0, gt=0)
    door_burst: int = Field(default=100, ge=1)
    """How often strangers of one address may try a link, or devices ask for a token."""
    # Bytes are known only afterwards, and may be more than a burst: no edit passes until they are made up for.
    written_bytes_per_s: float = Field(default=1_000_000.0, gt=0)
    written_bytes_burst: int = Field(default=50_000_000, ge=1)
    told_bytes_per_s: float = Field(default=5_000_000.0, gt=0)
    told_bytes_burst: int = Field(default=250_000_000, ge=1)
    read_bytes_per_s: float = Field(default=5_000_000.0, gt=0)
    read_bytes_burst: int = Field(default=250_000_000, ge=1)
    user_rate_factor: float = Field(default=4.0, ge=1)
    """All sessions of a user together may send so many times what one may."""
    band_rate_factor: float = Field(default=8.0, ge=1)
    """A band may have so many times as many bytes written, told and read as a session."""
    max_user_sessions: int = Field(default=50, ge=1)
    max_room_sessions: int = Field(default=5_000, ge=1)
    max_user_bands: int = Field(default=100, ge=1)
    """How many bands a user may make; operators make any number."""
    max_user_memberships: int = Field(default=1_000, ge=1)
    max_band_members: int = Field(default=500, ge=1)
    max_band_contents: int = Field(default=1_000, ge=1)
    max_content_checkpoints: int = Field(default=1_000, ge=1)
    # A stock Python client takes a message of 4 MiB. A content is sent with a roster, an edit with what it overwrites.
    max_content_bytes: int = Field(default=3_000_000, ge=1_000)
    max_sent_bytes: int = Field(default=4_000_000, ge=1_000)

    max_user_call_bytes: int = Field(default=20_000_000, ge=1_000)
    max_call_bytes: int = Field(default=200_000_000, ge=1_000)
    """What REST calls may have on their way at once, of a user and in all: bodies that come, large answers that go."""
    max_user_large_answers: int = Field(default=4, ge=1)
    max_large_answers: int = Field(default=8, ge=1)
    """So many documents, histories and files for REST calls are made at once, of a user and in all; others wait."""
    call_timeout_s: float = Field(default=60.0, gt=0)
    """How long a body may take to come, or a large answer to go."""

    max_unauthenticated: int = Field(default=2_000, ge=1)
    max_unauthenticated_per_address: int = Field(default=200, ge=1)
    max_queued_messages: int = Field(default=2_000, ge=1)
    max_queued_bytes: int = Field(default=8_000_000, ge=1_000)
    """A session for which more waits to be sent is ended; it comes back and asks for what it missed."""

    import_max_bytes: int = Field(default=10_000_000, ge=1_000)
    import_max_unpacked_bytes: int = Field(default=50_000_000, ge=1_000)
    import_max_songs: int = Field(default=20_000, ge=1)
    import_timeout_s: float = Field(default=20.0, gt=0)
    """How long a file may take to be read."""

    webhook_url: str | None = None
    """Where every committed edit is posted to."""
    webhook_secret: SecretStr | None = None
    """What the deliveries are signed with: `whsec_` and 24 to 64 bytes in base64."""

    service_token: SecretStr | None = Field(default=None, min_length=32)
    """Who shows it as a bearer token speaks for the host application, by `POST /api/tell`; unset, nobody does."""

    admin_pages: bool = True
    """Whether operators find pages at /admin; a host application may have its own there."""

    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Whoever shows it as a bearer token reads `/metrics`; unset, nothing is measured and no such page is served."""

    traces_url: str | None = None
    """Where the traces of edits are sent: an OpenTelemetry collector's OTLP over HTTP; unset, there are none."""

    log_level: LogLevel = "INFO"
    log_format: LogFormat = "console"

    @field_validator("*", mode="after")
    @classmethod
    def _finite(cls, value: object) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"expected a number, got {value}")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _in_small_letters(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url", mode="before")
    @classmethod
    def _of_an_engine(cls, value: Any) -> Any:
        url = getattr(value, "url", value)
        return url.render_as_string(hide_password=False) if hasattr(url, "render_as_string") else url

    @field_validator("allowed_origins", "trusted_proxies", "jwt_audience", "jwt_name_claims", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("socket_path", "rest_prefix")
    @classmethod
    def _path(cls, value: str) -> str:
        path = value.rstrip("/")
        if path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path):
            raise ValueError("expected a path such as /collab: slashes, letters, digits and any of . _ ~ -")
        return path

    @field_validator("socket_path")
    @classmethod
    def _is_no_root(cls, value: str) -> str:
        if not value:
            raise ValueError("expected a path below /, such as /socket.io: all else is not the sockets'")
        return value

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < MIN_SECRET_BYTES:
            raise ValueError(
                f"expected at least {MIN_SECRET_BYTES} bytes: a shorter secret can be guessed "
                "(`python -c 'import secrets; print(secrets.token_urlsafe(48))'` makes one)"
            )
        return value

    @field_validator("webhook_url", "public_url", "traces_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("expected a URL that begins with https:// or http://")
        return value or None

    @field_validator("webhook_secret")
    @classmethod
    def _signing_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_signing_key(value.get_secret_value()):
            raise ValueError(
                "expected whsec_ and 24 to 64 bytes in base64 (`python -c 'import base64, secrets; "
                "print(base64.b64encode(secrets.token_bytes(32)).decode())'` makes the second part)"
            )
        return value

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if (self.webhook_url is None) != (self.webhook_secret is None):
            missing = "COLLAB_WEBHOOK_URL" if self.webhook_url is None else "COLLAB_WEBHOOK_SECRET"
            raise ValueError(f"{missing} is missing: a webhook has a URL, and a secret to sign deliveries with")
        return self

    @model_validator(mode="after")
    def _let_in_by_its_own(self) -> Self:
        if self.sign_in == "invitations" and (self.jwks_url or self.jwt_public_key):
            raise ValueError(
                "COLLAB_SIGN_IN=invitations does not go with COLLAB_JWKS_URL or COLLAB_JWT_PUBLIC_KEY: who comes in by "
                "a link gets a token that is signed with COLLAB_JWT_SECRET"
            )
        return self

    @field_validator("bus_url")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value and value.split("://")[0] not in BUS_SCHEMES:
            raise ValueError(f"expected a URL that begins with {' or '.join(f'{name}://' for name in BUS_SCHEMES)}")
        return value or None

    @property
    def algorithm(self) -> str:
        """What tokens are checked with, in words; never taken from a token."""
        if self.jwt_algorithm is not None:
            return self.jwt_algorithm
        return "what each key is for" if self.jwks_url or self.jwt_public_key else "HS256"


def problems_of(error: ValidationError) -> Iterator[tuple[str, str]]:
    """What is wrong with settings: the name of each, in the environment, and what was expected of it. The name is empty
    where several do not go together, which the words name."""
    for found in error.errors():
        name = "_".join(map(str, found["loc"])).upper()
        yield f"COLLAB_{name}" if name else "", found["msg"].removeprefix("Value error, ")


def unknown_names(given: Iterable[str]) -> Mapping[str, str | None]:
    """The names that look like a setting's and are none, each with the setting that was probably meant."""
    known = [name.upper() for name in Settings.model_fields]
    looks = {name: name.upper().removeprefix(_PREFIX) for name in sorted(given) if name.upper().startswith(_PREFIX)}
    return {
        name: next((f"{_PREFIX}{meant}" for meant in get_close_matches(bare, known, n=1)), None)
        for name, bare in looks.items()
        if bare not in (*known, *_OF_COMMANDS)
    }


def _is_signing_key(secret: str) -> bool:
    prefix, _, encoded = secret.rpartition("whsec_")
    try:
        return not prefix and "whsec_" in secret and 24 <= len(base64.b64decode(encoded, validate=True)) <= 64
    except binascii.Error:
        return False
