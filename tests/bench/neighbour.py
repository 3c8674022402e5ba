"""The bad neighbour: what eight members of a band feel while somebody else does their worst to the node.

    uv run python -m tests.bench.neighbour            SQLite and PostgreSQL, in six minutes
    uv run python -m tests.bench.neighbour --quick    one short round each

The members make 200 edits a second together; `/healthz` is asked 50 times a second. Each attack, in a process of its
own, goes on and on for as long as is measured; just before, the same is measured without it. Rates are on, as they are
by default. Told are medians over rounds, and the median of each round's ratio. Nothing is pinned to a core: where the
machine is busy, both are slow.
"""

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from collab.logs import configure_logging
from collab.storage.migrate import migrate
from tests.bench.attacks import ATTACKS, Ground, command, ground_of, prepare
from tests.bench.clients import Member, Tally
from tests.bench.figures import middle, percentiles
from tests.bench.measuring import FrontDesk, Load, Pace, drained, no_collections, start
from tests.bench.targets import COLLAB
from tests.support.postgres import create_database, postgres_server
from tests.support.processes import served
from tests.support.serving import sqlite_url

LOAD = Load("8 members, 200 edits/s", 1, 8, pause_s=0.04)
_PROBE_EVERY_S = 0.02
_SETTLE_S = 1.0
_HEAD = ("neighbour", "ack p99 ms without", "with", "times", "/healthz p99 ms without", "with", "times")


@dataclass(frozen=True)
class Felt:
    """The p99 of what the members and the probe waited, in ms."""

    ack_ms: float
    health_ms: float


@dataclass(frozen=True)
class Round:
    """What was felt without the neighbour, and right after, with them."""

    attack: str
    without: Felt
    having: Felt


async def measured(database_url: str, names: Iterable[str], rounds: int, pace: Pace) -> list[Round]:
    """All rounds of these attacks on one server. Raises `RuntimeError` where an edit was refused or a delivery lost."""
    names = list(names)
    made = await prepare(database_url, names)
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        log = Path(folder) / "log"
        async with served(database_url, log_to=log, is_fresh=True, log_level="ERROR") as server:
            port = int(server.url.rsplit(":", 1)[1])
            # The file is that of a server which keeps its data in one; this one has a URL.
            desk = await FrontDesk.of(COLLAB, port, Path("unused"), LOAD)
            found = []
            for _ in range(rounds):
                for name in names:
                    async with editing(desk) as members:
                        await asyncio.sleep(pace.warm_up_s)
                        without = await _felt(members, port, pace.measured_s)
                        with _attacked(name, ground_of(server, name, made[name])):
                            await asyncio.sleep(_SETTLE_S)
                            having = await _felt(members, port, pace.measured_s)
                    found.append(Round(name, without, having))
        if said := log.read_text():
            print(f"from the log:\n{said[:4_000]}", flush=True)
    return found


@asynccontextmanager
async def editing(desk: FrontDesk) -> AsyncIterator[list[Member]]:
    """The members, who edit until the block ends; then all that they sent has to have arrived."""
    tally = Tally()
    members = [desk.member(desk.rooms[0], song, tally) for song in range(LOAD.members)]
    for member in members:
        await member.open()
    start(members, LOAD)
    yield members
    for member in members:
        member.stop()
    missing = await drained(members, LOAD.members, tally)
    for member in members:
        member.socket.close()
    if missing or tally.refusals:
        raise RuntimeError(f"expected every edit to be taken and told: {tally.refusals} refused, {missing} not told")


async def _felt(members: list[Member], port: int, measured_s: float) -> Felt:
    tally = members[0].tally
    del tally.acks_s[:]
    tally.begin = time.perf_counter()
    with no_collections():
        waited_s = await _probe(port, measured_s)
    # Whoever still waits for an answer has waited for so long at least.
    late_s = [time.perf_counter() - tally.sent_at[member.number][-1] for member in members if member.is_waiting]
    tally.begin = float("inf")
    [ack_s], [health_s] = percentiles([*tally.acks_s, *late_s], (99,)), percentiles(waited_s, (99,))
    return Felt(ack_s * 1_000, health_s * 1_000)


async def _probe(port: int, measured_s: float) -> list[float]:
    """How long `/healthz` took, each time, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waited_s: list[float] = []
    end = time.perf_counter() + measured_s
    while (began := time.perf_counter()) < end:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = await reader.readuntil(b"}")
        waited_s.append(time.perf_counter() - began)
        if b" 200 " not in answer:
            raise RuntimeError(f"expected /healthz to answer 200, got {answer!r}")
        await asyncio.sleep(_PROBE_EVERY_S)
    writer.close()
    return waited_s


@contextmanager
def _attacked(name: str, ground: Ground) -> Iterator[None]:
    """The neighbour is at work in a process that leaves the cores to the server and the load where these want them."""
    with subprocess.Popen(command(name, ground), preexec_fn=lambda: os.nice(10)) as process:
        try:
            yield
        finally:
            process.kill()


def table(rounds: list[Round]) -> str:
    """A row for each attack."""
    lines = [_HEAD, ["---"] * len(_HEAD)]
    for name in dict.fromkeys(entry.attack for entry in rounds):
        mine = [entry for entry in rounds if entry.attack == name]
        lines.append(
            [
                ATTACKS[name][0],
                f"{middle(entry.without.ack_ms for entry in mine):.1f}",
                f"{middle(entry.having.ack_ms for entry in mine):.1f}",
                f"{middle(entry.having.ack_ms / entry.without.ack_ms for entry in mine):.1f}",
                f"{middle(entry.without.health_ms for entry in mine):.1f}",
                f"{middle(entry.having.health_ms for entry in mine):.1f}",
                f"{middle(entry.having.health_ms / entry.without.health_ms for entry in mine):.1f}",
            ]
        )
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round each")
    parser.add_argument("--only", choices=list(ATTACKS), action="append", help="an attack; may be given several times")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="one of the two")
    options = parser.parse_args()
    configure_logging("ERROR")
    rounds, pace = (1, Pace(0.5, 1.5)) if options.quick else (3, Pace(0.5, 2.0))
    names = options.only or list(ATTACKS)
    with ExitStack() as stack:
        urls = {}
        if options.database != "postgresql":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="collab-bench-")))
            urls["SQLite"] = sqlite_url(folder / "bench.db")
        if options.database != "sqlite":
            postgres = stack.enter_context(postgres_server(is_flushed=True))
            urls["PostgreSQL"] = create_database(postgres.url, "bench_neighbour")
        for database, url in urls.items():
            load_average = os.getloadavg()[0]
            migrate(url)
            found = uvloop.run(measured(url, names, rounds, pace))
            print(
                f"**{database}**, {datetime.now(UTC):%Y-%m-%d}: medians of {rounds} rounds of {pace.measured_s:g} s, on"
                f" {os.cpu_count()} cores, load average {load_average:.1f} before.\n\n{table(found)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
