"""What several nodes on PostgreSQL cost and give: 10 rooms of 8, each member editing in a closed loop.

    uv run python -m tests.bench.nodes                       several minutes
    uv run python -m tests.bench.nodes --rounds 1 --seconds 2 --setups '1, no bus' '4 mixed'

*parted*: all members of a room are on one node. *mixed*: each is on any node, by chance. Nothing is pinned to a core:
nodes, PostgreSQL, Valkey and the load share the machine. So CPU seconds per edit are what to go by: how fast it is
depends on who else is on the machine. Setups take turns, and the medians of the rounds count. PostgreSQL flushes each
commit to disk; rate limits are off.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

import psycopg
import redis
import uvloop

from tests.bench.clients import Tally
from tests.bench.figures import in_ms
from tests.bench.measuring import LOADS, FrontDesk, Load, Pace, cpu_s, drained, no_collections, start
from tests.bench.targets import COLLAB
from tests.support.postgres import PostgresServer, create_database, postgres_server
from tests.support.processes import served
from tests.support.valkey import valkey_server

_HEAD = (
    "nodes", "edits/s", "ack p50 / p99 ms", "CPU s per 1,000 edits", "of the nodes", "PostgreSQL", "Valkey",
    "times one node's", "missing",
)  # fmt: skip


@dataclass(frozen=True)
class Setup:
    nodes: int
    has_bus: bool = True
    is_mixed: bool = False

    @property
    def name(self) -> str:
        if self.nodes == 1:
            return "1" if self.has_bus else "1, no bus"
        return f"{self.nodes} {'mixed' if self.is_mixed else 'parted'}"

    def node_of(self, room: int, chance: Random) -> int:
        """Where the next member of a room connects."""
        return chance.randrange(self.nodes) if self.is_mixed else room % self.nodes


SETUPS = (
    Setup(1, has_bus=False),
    Setup(1),
    Setup(2),
    Setup(4),
    Setup(2, is_mixed=True),
    Setup(4, is_mixed=True),
)


@dataclass(frozen=True)
class Row:
    """One run. CPU in seconds per 1,000 edits."""

    edits_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    nodes_s: float
    postgresql_s: float
    valkey_s: float
    missing: int

    @property
    def all_s(self) -> float:
        return self.nodes_s + self.postgresql_s + self.valkey_s


def medians(rows: Sequence[Row]) -> Row:
    """Of each figure of several runs; what is missing in any of them is."""

    def of(name: str) -> float:
        return float(median(getattr(row, name) for row in rows))

    return Row(
        of("edits_per_s"), of("ack_p50_ms"), of("ack_p99_ms"), of("nodes_s"), of("postgresql_s"), of("valkey_s"),
        max(row.missing for row in rows),
    )  # fmt: skip


async def run(setup: Setup, number: int, postgres: PostgresServer, bus_url: str, load: Load, pace: Pace) -> Row:
    """One run on a database of its own. Raises `RuntimeError` where an edit was refused, lost or stored twice."""
    name = f"bench_{number}_{setup.name.replace(' ', '_').replace(',', '')}"
    database_url = create_database(postgres.url, name)
    bus = {"bus_url": bus_url} if setup.has_bus else {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="collab-bench-")))
        servers = [
            await stack.enter_async_context(
                served(
                    database_url,
                    0,
                    (),
                    folder / f"{node}.log",
                    is_fresh=True,
                    rate_limits=False,
                    log_level="WARNING",
                    **bus,
                )
            )
            for node in range(setup.nodes)
        ]
        ports = [int(server.url.rsplit(":", 1)[1]) for server in servers]
        # The file is that of a server which keeps its data in one; this one has a URL.
        desk = await FrontDesk.of(COLLAB, ports[0], Path("unused"), load)
        tally, chance = Tally(), Random(number)  # noqa: S311  # it decides where people sit
        members = [
            desk.member(room, song, tally, ports[setup.node_of(place, chance)])
            for place, room in enumerate(desk.rooms)
            for song in range(load.members)
        ]
        for member in members:
            await member.open()
        groups = [[server.pid for server in servers], [postgres.pid], [_valkey_pid(bus_url)]]
        with no_collections():
            start(members, load)
            await asyncio.sleep(pace.warm_up_s)
            groups[1] = _family(postgres.pid)
            tally.begin, used, acked = time.perf_counter(), [*map(_cpu_s, groups)], tally.all_acked
            await asyncio.sleep(pace.measured_s)
            elapsed, acked = time.perf_counter() - tally.begin, tally.all_acked - acked
            nodes_s, postgresql_s, valkey_s = [
                (now - then) / acked * 1_000 for now, then in zip(map(_cpu_s, groups), used, strict=True)
            ]
        for member in members:
            member.stop()
        missing = await drained(members, load.members, tally)
        _print_logs(setup, folder)
    _check(database_url, tally)
    p50, _, p99 = in_ms(tally.acks_s)
    return Row(acked / elapsed, p50, p99, nodes_s, postgresql_s, valkey_s, missing)


def _print_logs(setup: Setup, folder: Path) -> None:
    for file in sorted(folder.iterdir()):
        if said := file.read_text():
            print(f"{setup.name}, from a node's log:\n{said[:4_000]}", flush=True)


def _check(database_url: str, tally: Tally) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        stored, head, apart = connection.execute(
            "SELECT (SELECT count(*) FROM edits), (SELECT sum(version) FROM contents),"
            " (SELECT count(DISTINCT edit_id) FROM edits)"
        ).fetchone() or (0, 0, 0)
    if tally.refusals or not stored == head == apart == tally.all_acked:
        raise RuntimeError(
            f"expected {tally.all_acked} acknowledged edits to be stored once, got {stored} edits, {apart} apart, heads"
            f" that sum up to {head}, and {tally.refusals} refusals"
        )


def _family(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [pid, *(int(child) for task in tasks for child in (task / "children").read_text().split())]


def _cpu_s(pids: Iterable[int]) -> float:
    return sum(cpu_s(pid) for pid in pids if Path(f"/proc/{pid}").exists())


def _valkey_pid(bus_url: str) -> int:
    with redis.Redis.from_url(bus_url) as client:
        return int(client.info("server")["process_id"])


def _cells(name: str, row: Row, one_node_s: float | None) -> tuple[str, ...]:
    times = "" if one_node_s is None else f"{row.all_s / one_node_s:.2f}"
    return (
        name, f"{row.edits_per_s:,.0f}", f"{row.ack_p50_ms:.1f} / {row.ack_p99_ms:.1f}", f"{row.all_s:.3f}",
        f"{row.nodes_s:.3f}", f"{row.postgresql_s:.3f}", f"{row.valkey_s:.3f}", times, f"{row.missing}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each run is measured")
    parser.add_argument("--load", choices=[load.name for load in LOADS], default=LOADS[0].name)
    parser.add_argument("--setups", nargs="+", choices=[setup.name for setup in SETUPS], metavar="SETUP")
    options = parser.parse_args()
    setups = [setup for setup in SETUPS if options.setups is None or setup.name in options.setups]
    [load] = [load for load in LOADS if load.name == options.load]
    pace = Pace(1.5, options.seconds)
    load_average = os.getloadavg()[0]
    rows: dict[str, list[Row]] = {setup.name: [] for setup in setups}
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(is_flushed=True))
        bus_url = stack.enter_context(valkey_server()).url
        for number in range(options.rounds):
            for setup in setups:
                rows[setup.name].append(uvloop.run(run(setup, number, postgres, bus_url, load, pace)))
    print(
        f"{load.name}, {pace.measured_s:g} s each, medians of {options.rounds}, on {os.cpu_count()} cores,"
        f" {datetime.now(UTC):%Y-%m-%d}, load average {load_average:.1f} before.\n"
    )
    found = {name: medians(of_setup) for name, of_setup in rows.items()}
    one_node = found.get(SETUPS[0].name)
    one_node_s = None if one_node is None else one_node.all_s
    for cells in (_HEAD, ["---"] * len(_HEAD), *(_cells(name, row, one_node_s) for name, row in found.items())):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
