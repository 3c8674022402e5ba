"""Secrets: those of links, which are random, and those of devices, which are made of the server's own secret.

A link's secret is shown once, when it is made; the database has its digest. What a device shows names its row and the
number of its link, and proves them by a MAC (RFC 2104): so that the same link can be given again to a second tab, and
nothing in the database, or in a backup of it, signs anybody in.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

_SECRET_BYTES = 24
_PURPOSE = b"collab: the credentials of devices"

MAX_SHOWN_LENGTH = 200
"""Of a secret or a credential that somebody shows."""


def new_secret() -> str:
    """192 bits that nobody guesses, fit for the fragment of a URL."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Credential:
    """What a device shows: which it is, and the number of its link."""

    device_id: str
    link: int


class Credentials:
    """Writes credentials and reads them again, by a key of the server's own."""

    def __init__(self, server_secret: str) -> None:
        self._key = hmac.digest(server_secret.encode(), _PURPOSE, "sha256")

    def write(self, credential: Credential) -> str:
        said = f"{credential.device_id}.{credential.link}"
        return f"{said}.{self._proof(said)}"

    def read(self, shown: str) -> Credential | None:
        """None where this server has not written it."""
        said, _, proof = shown[:MAX_SHOWN_LENGTH].rpartition(".")
        if not hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof(said).encode()):
            return None
        device_id, _, link = said.rpartition(".")
        return Credential(device_id, int(link))

    def _proof(self, said: str) -> str:
        return hmac.digest(self._key, said.encode("utf-8", "replace"), "sha256").hex()
