"""`collab serve` and `collab demo`: what is made before a server starts, and what it says once it does."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from collab import demo as demo_band
from collab.app import attach, own_app
from collab.commands.first_start import first_secret, invite, make_secret, print_link, reachable, settled
from collab.commands.terminal import explained, say
from collab.domain.access import Role
from collab.domain.invitations import MAX_USES
from collab.engine import Engine
from collab.logs import configure_logging
from collab.serving import bound_to, serve_until_stopped
from collab.settings import Settings
from collab.storage.migrate import migrate
from collab.tokens import Tokens
from collab.workers import serve_with_workers

OF_THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
_FOR: Final = timedelta(days=7)
"""How long the demo's links are good."""


def serve(host: str, port: int, workers: int) -> None:
    """Brings the schema up to date and serves, until it is told to stop."""
    with explained():
        settings = settled(Settings(), may_make=True)
        engine = Engine(settings)
        migrate(settings.database_url, may_be_newer=True)
        first = asyncio.run(first_secret(settings, datetime.now(UTC)))
        on_started = partial(_print_url, settings, first)
        if workers > 1:
            configure_logging(settings.log_level, settings.log_format)
            serve_with_workers(settings, workers, host, port, on_started)
    if workers == 1:
        _run(engine, host, port, on_started)


def demo(host: str, port: int, data: Path | None) -> None:
    """Serves the demo's band, whose data are in a folder that goes at the end, or in `data`. Where other machines reach
    it, a link lets the phones in the same network in."""
    # Before it serves, too: the process would just be gone, and the folder, with a secret in it, would stay.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="collab-demo-") as temporary:
        folder = (data or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(
            database_url=f"sqlite+aiosqlite:///{folder / 'collab.db'}",
            jwt_secret=SecretStr(_kept_secret(folder / "secret")),
            jwks_url=None,
            jwt_public_key=None,
            jwt_algorithm="HS256",
            sign_in="invitations",
            bus_url=None,
        )
        with explained():
            migrate(settings.database_url)
        band_id = asyncio.run(_seed(settings))
        secret = None if host in OF_THIS_MACHINE else asyncio.run(_invitation(settings, band_id))
        _run(Engine(settings), host, port, lambda url: _print_links(settings, secret, reachable(url)))


def _run(engine: Engine, host: str, port: int, on_started: Callable[[str], None]) -> None:
    configure_logging(engine.settings.log_level, engine.settings.log_format)
    application = attach(engine, own_app(engine.settings))
    with explained():
        bound = bound_to(host, port)
    serve_until_stopped(engine, application, bound, on_started)


def _print_url(settings: Settings, first: str | None, url: str) -> None:
    say(f"collab serves at {url}")
    if first is not None:
        words = "There is no band yet. Who opens this link owns the first one; it is good once, for a day:"
        print_link(words, settings.public_url or reachable(url) + settings.rest_prefix, first)
    sys.stdout.flush()


def _kept_secret(file: Path) -> str:
    if not file.exists():
        make_secret(file)
    return file.read_text()


async def _seed(settings: Settings) -> str:
    engine = Engine(settings)
    async with engine.running():
        return await demo_band.seed(engine)


async def _invitation(settings: Settings, band_id: str) -> str:
    return await invite(settings, band_id, Role.EDITOR, MAX_USES, _FOR, datetime.now(UTC))


def _print_links(settings: Settings, secret: str | None, url: str) -> None:
    tokens = Tokens(settings)
    lines = ["", f"{demo_band.BAND} is on stage. Open a link for each member, each in a window of its own:", ""]
    for user, role in demo_band.MEMBERS:
        made = tokens.sign(user, _FOR, datetime.now(UTC))
        lines += [f"  {user.name} ({role})", f"  {url}{settings.rest_prefix}/#token={made}", ""]
    for line in lines:
        say(line)
    if secret is not None:
        print_link("A phone in the same network comes in by this code:", url + settings.rest_prefix, secret)
    say(f"The history is in {settings.database_url.removeprefix('sqlite+aiosqlite:///')}. Ctrl-C ends the demo.")
    sys.stdout.flush()
