"""What `collab doctor` finds: each check is a function of values; it says in a line what is wrong and what mends it."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from collab.domain.outbox import Backlog, Failing

Status: TypeAlias = Literal["ok", "warn", "fail"]

_MAKE_ONE: Final = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one"

WEAK_WORDS: Final = (
    "your256bitsecret", "changethis", "changeme", "replaceme", "yoursecret", "supersecret", "verysecret", "topsecret",
    "password", "passw0rd", "letmein", "example", "development", "production", "secret", "collab", "testing", "please",
    "default", "insecure", "jwt", "key", "dev", "test", "admin", "abcdefghijklmnopqrstuvwxyz", "0123456789", "qwerty",
    "1234567890", "token", "the", "this", "for", "not", "my",
)  # fmt: skip
"""What secrets are made of that were thought up for the time being; the longer first where one holds another."""

WEAK_BITS, GOOD_BITS = 64.0, 128.0
_WORD_BITS = 11.0
"""What a word adds that is chosen from a few thousand."""

SLOW_WRITE_S, UNBELIEVABLE_WRITE_S = 0.02, 0.000_02
FEW_FILES, ENOUGH_FILES = 256, 4_096
LATE_DELIVERY_S = 300.0
SHORT_LEASE_S, LONG_LEASE_S = 5.0, 120.0
CLOCK_WARN_S, CLOCK_FAIL_S = 0.5, 5.0
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
GONE_WITHIN_S = 45.0
"""PROTOCOL.md: a session that dies is gone from every roster within so long."""


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    status: Status
    message: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def entropy_bits(secret: str) -> float:
    """A careful estimate of how many bits somebody has to guess: by its characters, or by its words where it is made
    of words. What repeats counts once."""
    unit = next(
        secret[:size] for size in range(1, len(secret) + 1) if secret == (secret[:size] * len(secret))[: len(secret)]
    )
    counts = Counter(unit)
    bits = sum(-count * math.log2(count / len(unit)) for count in counts.values())
    words = re.findall(r"[A-Za-z][a-z]{2,}", unit)
    rest = len(unit) - sum(map(len, words))
    if len(words) > 1 and rest <= len(words) + 2:
        return min(bits, len(words) * _WORD_BITS)
    return bits


def is_thought_up(secret: str) -> bool:
    """Whether little is left of a secret when the words that everybody uses are taken out."""
    rest = re.sub(r"[^a-z0-9]", "", secret.lower())
    for word in WEAK_WORDS:
        rest = rest.replace(word, "")
    return len(rest) < 12


def secret_strength(name: str, secret: str) -> Finding:
    if is_thought_up(secret):
        return Finding(name, "fail", "it is made of words that are tried first", _MAKE_ONE)
    bits = entropy_bits(secret)
    if bits < WEAK_BITS:
        return Finding(name, "fail", f"about {bits:.0f} bits of it have to be guessed: that can be done", _MAKE_ONE)
    if bits < GOOD_BITS:
        return Finding(name, "warn", f"about {bits:.0f} bits of it have to be guessed", _MAKE_ONE)
    return Finding(name, "ok", f"more than {GOOD_BITS:.0f} bits have to be guessed")


def same_secrets(jwt_secret: str | None, metrics_token: str | None) -> Iterator[Finding]:
    if jwt_secret is not None and jwt_secret == metrics_token:
        yield Finding(
            "metrics token",
            "fail",
            "it is the secret that signs tokens: whoever reads metrics could be anybody",
            "give COLLAB_METRICS_TOKEN a value of its own",
        )


def misspelt(names: Mapping[str, str | None]) -> Iterator[Finding]:
    """`names` look like a setting's and are none, each with the one that is nearest."""
    for name, meant in names.items():
        remedy = "take it out" if meant is None else f"{meant} is one: take that name, or take it out"
        yield Finding("settings", "warn", f"{name} is no setting, and says nothing", remedy)


def origins(allowed: Sequence[str]) -> Iterator[Finding]:
    remedy = "name them in COLLAB_ALLOWED_ORIGINS as in https://band.example, no path and no slash at the end"
    odd = [origin for origin in allowed if origin != "*" and not _is_origin(origin)]
    if odd:
        yield Finding("origins", "fail", f"no page has the origin {', '.join(odd)}: none of them may connect", remedy)
    if "*" in allowed:
        told = "any page on the internet may connect with a token that it gets hold of"
        yield Finding("origins", "warn", told, remedy)
    elif not odd:
        yield Finding("origins", "ok", f"the server's own{''.join(f', {origin}' for origin in allowed)}")


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and parts.netloc) and text == f"{parts.scheme}://{parts.netloc}"


def plain_http(urls: Mapping[str, str]) -> Iterator[Finding]:
    """`urls` are those that this node calls, by their settings."""
    for name, url in urls.items():
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            told = f"{name} goes to {parts.hostname} unencrypted: whoever is on the way reads and changes it"
            yield Finding("encryption", "warn", told, f"set {name} to https://")


def lease(lease_s: float) -> Iterator[Finding]:
    told = f"a node that died is noticed after {lease_s:g} s"
    remedy = "COLLAB_NODE_LEASE_S=15 is good for most"
    if lease_s < SHORT_LEASE_S:
        yield Finding("lease", "warn", f"{told}: one that is busy for a moment counts as dead", remedy)
    elif lease_s > LONG_LEASE_S:
        yield Finding("lease", "warn", f"{told}: until then its members are shown, its imports stand still", remedy)


def departure(ping_interval_s: float, ping_timeout_s: float, grace_s: float) -> Finding:
    longest = ping_interval_s + ping_timeout_s + grace_s
    if longest > GONE_WITHIN_S:
        remedy = "lower COLLAB_PING_INTERVAL_S, COLLAB_PING_TIMEOUT_S or COLLAB_PRESENCE_GRACE_S"
        return Finding("presence", "warn", f"who is dead is shown for up to {longest:g} s", remedy)
    return Finding("presence", "ok", f"who is dead is shown for {longest:g} s at most")


def env_file(mode: int | None) -> Iterator[Finding]:
    """`mode` is that of the file `.env`, None where there is none."""
    if mode is not None and mode & 0o077:
        yield Finding(".env", "warn", "others on this machine can read or change the file", "chmod 600 .env")


def schema(revision: str | None, head: str, wrong: str | None) -> Finding:
    """`wrong` is why the schema can't be served, if it can't."""
    if wrong is None:
        newer = "" if revision == head else ", newer than this version: update it"
        return Finding("schema", "ok" if revision == head else "warn", f"at {revision}{newer}")
    message, _, remedy = wrong.rpartition(": ")
    return Finding("schema", "fail", message, remedy)


def nodes(living: int, *, has_bus: bool) -> Iterator[Finding]:
    """`living` is how many nodes hold a lease on the database."""
    if living > 1 and not has_bus:
        told = f"{living} serve this database, or died just now, and no bus carries what one of them changes"
        yield Finding("nodes", "warn", told, "set COLLAB_BUS_URL, the same for all, or stop all but one")
    elif living:
        yield Finding("nodes", "ok", f"{living} at work")


def reach(living: Mapping[str, str], heard: Set[str]) -> Iterator[Finding]:
    """`living` are the nodes that hold a lease, each with its host; `heard` are those whose words came over the bus."""
    unheard = {node: host for node, host in living.items() if node not in heard}
    if unheard:
        who = ", ".join(f"{node} on {host}" for node, host in unheard.items())
        told = f"of {len(living)} nodes {len(unheard)} not heard, or dead since just now: {who}"
        remedy = "give all nodes one COLLAB_BUS_URL, down to the number of its database, and let them reach it"
        yield Finding("nodes on the bus", "warn", told, remedy)
    elif living:
        yield Finding("nodes on the bus", "ok", f"all {len(living)} are heard")


def durability(options: Mapping[str, str]) -> Iterator[Finding]:
    """Whether a commit waits for the disk, and what else the database was told. `options` of SQLite or PostgreSQL."""
    wanted: Mapping[str, tuple[frozenset[str], str]] = {
        "journal_mode": (frozenset({"wal"}), "put the file on a local disk: WAL does not work on network drives"),
        "synchronous": (frozenset({"2", "3"}), "leave PRAGMA synchronous at FULL"),
        "foreign_keys": (frozenset({"1"}), "use an SQLite that was built with foreign keys"),
        "synchronous_commit": (
            frozenset({"on", "local", "remote_write", "remote_apply"}),
            "ALTER SYSTEM SET synchronous_commit = on",
        ),
        "fsync": (frozenset({"on"}), "ALTER SYSTEM SET fsync = on, then reload: a power cut would cost the database"),
        "full_page_writes": (frozenset({"on"}), "ALTER SYSTEM SET full_page_writes = on, then reload"),
    }
    for name, value in options.items():
        good, remedy = wanted[name]
        is_good = value in good
        shown = {"1": "on", "2": "full", "3": "extra"}.get(value, value) if name != "journal_mode" else value
        yield Finding(name, "ok" if is_good else "fail", shown, "" if is_good else remedy)


def clock(ahead_s: float | None, wall_s: float, steady_s: float) -> Iterator[Finding]:
    """`ahead_s` is the database's clock against ours, None where it is ours. `wall_s` and `steady_s` are one span of
    time as the wall clock and the monotonic one measured it."""
    if abs(wall_s - steady_s) > CLOCK_WARN_S:
        yield Finding(
            "clock", "fail", f"it jumped by {wall_s - steady_s:+.1f} s just now", "let NTP slew it, not step it"
        )
    elif ahead_s is None:
        yield Finding("clock", "ok", "steady; the database's is the same")
    else:
        off = abs(ahead_s)
        status: Status = "fail" if off >= CLOCK_FAIL_S else "warn" if off >= CLOCK_WARN_S else "ok"
        remedy = "" if status == "ok" else "run NTP here and there: leases and tokens end by the clock"
        yield Finding("clock", status, f"{ahead_s * 1_000:+.0f} ms between the database's and this one", remedy)


def write_latency(seconds: Sequence[float]) -> Finding:
    """`seconds` that it took to bring something small to the disk, each time."""
    percentiles = statistics.quantiles(seconds, n=100, method="inclusive")
    middle, high = percentiles[49], percentiles[98]
    told = f"p50 {middle * 1_000:.2f} ms, p99 {high * 1_000:.2f} ms until a write is on it"
    if middle < UNBELIEVABLE_WRITE_S:
        return Finding("disk", "warn", f"{told}: no disk is that fast", "a memory disk forgets: use a real one")
    if high > SLOW_WRITE_S:
        return Finding(
            "disk", "warn", f"{told}: every edit waits for that", "use a local SSD, and leave it to the database"
        )
    return Finding("disk", "ok", told)


def webhook(failing: Failing, backlog: Backlog, now: datetime) -> Finding:
    """`failing` is what the receiver did not take the last time, `backlog` all that it is still to be given."""
    if not failing.count:
        age_s = 0.0 if backlog.oldest is None else (now - backlog.oldest).total_seconds()
        waits = f"{backlog.edits} edits of {backlog.contents} contents wait, the first for {age_s:.0f} s"
        if age_s > LATE_DELIVERY_S:
            remedy = "see whether a server runs with this webhook, and how fast the receiver answers"
            return Finding("webhook", "warn", waits, remedy)
        return Finding("webhook", "ok", waits if backlog.edits else "the receiver has taken all that there is")
    told = f"{failing.count} contents could not be delivered, {failing.parked} of them for long: {failing.error}"
    remedy = "mend the receiver: they are tried again by themselves, every five minutes at the latest"
    return Finding("webhook", "warn", told, remedy)


def open_files(limit: int) -> Finding:
    """`limit` of file descriptors of this process."""
    told = f"{limit} may be open: a session takes one"
    remedy = "ulimit -n 65536, or LimitNOFILE=65536 in a systemd unit"
    if limit < FEW_FILES:
        return Finding("open files", "fail", told, remedy)
    if limit < ENOUGH_FILES:
        return Finding("open files", "warn", told, remedy)
    return Finding("open files", "ok", told)
