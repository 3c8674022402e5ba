"""`collab doctor`: looks at everything that the engine relies on, and says what is wrong and how to mend it."""

import os
import socket
import stat
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson
from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from collab.commands import checks as findings
from collab.commands.checks import Finding
from collab.commands.first_start import settled
from collab.commands.terminal import say
from collab.domain.errors import Unavailable
from collab.settings import Settings, problems_of, unknown_names
from collab.storage.engine import shown_url, sqlite_file
from collab.storage.inspection import DatabaseFacts, inspect_database
from collab.storage.migrate import revisions, what_is_wrong
from collab.storage.webhooks import undelivered
from collab.tokens import Tokens
from collab.webhooks import webhook_id

_LOOK_S = 0.05

PORTS: Final = {"http": 80, "https": 443}
ANSWER_WITHIN_S = 3.0
"""How long whoever is to answer may take to take a connection."""

BEATS_WITHIN_S = 3.0
"""How long each node is listened for; it says something twice a second."""

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


def diagnose(load: Callable[[], Settings] = Settings) -> Iterator[Finding]:
    """All that is found, one check after the other. Makes no database where there is none."""
    yield open_files()
    try:
        settings = settled(load())
    except ValidationError as error:
        for name, problem in problems_of(error):
            told = f"{name}: {problem}" if name else problem
            yield Finding("settings", "fail", told, f"set {name or 'it'}, in the environment or .env")
        return
    yield from findings.misspelt(unknown_names({**dotenv_values(), **os.environ}))
    yield from _settings(settings)
    living = yield from _database(settings)
    yield from bus(settings.bus_url, living)


def print_findings(found: Iterator[Finding], *, as_json: bool, is_terminal: bool) -> bool:
    """Prints them, and returns whether all is well enough to serve."""
    if as_json:
        everything = list(found)
        status = max((finding.status for finding in everything), key=list(_COLORS).index)
        body = {"status": status, "findings": [finding.to_json() for finding in everything]}
        for line in orjson.dumps(body, option=orjson.OPT_INDENT_2).decode().splitlines():
            say(line)
    elif is_terminal:
        everything = list(found)
        _print_table(everything)
    else:
        everything = []
        for finding in found:
            everything.append(finding)
            remedy = f" ({finding.remedy})" if finding.remedy else ""
            say(f"{finding.status:<4}  {finding.check}: {finding.message}{remedy}")
    return all(finding.status != "fail" for finding in everything)


def _print_table(everything: list[Finding]) -> None:
    # A terminal's own: not needed by any other command.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "check", "what was found", "what mends it", box=None, pad_edge=False)
    for finding in everything:
        status = Text(finding.status, style=f"bold {_COLORS[finding.status]}")
        table.add_row(status, Text(finding.check), Text(finding.message), Text(finding.remedy))
    Console().print(table)


def _settings(settings: Settings) -> Iterator[Finding]:
    try:
        keys = Tokens(settings).fetch_keys()
    except ValueError as error:
        yield Finding("settings", "fail", str(error))
    except Unavailable as error:
        yield Finding("settings", "fail", error.message, "set COLLAB_JWKS_URL to where the keys are")
    else:
        told = "" if keys is None else f", {keys} keys at {settings.jwks_url}"
        yield Finding("settings", "ok", f"tokens are checked with {settings.algorithm}{told}")
    for name, secret in (("token secret", settings.jwt_secret), ("metrics token", settings.metrics_token)):
        if secret is not None:
            yield findings.secret_strength(name, secret.get_secret_value())
    yield from findings.same_secrets(_revealed(settings.jwt_secret), _revealed(settings.metrics_token))
    yield from findings.origins(settings.allowed_origins)
    yield from findings.plain_http(_addresses(settings))
    yield from findings.lease(settings.node_lease_s)
    yield findings.departure(settings.ping_interval_s, settings.ping_timeout_s, settings.presence_grace_s)
    file = Path(".env")
    yield from findings.env_file(stat.S_IMODE(file.stat().st_mode) if file.exists() else None)


def _database(settings: Settings) -> Generator[Finding, None, Mapping[str, str]]:
    """What is found, and the nodes that hold a lease, each with its host."""
    url = settings.database_url
    try:
        shown = shown_url(url)
    except ValueError as error:
        yield Finding("database", "fail", str(error), "set COLLAB_DATABASE_URL")
        return {}
    file = sqlite_file(url)
    if file is not None and not file.exists():
        if file.parent.is_dir():
            yield Finding("database", "warn", f"{file} is not there yet", "`collab serve` makes it")
        else:
            yield Finding(
                "database", "fail", f"there is no folder {file.parent}", "make it, or set COLLAB_DATABASE_URL"
            )
        return {}
    try:
        facts, wall_s, steady_s = _inspected(url)
    except (Unavailable, OSError) as error:
        yield Finding("database", "fail", f"{shown}: {error}", "start it, or set COLLAB_DATABASE_URL")
        return {}
    yield Finding("database", "ok", f"{facts.name} {facts.version} at {shown}")
    yield findings.schema(facts.revision, revisions()[0], what_is_wrong(facts.revision))
    yield from findings.nodes(len(facts.living_nodes), has_bus=settings.bus_url is not None)
    yield from findings.durability(facts.options)
    yield from findings.clock(facts.clock_ahead_s, wall_s, steady_s)
    if facts.write_s:
        yield findings.write_latency(facts.write_s)
    if settings.webhook_url is not None:
        # A schema without the table was found above.
        with suppress(Unavailable):
            yield findings.webhook(*undelivered(url, webhook_id(settings.webhook_url)), datetime.now(UTC))
        yield receiver(settings.webhook_url)
    return facts.living_nodes


def _inspected(url: str) -> tuple[DatabaseFacts, float, float]:
    """What the database says, and how long that took by the wall clock and by the monotonic one."""
    wall, steady = time.time(), time.monotonic()
    facts = inspect_database(url)
    time.sleep(_LOOK_S)
    return facts, time.time() - wall, time.monotonic() - steady


def bus(url: str | None, living: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the bus between nodes answers, and reaches the living ones, which are given with their hosts."""
    if url is None:
        yield Finding("bus", "ok", "none: one node")
        return
    from collab.bus.reachable import answer_time_s, heard_nodes  # only where there is a bus

    try:
        yield Finding("bus", "ok", f"answers in {answer_time_s(url) * 1_000:.1f} ms")
        heard = heard_nodes(url, living.keys(), BEATS_WITHIN_S)
    except Unavailable as error:
        yield Finding("bus", "fail", error.message, "start it, give its user the rights, or set COLLAB_BUS_URL")
        return
    yield from findings.reach(living, heard)


def receiver(url: str) -> Finding:
    """Whether anything listens where a webhook's edits are posted to; nothing is sent."""
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
    try:
        with socket.create_connection((parts.hostname or "", parts.port or PORTS[parts.scheme]), ANSWER_WITHIN_S):
            return Finding("receiver", "ok", f"{shown} answers")
    except OSError as error:
        return Finding("receiver", "warn", f"{shown} does not answer: {error}", "start it, or set COLLAB_WEBHOOK_URL")


def _addresses(settings: Settings) -> dict[str, str]:
    """The URLs that this node calls, by the settings that name them."""
    urls = {"COLLAB_WEBHOOK_URL": settings.webhook_url, "COLLAB_JWKS_URL": settings.jwks_url}
    return {name: url for name, url in urls.items() if url is not None}


def open_files() -> Finding:
    try:
        import resource
    except ImportError:
        return Finding("open files", "ok", "this system has no such limit")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return findings.open_files(soft if soft != resource.RLIM_INFINITY else 1 << 20)


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
