"""The benchmark: `uv run python -m tests.bench [--quick]`. The same load on collab and on bare relays, in turn.

The server runs on one core and the load on the other. Ratios of one run are what counts: absolute figures are
those of one machine at one moment.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.clients import LeanClient, Tally
from tests.support.processes import environment
from tests.support.serving import Running, settings_for, sqlite_url

SONGS = 128


@dataclass(frozen=True)
class Load:
    name: str
    rooms: int
    members: int
    pause_s: float = 0.0


LOADS = (
    Load("10 x 8", 10, 8),
    Load("50 x 4", 50, 4),
    Load("1 x 100", 1, 100),
    Load("paced 200/s", 10, 8, pause_s=0.4),
)


@dataclass(frozen=True)
class Target:
    """A server that can be started on a port; `collab` needs a band and setlists first."""

    name: str
    command: tuple[str, ...]
    is_collab: bool = False


TARGETS = (
    Target("collab", ("-m", "collab", "serve", "--port"), is_collab=True),
    Target("A2 python-socketio relay", ("-m", "tests.bench.relays.python_socketio")),
    Target("A0 raw ASGI relay", ("-m", "tests.bench.relays.raw_asgi")),
)


@dataclass(frozen=True)
class Result:
    target: str
    edits_per_s: float
    deliveries_per_s: float
    ack_ms: tuple[float, float, float]
    propagation_ms: tuple[float, float]
    cpu_s_per_1000: float
    generator_share: float


@contextmanager
def _started(target: Target, port: int, database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, *target.command, str(port)]
    process = subprocess.Popen(
        arguments, env=environment(database_url, log_level="ERROR", rate_limits=False), stdout=subprocess.DEVNULL
    )
    os.sched_setaffinity(process.pid, {0})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _cpu_s(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _await_port(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def _setlists(running: Running, count: int) -> list[str]:
    items = [{"id": f"s{n}", "type": "song", "fields": {"title": f"Song {n}", "tempo": 100}} for n in range(SONGS)]
    async with running.rest("ada") as rest:
        band = (await rest.post("/api/bands", json={"name": "Bench"})).json()["id"]
        body = {"kind": "setlist", "title": "Set", "document": {"items": items}}
        made = [(await rest.post(f"/api/bands/{band}/contents", json=body)).json()["id"] for _ in range(count)]
    return [f"content_{content_id}" for content_id in made]


async def _measure(target: Target, load: Load, warm_up_s: float, measured_s: float) -> Result:
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        database_url = sqlite_url(Path(folder) / "collab.db")
        port = _free_port()
        with _started(target, port, database_url) as process:
            await _await_port(port)
            running = Running.at(f"http://127.0.0.1:{port}", settings_for(database_url))
            rooms = (
                await _setlists(running, load.rooms)
                if target.is_collab
                else [f"content_{n}" for n in range(load.rooms)]
            )
            token = running.token("ada")
            tally = Tally()
            clients = [
                LeanClient(running.url, token, room, f"s{number}", tally)
                for room in rooms
                for number in range(load.members)
            ]
            for client in clients:
                await client.open()
            until = time.perf_counter() + warm_up_s + measured_s
            editing = [
                # Spread over the pause: a real band does not press the key at one instant.
                asyncio.create_task(client.keep_editing(until, load.pause_s, number / len(clients)))
                for number, client in enumerate(clients)
            ]
            await asyncio.sleep(warm_up_s)
            tally.begin, cpu, own_cpu = time.perf_counter(), _cpu_s(process.pid), time.process_time()
            await asyncio.sleep(measured_s)
            cpu, own_cpu = _cpu_s(process.pid) - cpu, time.process_time() - own_cpu
            elapsed = time.perf_counter() - tally.begin
            acks, heard = len(tally.acks_s), len(tally.propagations_s)
            await asyncio.gather(*editing)
            for client in clients:
                await client.close()
            if tally.refusals:
                raise RuntimeError(f"{target.name}: {tally.refusals} edits were refused")
    return Result(
        target.name,
        acks / elapsed,
        heard / elapsed,
        _percentiles_ms(tally.acks_s),
        _percentiles_ms(tally.propagations_s)[::2],
        cpu / acks * 1000,
        own_cpu / elapsed,
    )


def _percentiles_ms(seconds: list[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return (cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _print(load: Load, results: list[Result], runs: int) -> None:
    base = statistics.median(r.cpu_s_per_1000 for r in results if r.target.startswith("A2")) if results else 1
    print(f"\n## {load.name} ({runs} runs each, medians)\n")
    print(
        "| server | edits/s | deliveries/s | ack p50/p95/p99 ms | propagation p50/p99 ms | CPU s/1000 | to A2 | load |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(result.target for result in results):
        mine = [result for result in results if result.target == name]
        mid = sorted(mine, key=lambda result: result.cpu_s_per_1000)[len(mine) // 2]
        acks = " / ".join(f"{value:.1f}" for value in mid.ack_ms)
        heard = " / ".join(f"{value:.1f}" for value in mid.propagation_ms)
        print(
            f"| {name} | {mid.edits_per_s:,.0f} | {mid.deliveries_per_s:,.0f} | {acks} | {heard} "
            f"| {mid.cpu_s_per_1000:.3f} | {mid.cpu_s_per_1000 / base:.2f} | {mid.generator_share:.0%} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run each, in under a minute")
    parser.add_argument("--only", help="one load, by its name")
    options = parser.parse_args()
    os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
    runs, warm_up_s, measured_s = (1, 0.7, 2.0) if options.quick else (3, 2.0, 5.0)
    for load in LOADS:
        if options.only in (None, load.name):
            results = [
                asyncio.run(_measure(target, load, warm_up_s, measured_s)) for _ in range(runs) for target in TARGETS
            ]
            _print(load, results, runs)


if __name__ == "__main__":
    main()
