"""Throughput of 1, 2 and 4 nodes on PostgreSQL, and what limits it: 10 rooms of 8, each editing in a closed loop.

    uv run python -m tests.bench.nodes            under two minutes
    uv run python -m tests.bench.nodes --quick    shorter runs

Nothing is pinned to a core: nodes, PostgreSQL, Valkey and the load share the machine as the kernel shares it out, and
the kernel spreads the connections over the nodes. PostgreSQL flushes each commit to disk; rate limits are off.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

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

BUSY = 0.9
"""A core that is used to this share has nothing left to give."""

_HEAD = (
    "nodes", "edits/s", "deliveries/s", "ack p50 / p99 ms", "members of each node", "CPU of the nodes", "PostgreSQL",
    "Valkey", "load", "others", "missing", "what limits it",
)  # fmt: skip


@dataclass(frozen=True)
class Setup:
    nodes: int
    has_bus: bool

    @property
    def name(self) -> str:
        return f"{self.nodes}{'' if self.has_bus else ', no bus'}"


SETUPS = (Setup(1, has_bus=False), Setup(1, has_bus=True), Setup(2, has_bus=True), Setup(4, has_bus=True))


@dataclass(frozen=True)
class Shares:
    """CPU in cores: of each node, and of what they share the machine with."""

    nodes: tuple[float, ...]
    postgresql: float
    valkey: float
    load: float
    others: float

    @property
    def all(self) -> float:
        return sum(self.nodes) + self.postgresql + self.valkey + self.load + self.others


def limit(shares: Shares, cores: int) -> str:
    """What has nothing left to give: one process that runs on one core, or the machine."""
    if max(shares.nodes) >= BUSY:
        return "the core of a node"
    if shares.load >= BUSY:
        return "the core of the load"
    if shares.all >= BUSY * cores:
        return f"the machine: {shares.all:.1f} of {cores} cores"
    return f"waiting for commits: {shares.all:.1f} of {cores} cores are busy"


async def row(setup: Setup, postgres: PostgresServer, bus_url: str, load: Load, pace: Pace) -> tuple[str, ...]:
    """One run on a database of its own. Raises `RuntimeError` where an edit was refused, lost or stored twice."""
    database_url = create_database(postgres.url, f"bench_{setup.nodes}_{int(setup.has_bus)}")
    bus = {"bus_url": bus_url} if setup.has_bus else {}
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        log = Path(folder) / "log"
        options = ["--workers", str(setup.nodes)]
        async with served(
            database_url, 0, options, log, is_fresh=True, rate_limits=False, log_level="WARNING", **bus
        ) as server:
            port = int(server.url.rsplit(":", 1)[1])
            # The file is that of a server which keeps its data in one; this one has a URL.
            desk = await FrontDesk.of(COLLAB, port, Path("unused"), load)
            tally = Tally()
            members = [desk.member(room, song, tally) for room in desk.rooms for song in range(load.members)]
            nodes = _nodes(server.pid, setup.nodes)
            before = [_sockets(pid) for pid in nodes]
            for member in members:
                await member.open()
            spread = [_sockets(pid) - had for pid, had in zip(nodes, before, strict=True)]
            groups = [*([pid] for pid in nodes), _family(postgres.pid), [_valkey_pid(bus_url)], [os.getpid()]]
            with no_collections():
                start(members, load)
                await asyncio.sleep(pace.warm_up_s)
                groups[-3] = _family(postgres.pid)
                tally.begin, used, busy = time.perf_counter(), [*map(_cpu_s, groups)], _machine_s()
                acked, heard = tally.all_acked, tally.deliveries
                await asyncio.sleep(pace.measured_s)
                elapsed = time.perf_counter() - tally.begin
                acked, heard = tally.all_acked - acked, tally.deliveries - heard
                cores = [(now - then) / elapsed for now, then in zip(map(_cpu_s, groups), used, strict=True)]
                all_cores = (_machine_s() - busy) / elapsed
            for member in members:
                member.stop()
            missing = await drained(members, load.members, tally)
        if said := log.read_text():
            print(f"{setup.name} nodes, from the log:\n{said[:4_000]}", flush=True)
    _check(database_url, tally)
    *of_nodes, postgresql, valkey, own = cores
    shares = Shares(tuple(of_nodes), postgresql, valkey, own, max(0.0, all_cores - sum(cores)))
    p50, _, p99 = in_ms(tally.acks_s)
    return (
        setup.name, f"{acked / elapsed:,.0f}", f"{heard / elapsed:,.0f}", f"{p50:.1f} / {p99:.1f}",
        " + ".join(map(str, spread)), " + ".join(f"{share:.2f}" for share in of_nodes), f"{postgresql:.2f}",
        f"{valkey:.2f}", f"{own:.2f}", f"{shares.others:.2f}", f"{missing}", limit(shares, os.cpu_count() or 1),
    )  # fmt: skip


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


def _nodes(pid: int, count: int) -> list[int]:
    """The processes of the nodes: the server itself, or its workers."""
    if count == 1:
        return [pid]
    return [child for child in _children(pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def _family(pid: int) -> list[int]:
    return [pid, *_children(pid)]


def _cpu_s(pids: Iterable[int]) -> float:
    return sum(cpu_s(pid) for pid in pids if Path(f"/proc/{pid}").exists())


def _machine_s(stat: Path = Path("/proc/stat")) -> float:
    """What all cores have worked since the machine started."""
    user, nice, system, _idle, _waiting, irq, softirq, *_ = map(int, stat.read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _sockets(pid: int) -> int:
    return sum(str(file.readlink()).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())


def _valkey_pid(bus_url: str) -> int:
    with redis.Redis.from_url(bus_url) as client:
        return int(client.info("server")["process_id"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter runs")
    options = parser.parse_args()
    pace = Pace(0.5, 1.5) if options.quick else Pace(2.0, 8.0)
    load_average = os.getloadavg()[0]
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(is_flushed=True))
        bus_url = stack.enter_context(valkey_server()).url
        rows = [uvloop.run(row(setup, postgres, bus_url, LOADS[0], pace)) for setup in SETUPS]
    print(
        f"{LOADS[0].name}, {pace.measured_s:g} s each, on {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, load"
        f" average {load_average:.1f} before; CPU in cores. Others: what else ran on the machine.\n"
    )
    for cells in (_HEAD, ["---"] * len(_HEAD), *rows):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
