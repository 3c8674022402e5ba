"""The command line: what each command takes. The work of the longer ones is in collab/commands.

Each command imports what it needs when it runs, so that help and the short ones do not wait for the whole engine.
"""

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collab.commands.terminal import explained

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
    from collab.commands import serve as serving

    serving.serve(host, port, workers)


@cli.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data: Annotated[
        Path | None, typer.Option(help="Where to keep the data; by default it goes when the demo ends.")
    ] = None,
) -> None:
    """Serves a band of four with a repertoire and a setlist, and prints a link for each member. Needs no setting.

    With --host 0.0.0.0 the phones in the same network take part: they come in by a QR code.
    """
    from collab.commands import serve as serving

    serving.demo(host, port, data)


@cli.command()
def token(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    name: Annotated[str | None, typer.Option(help="The name that others see.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="An operator's token.")] = False,
    ttl: Annotated[str, typer.Option(help="How long it is good for: 30m, 12h, 7d.")] = "12h",
) -> None:
    """Signs a token with the configured secret and prints it."""
    with explained():
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
    with explained():
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
    with explained():
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
    with explained():
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
    with explained():
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
    with explained():
        import asyncio

        from collab.commands.pruning import prune_database
        from collab.commands.times import duration
        from collab.from_settings import keeping
        from collab.services.pruning import Keeping
        from collab.settings import Settings

        settings, kept = Settings(), None if older_than is None else duration("--older-than", older_than)
        kept_for = keeping(settings) if kept is None else Keeping(kept, kept, kept)
        asyncio.run(prune_database(settings.database_url, kept_for, datetime.now(UTC), is_dry_run=dry_run))


@cli.command(name="export-person")
def export_person(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    file: Annotated[Path, typer.Argument(help="NAME.json, which is not there yet.")],
) -> None:
    """Saves all that is stored of a person: who they are, bands, devices, stays, edits. Also while a server runs."""
    with explained():
        import asyncio

        from collab.commands import own_data
        from collab.settings import Settings

        asyncio.run(own_data.export_person(Settings().database_url, user, file))


@cli.command()
def forget(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Does it unasked.")] = False,
) -> None:
    """Takes somebody's name and id out of the database, for good; what they wrote stays. Also while a server runs."""
    with explained():
        import asyncio
        from datetime import timedelta

        from collab.commands.leaving import forget_user
        from collab.settings import Settings

        settings = Settings()
        lease = timedelta(seconds=settings.node_lease_s)
        may_go = lambda question: yes or _agreed(question, "Go on?")  # noqa: E731
        is_done = asyncio.run(forget_user(settings.database_url, user, may_go, datetime.now(UTC), lease))
    if not is_done:
        raise typer.Exit(1)


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="NAME.db: a copy of an SQLite database; NAME.jsonl[.gz]: a dump.")],
    band: Annotated[str | None, typer.Option(help="Only this band, by id; into a dump.")] = None,
) -> None:
    """Saves the data, also while a server runs. A dump can be restored into any of the databases."""
    with explained():
        from collab.commands import backups as keeping
        from collab.settings import Settings

        keeping.backup(Settings().database_url, file, band)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(help="What `collab backup` has made.")]) -> None:
    """Brings a backup back: a copy becomes the database, a dump adds its bands to what is there."""
    with explained():
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
    with explained():
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
