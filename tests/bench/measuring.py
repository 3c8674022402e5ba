"""One server under one load: the measured seconds, the deliveries, and what is left after a `kill -9`."""

import asyncio
import gc
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.clients import Member, Tally, marks
from tests.bench.dialects import OpMaker, SocketioMember, own_title
from tests.bench.figures import Run, in_ms, lost_edits
from tests.bench.targets import Target, started
from tests.support.serving import Running, settings_for, sqlite_url

SONGS = 30
_KILL_AFTER_S = 0.5


@dataclass(frozen=True)
class Load:
    name: str
    rooms: int
    members: int
    pause_s: float = 0.0
    """Between two edits of a member; 0: the next one follows the ack of the last."""
    songs: int = SONGS
    warm_ups: int = 1
    """How many times as long as others it needs until SQLite's log, its file that is, no longer grows: until then each
    commit costs a quarter more."""
    make_op: OpMaker = own_title


@dataclass(frozen=True)
class Pace:
    """How long to measure, and whether to kill the server in the end."""

    warm_up_s: float = 2.0
    measured_s: float = 5.0
    may_kill: bool = True


LOADS = (
    Load("10 x 8", 10, 8),
    Load("50 x 4", 50, 4),
    Load("1 x 100", 1, 100, songs=100),
    Load("10 x 8 paced", 10, 8, pause_s=0.4, warm_ups=4),
)


async def measure(target: Target, load: Load, pace: Pace, number: int = 0) -> Run:
    """One run, on fresh data. Raises `RuntimeError` where an edit was refused."""
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        file = Path(folder) / "bench.db"
        port = free_port()
        with started(target, port, file) as process:
            await await_port(port)
            desk = await FrontDesk.of(target, port, file, load)
            tally = Tally()
            first, *others = members = [
                desk.member(room, song, tally) for room in desk.rooms for song in range(load.members)
            ]
            await first.open(desk.songs)
            before_kb = rss_kb(process.pid)
            for member in others:
                await member.open(desk.songs if member.song == 0 else 0)
            kb_per_connection = (rss_kb(process.pid) - before_kb) / len(others)
            figures = await _figures(process.pid, members, load, pace, tally)
            missing = await drained(members, load.members, tally)
            if pace.may_kill:
                await _kill_at_an_ack(process, members, load, tally)
        acked = lost = None
        if pace.may_kill:
            acked, lost = tally.all_acked, await _lost(target, desk, file, tally)
    return Run(
        target.name, load.name, number, **figures, kb_per_connection=kb_per_connection, missing=missing, acked=acked,
        lost=lost,
    )  # fmt: skip


class FrontDesk:
    """Where members get their room and their token."""

    def __init__(self, target: Target, running: Running, port: int, rooms: list[str], load: Load) -> None:
        self.rooms = rooms
        self.songs = 0 if target.is_collab else load.songs
        self._target, self._running, self._port, self._load = target, running, port, load

    @classmethod
    async def of(cls, target: Target, port: int, file: Path, load: Load) -> "FrontDesk":
        running = Running.at(f"http://127.0.0.1:{port}", settings_for(sqlite_url(file)))
        if not target.is_collab:
            return cls(target, running, port, [f"content_{n}" for n in range(load.rooms)], load)
        items = [
            {"id": f"s{n}", "type": "song", "fields": {"title": f"Song {n}", "tempo": 100}} for n in range(load.songs)
        ]
        setlist = {"kind": "setlist", "title": "Set", "document": {"items": items}}
        async with running.rest("ada") as rest:
            made = []
            for _ in range(load.rooms):
                band = (await rest.post("/api/bands", json={"name": "Bench"})).json()["id"]
                for n in range(load.members):
                    put = await rest.put(f"/api/bands/{band}/members/player-{n}", json={"role": "editor"})
                    put.raise_for_status()
                made.append((await rest.post(f"/api/bands/{band}/contents", json=setlist)).json())
        return cls(target, running, port, [f"content_{content['id']}" for content in made], load)

    def member(self, room: str, song: int, tally: Tally, port: int | None = None) -> Member:
        member = self._target.member(port or self._port, room, song, tally, self._running.token(f"player-{song}"))
        if isinstance(member, SocketioMember):
            member.make_op = self._load.make_op
        return member


async def _figures(pid: int, members: list[Member], load: Load, pace: Pace, tally: Tally) -> dict[str, Any]:
    with no_collections():
        start(members, load)
        await asyncio.sleep(load.warm_ups * pace.warm_up_s)
        tally.begin, cpu, own_cpu = time.perf_counter(), cpu_s(pid), time.process_time()
        acked, heard = tally.all_acked, tally.deliveries
        await asyncio.sleep(pace.measured_s)
        elapsed = time.perf_counter() - tally.begin
        acked, heard = tally.all_acked - acked, tally.deliveries - heard
        cpu, own_cpu = cpu_s(pid) - cpu, time.process_time() - own_cpu
    for member in members:
        member.stop()
    if not acked:
        raise RuntimeError(f"expected edits to be acknowledged, there was none in {elapsed:.1f} s")
    if tally.refusals:
        raise RuntimeError(f"expected every edit to be taken, {tally.refusals} were refused")
    return {
        "edits_per_s": acked / elapsed,
        "deliveries_per_s": heard / elapsed,
        "ack_ms": in_ms(tally.acks_s),
        "propagation_ms": in_ms(tally.propagations_s),
        "cpu_s_per_1000": cpu / acked * 1_000,
        "server_share": cpu / elapsed,
        "generator_share": own_cpu / elapsed,
    }


def start(members: list[Member], load: Load) -> None:
    for number, member in enumerate(members):
        # Spread over the pause: a real band does not press the key at one instant.
        member.start(load.pause_s, number / len(members))


@contextmanager
def no_collections() -> Iterator[None]:
    """No garbage is collected meanwhile: that would hold up the load just while it counts."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def drained(members: list[Member], in_a_room: int, tally: Tally) -> int:
    """How many deliveries are missing when all has had its time."""
    deadline = time.monotonic() + 10
    while True:
        missing = sum(tally.acked) * (in_a_room - 1) - tally.deliveries
        if (not missing and not any(member.is_waiting for member in members)) or time.monotonic() > deadline:
            return missing
        await asyncio.sleep(0.02)


async def _kill_at_an_ack(process: subprocess.Popen[bytes], members: list[Member], load: Load, tally: Tally) -> None:
    """Edits on, and kills the server from within an ack. What it had acknowledged by then still arrives."""
    kill_at = time.monotonic() + _KILL_AFTER_S

    def kill() -> None:
        if time.monotonic() > kill_at:
            tally.on_ack = None
            process.send_signal(signal.SIGKILL)

    tally.on_ack = kill
    start(members, load)
    await asyncio.wait([member.socket.closed for member in members], timeout=10)


async def _lost(target: Target, desk: FrontDesk, file: Path, tally: Tally) -> int:
    """How many of the acknowledged edits a fresh server on the same file does not show."""
    port = free_port()
    found: dict[int, int] = {}
    with started(target, port, file):
        await await_port(port)
        for room in desk.rooms:
            reader = desk.member(room, 0, _Deaf(), port)
            for member, edit in marks(await reader.open()):
                found[member] = max(found.get(member, -1), edit)
            reader.socket.close()
    return lost_edits(tally.acked, found)


class _Deaf(Tally):
    """For a reader that counts nothing: Hocuspocus sends a document that it loads as news, too."""

    def hear(self, member: int, message: bytes) -> None:
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def await_port(port: int) -> None:
    """Returns when something listens there; `OSError` after a minute."""
    deadline = time.monotonic() + 60
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.02)


def cpu_s(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_kb(pid: int) -> float:
    """The memory of a process that is its own or shared and resident."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_024
