"""The command line: what each command takes. The work of the longer ones is in collab/commands.

Each command imports what it needs when it runs, so that help and the short ones do not wait for the whole engine.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collab.engine import Engine
    from collab.settings import Settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65_535)]


def _say_release(is_asked: bool) -> None:
    if is_asked:
        from collab.about import release

        print(f"collab {release()}")
        raise typer.Exit


@cli.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", help="Prints the release.", callback=_say_release, is_eager=True)
    ] = False,
) -> None:
    """collab: bands edit setlists and repertoire together, live; every edit is kept in SQL."""


@cli.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[
        int, typer.Option(help="So many nodes, a process each; more than one need COLLAB_BUS_URL.", min=1)
    ] = 1,
) -> None:
    """Brings the schema up to date, then serves. Settings come from COLLAB_... in the environment or in .env."""
    with _explained():
        import asyncio

        from collab.commands.first_start import first_secret, settled
        from collab.engine import Engine
        from collab.settings import Settings
        from collab.storage.migrate import migrate as migrate_schema

        settings = settled(Settings(), may_make=True)
        engine = Engine(settings)
        migrate_schema(settings.database_url, may_be_newer=True)
        first = asyncio.run(first_secret(settings, datetime.now(UTC)))
        on_started = partial(_print_url, settings, first)
        if workers > 1:
            from collab.logs import configure_logging
            from collab.workers import serve_with_workers

            configure_logging(settings.log_level, settings.log_format)
            serve_with_workers(settings, workers, host, port, on_started)
    if workers == 1:
        _run(engine, host, port, on_started)


@cli.command()
def demo(
    port: Port = 8000,
    data: Annotated[
        Path | None, typer.Option(help="Where to keep the data; by default it goes when the demo ends.")
    ] = None,
) -> None:
    """Serves a band of four with a repertoire and a setlist, and prints a link for each member. Needs no setting."""
    import asyncio
    import signal
    import tempfile

    from pydantic import SecretStr

    from collab.engine import Engine
    from collab.settings import Settings
    from collab.storage.migrate import migrate as migrate_schema

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
        with _explained():
            migrate_schema(settings.database_url)
        asyncio.run(_seed(settings))
        _run(Engine(settings), "127.0.0.1", port, lambda url: _print_links(settings, url))


@cli.command()
def token(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    name: Annotated[str | None, typer.Option(help="The name that others see.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="An operator's token.")] = False,
    ttl: Annotated[str, typer.Option(help="How long it is good for: 30m, 12h, 7d.")] = "12h",
) -> None:
    """Signs a token with the configured secret and prints it."""
    with _explained():
        from collab.commands.first_start import settled
        from collab.commands.times import duration
        from collab.domain.bands import User
        from collab.settings import Settings
        from collab.tokens import Tokens

        made = Tokens(settled(Settings())).sign(
            User(user, name or user, admin), duration("--ttl", ttl), datetime.now(UTC)
        )
    print(made)


@cli.command()
def invite(
    band: Annotated[str, typer.Argument(help="The band's id.")],
    role: Annotated[str, typer.Option(help="owner, editor or viewer.")] = "editor",
    uses: Annotated[int, typer.Option(help="How many people it lets in.", min=1)] = 1,
    ttl: Annotated[str, typer.Option(help="How long it is good for: 30m, 12h, 7d.")] = "7d",
    server: Annotated[str | None, typer.Option(help="Where members reach the page.")] = None,
) -> None:
    """Prints a link, and a QR code, that lets people into a band. Also beside a server."""
    with _explained():
        import asyncio

        from collab.commands import first_start
        from collab.commands.times import duration
        from collab.domain.access import Role
        from collab.settings import Settings

        if role not in [*Role]:
            raise ValueError(f"--role: expected owner, editor or viewer, got {role}")
        settings, lasts = Settings(), duration("--ttl", ttl)
        asked = first_start.invite(settings, band, Role(role), uses, lasts, datetime.now(UTC))
        words = f"Who opens this link comes into the band as {role}:"
        page = server or settings.public_url or f"http://127.0.0.1:8000{settings.rest_prefix}"
        first_start.print_link(words, page, asyncio.run(asked))


@cli.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="A revision, 'head', or 'base' for none.")] = "head",
    yes: Annotated[bool, typer.Option("--yes", help="Deletes what an older schema has no room for, unasked.")] = False,
) -> None:
    """Brings the schema to a revision, up or down. Where that deletes something it says what, and asks."""
    with _explained():
        from collab.commands import backups as keeping
        from collab.settings import Settings

        has_gone = keeping.migrate(Settings().database_url, revision, lambda loss: yes or _agreed(loss, "Go on?"))
    if not has_gone:
        raise typer.Exit(1)


@cli.command()
def history(
    content: Annotated[str, typer.Argument(help="A content's id, or its title where no other has it.")],
    follow: Annotated[bool, typer.Option("--follow", help="Goes on with what comes, until Ctrl-C.")] = False,
    author: Annotated[str | None, typer.Option(help="Only this user's edits, by id.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only what is newer: 2026-12-04, 2026-12-04T20:30, 90m, 7d.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """Prints a content's edits, oldest first, in words: who did what, and when (UTC)."""
    with _explained():
        import asyncio

        from collab.commands.history import print_history
        from collab.commands.times import since_when
        from collab.settings import Settings

        start = None if since is None else since_when(since, datetime.now(UTC))
        asyncio.run(print_history(Settings().database_url, content, author, start, follow=follow, as_json=as_json))


@cli.command()
def compact(
    keep_edits: Annotated[int, typer.Option(help="So many edits of each content stay, the latest.", min=0)] = 1_000,
    older_than: Annotated[str | None, typer.Option(help="What is newer stays too: 90d, 12h.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only says what it would free.")] = False,
) -> None:
    """Folds old edits into snapshots. Checkpoints stay; other versions before the fold can't be opened any more."""
    with _explained():
        from collab.commands import backups as keeping
        from collab.commands.times import duration
        from collab.settings import Settings

        before = None if older_than is None else datetime.now(UTC) - duration("--older-than", older_than)
        keeping.compact(Settings().database_url, keep_edits, before, is_dry_run=dry_run)


@cli.command()
def prune(
    older_than: Annotated[str | None, typer.Option(help="Instead of what the settings say: 90d, 12h.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only says how much that is.")] = False,
) -> None:
    """Deletes who was there, and finished imports, once they were kept for long enough. Servers do so by themselves."""
    with _explained():
        import asyncio

        from collab.commands.pruning import prune_database
        from collab.commands.times import duration
        from collab.from_settings import keeping
        from collab.services.pruning import Keeping
        from collab.settings import Settings

        settings, kept = Settings(), None if older_than is None else duration("--older-than", older_than)
        kept_for = keeping(settings) if kept is None else Keeping(kept, kept)
        asyncio.run(prune_database(settings.database_url, kept_for, datetime.now(UTC), is_dry_run=dry_run))


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="NAME.db: a copy of an SQLite database; NAME.jsonl[.gz]: a dump.")],
    band: Annotated[str | None, typer.Option(help="Only this band, by id; into a dump.")] = None,
) -> None:
    """Saves the data, also while a server runs. A dump can be restored into any of the databases."""
    with _explained():
        from collab.commands import backups as keeping
        from collab.settings import Settings

        keeping.backup(Settings().database_url, file, band)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(help="What `collab backup` has made.")]) -> None:
    """Brings a backup back: a copy becomes the database, a dump adds its bands to what is there."""
    with _explained():
        from collab.commands import backups as keeping
        from collab.settings import Settings

        keeping.restore(Settings().database_url, file)


@cli.command(name="import")
def import_(
    band: Annotated[str, typer.Argument(help="The band's id.")],
    file: Annotated[Path, typer.Argument(help="A table, a song or a list of songs in any usual format, or a zip.")],
    server: Annotated[str, typer.Option(help="A running server.")] = "http://127.0.0.1:8000",
    token: Annotated[
        str, typer.Option(help="Of a member who may edit. Better in the environment.", envvar="COLLAB_TOKEN")
    ] = "",
    policy: Annotated[
        str, typer.Option(help="Of songs that are there: theirs, ours, empty (fills what is empty) or both.")
    ] = "theirs",
    yes: Annotated[bool, typer.Option("--yes", help="Changes songs of the band without asking.")] = False,
) -> None:
    """Adds the songs of a file to a band's repertoire, through a running server. Ctrl-C cancels what is not in yet.

    Where the file would change songs of the band, it shows what, and asks.
    """
    with _explained():
        from collab.commands.importing import import_songs

        if not token:
            raise ValueError("COLLAB_TOKEN: expected the token of a member (`collab token USER --name NAME` makes one)")
        is_well = import_songs(
            server, token, band, file, policy, lambda preview: yes or _agreed(preview, "Change them?")
        )
    if not is_well:
        raise typer.Exit(1)


def _agreed(preview: str, question: str) -> bool:
    """Asks whoever sits at the terminal. A script, which can't answer, says `--yes` or a policy."""
    typer.echo(preview)
    return sys.stdin.isatty() and typer.confirm(question)


@cli.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for scripts.")] = False,
) -> None:
    """Checks settings, secrets, database, disk, clock and bus, and says what is wrong and how to mend it."""
    from collab.commands.doctor import diagnose, print_findings

    if not print_findings(diagnose(), as_json=as_json, is_terminal=sys.stdout.isatty()):
        raise typer.Exit(1)


def main() -> None:
    """The entry point of the `collab` command."""
    # Importing the engine makes 300,000 objects, and all stay: with Python's own thresholds a fifth of the start goes
    # to looking for garbage among them.
    gc.set_threshold(100_000)
    cli()


@contextmanager
def _explained() -> Iterator[None]:
    """What is wrong goes to standard error in a sentence: exit code 2 for a setting or an option, else 1."""
    from pydantic import ValidationError

    from collab.commands.terminal import say
    from collab.domain.errors import CollabError

    try:
        yield
    except ValidationError as error:
        from collab.settings import problems_of

        for name, problem in problems_of(error):
            say(f"collab: {name}: {problem}" if name else f"collab: {problem}", is_error=True)
        raise typer.Exit(2) from None
    except ValueError as error:
        say(f"collab: {error}", is_error=True)
        raise typer.Exit(2) from None
    except CollabError as error:
        say(f"collab: {error.message}", is_error=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _run(engine: "Engine", host: str, port: int, on_started: Callable[[str], None]) -> None:
    from collab.app import attach, own_app
    from collab.logs import configure_logging
    from collab.serving import bound_to, serve_until_stopped

    configure_logging(engine.settings.log_level, engine.settings.log_format)
    application = attach(engine, own_app(engine.settings))
    with _explained():
        bound = bound_to(host, port)
    serve_until_stopped(engine, application, bound, on_started)


def _print_url(settings: "Settings", first: str | None, url: str) -> None:
    from collab.commands.first_start import print_link, reachable

    print(f"collab serves at {url}", flush=True)
    if first is not None:
        words = "There is no band yet. Who opens this link owns the first one; it is good once, for a day:"
        print_link(words, settings.public_url or reachable(url) + settings.rest_prefix, first)
    sys.stdout.flush()


def _kept_secret(file: Path) -> str:
    from collab.commands.first_start import make_secret

    if not file.exists():
        make_secret(file)
    return file.read_text()


async def _seed(settings: "Settings") -> None:
    from collab import demo as demo_band
    from collab.engine import Engine

    engine = Engine(settings)
    async with engine.running():
        await demo_band.seed(engine)


def _print_links(settings: "Settings", url: str) -> None:
    from collab import demo as demo_band
    from collab.tokens import Tokens

    tokens = Tokens(settings)
    print(f"\n{demo_band.BAND} is on stage. Open a link for each member, each in a window of its own:\n")
    for user, role in demo_band.MEMBERS:
        made = tokens.sign(user, timedelta(days=7), datetime.now(UTC))
        print(f"  {user.name} ({role})\n  {url}{settings.rest_prefix}/#token={made}\n")
    print(f"The history is in {settings.database_url.removeprefix('sqlite+aiosqlite:///')}. Ctrl-C ends the demo.")
    sys.stdout.flush()
