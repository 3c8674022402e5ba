"""The first start: a secret and a link, so that a band begins with nothing set and no account anywhere.

The secret is made beside an SQLite database, readable by its owner alone. `COLLAB_JWT_SECRET` wins; with PostgreSQL,
which several machines may use, there is no such place, and it has to be set.
"""

import secrets
import socket
from datetime import datetime, timedelta
from pathlib import Path

import segno
from pydantic import SecretStr

from collab.commands.terminal import say
from collab.domain.access import Role
from collab.domain.invitations import band_invitation
from collab.protocol.ids import new_id
from collab.services.door.door import first_link_of
from collab.services.door.secrets import digest_of, new_secret
from collab.services.door.store import Logged
from collab.services.stores import UNLIMITED
from collab.settings import Settings
from collab.storage.database import Database
from collab.storage.door import StoredDoor
from collab.storage.engine import sqlite_file

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  # what is asked for, not what is listened on
_NOBODY = "192.0.2.1"
"""An address for documentation (RFC 5737): nothing is sent to it."""


def settled(settings: Settings, *, may_make: bool = False) -> Settings:
    """Settings as `collab serve` takes them: people come in by links, unless others sign the tokens, and the secret is
    the one that was made beside the database. `may_make` makes it where there is none, and says so."""
    if settings.sign_in is None:
        by_others = settings.jwks_url or settings.jwt_public_key
        settings = settings.model_copy(update={"sign_in": "off" if by_others else "invitations"})
    if settings.sign_in == "invitations" and settings.jwt_secret is None:
        kept = _kept_secret(settings, may_make=may_make)
        settings = settings.model_copy(update={"jwt_secret": kept})
    return settings


def _kept_secret(settings: Settings, *, may_make: bool) -> SecretStr | None:
    database = sqlite_file(settings.database_url)
    if database is None:
        return None
    file = database.with_name(f"{database.name}.secret")
    if not file.exists() and may_make:
        make_secret(file)
        say(f"A secret that signs people in was made in {file}; keep it as safe as the database.")
    return SecretStr(file.read_text().strip()) if file.exists() else None


def make_secret(file: Path) -> None:
    """Puts a secret into a file that its owner alone can read, from its first moment on."""
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(48))


async def first_secret(settings: Settings, now: datetime) -> str | None:
    """The secret of a link for the owner of the first band; None where there is a band, or no door."""
    if settings.sign_in != "invitations":
        return None
    database = Database.at(settings.database_url)
    try:
        return await first_link_of(StoredDoor(database.reading, database.writer, UNLIMITED), new_id, now)
    finally:
        await database.writer.close()
        await database.reading.dispose()


async def invite(settings: Settings, band_id: str, role: Role, uses: int, lasts: timedelta, now: datetime) -> str:
    """The secret of a new link to a band, made at the terminal: nobody's. `NotFound` where there is no such band."""
    invitation = band_invitation(new_id(), band_id, role, None, max_uses=uses, lasts=lasts, now=now)
    secret = new_secret()
    database = Database.at(settings.database_url)
    try:
        store = StoredDoor(database.reading, database.writer, UNLIMITED)
        log = Logged(new_id(), now, "invited", band_id=band_id, invitation_id=invitation.id)
        await store.add_invitation(invitation, digest_of(secret), log)
    finally:
        await database.writer.close()
        await database.reading.dispose()
    return secret


def print_link(words: str, base_url: str, secret: str) -> None:
    """A link, and its QR code for a phone that is held to the screen."""
    link = f"{base_url.rstrip('/')}/#join={secret}"
    for line in ("", words, "", f"  {link}", "", *qr_lines(link)):
        say(line)


def qr_lines(text: str) -> list[str]:
    """The QR code of a text, two of its rows to a line, light on dark as most terminals are."""
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    blocks = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    return [
        "".join(blocks[upper, lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def reachable(url: str) -> str:
    """The URL of a server that listens on every address, as the phones in the same network reach it."""
    scheme, _, rest = url.partition("://")
    host, _, port = rest.rpartition(":")
    return f"{scheme}://{_own_address()}:{port}" if host.strip("[]") in _ANYWHERE else url


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((_NOBODY, 9))
        except OSError:
            return "127.0.0.1"
        return str(asking.getsockname()[0])
