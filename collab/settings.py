"""Settings: from the environment or `.env`, into one frozen object. Each is COLLAB_ and its name in capitals."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_SECRET_BYTES = 32

Algorithm = Literal["HS256", "RS256", "ES256"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["console", "json"]


class Settings(BaseSettings):
    """What an engine needs to know. Durations end in `_s` (seconds), sizes in `_bytes`.

    A token is checked with `jwt_secret` (HS256), or with the keys at `jwks_url` (RS256 unless ES256 is chosen);
    one of the two is needed to serve.
    """

    model_config = SettingsConfigDict(env_prefix="COLLAB_", env_file=".env", frozen=True, extra="ignore")

    database_url: str = "sqlite+aiosqlite:///collab.db"
    bus_url: str | None = None

    jwt_secret: SecretStr | None = None
    jwks_url: str | None = None
    jwt_algorithm: Algorithm | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None

    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated in the environment: origins whose pages may connect, beside the server's own."""

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

    max_message_bytes: int = Field(default=1_000_000, ge=1_000)
    max_waiting_edits: int = Field(default=10_000, ge=1)
    max_live_contents: int = Field(default=2_000, ge=1)

    import_max_bytes: int = Field(default=10_000_000, ge=1_000)
    import_max_unpacked_bytes: int = Field(default=50_000_000, ge=1_000)
    import_max_songs: int = Field(default=20_000, ge=1)

    admin_pages: bool = True
    """Whether operators find pages at /admin; a host application may have its own there."""

    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Whoever shows it as a bearer token reads `/metrics`; unset, nothing is measured and no such page is served."""

    socketio_admin_password: SecretStr | None = Field(default=None, min_length=16)
    """Lets the Socket.IO Admin UI in, as the user `admin`; unset, it is off."""

    log_level: LogLevel = "INFO"
    log_format: LogFormat = "console"

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(origin.strip() for origin in value.split(",") if origin.strip())
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

    @field_validator("bus_url")
    @classmethod
    def _one_node(cls, value: str | None) -> None:
        if value:
            raise ValueError("expected no bus: this version serves from one node; unset it")

    @property
    def algorithm(self) -> Algorithm:
        """The one algorithm that tokens are checked with; never taken from a token."""
        return self.jwt_algorithm or ("RS256" if self.jwks_url else "HS256")
