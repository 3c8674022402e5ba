"""The storm after a restart: the server is killed under thousands of members, started again, and all come back at once.

    uv run python -m tests.bench.restart_storm [--members 5000] [--rooms 500] [--alone]

While the server is down each setlist gets three edits that nobody has heard of. The clients find their sockets closed
and connect again as stock ones do: after about a second, then two, four and five, at random. Each joins with `since`,
and is back when it holds the latest version. The first of each room edits from then on, twice a second, until all are
back. Each room is behind an address of its own.

Beside it Node's socket.io, which checks no token, keeps nothing, and has nothing to catch up on. The server has one
core and the load the other (Linux).
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import orjson
import uvloop

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.ot.ops import Item, Set
from collab.engine import Engine
from collab.logs import configure_logging
from collab.protocol.ids import new_id
from collab.storage.migrate import migrate
from tests.bench.clients import Tally
from tests.bench.dialects import SocketioMember
from tests.bench.figures import percentiles
from tests.bench.measuring import SONGS, await_port, cpu_s, free_port, no_collections, rss_kb
from tests.bench.targets import COLLAB, FROM_NPM, GENERATOR_CORE, Target, install_peers, started
from tests.support.serving import Running, settings_for, sqlite_url
from tests.support.waiting import until

OWNER = User("ada", "Ada", is_operator=True)

MISSED = 3
DOWN_S = 5.0
"""How long nobody serves, at least: what the members miss is stored meanwhile."""

PAUSE_S = 0.5
RETRY_S = (1.0, 2.0, 4.0, 5.0)
"""The pauses of socket.io-client, each by up to half of it longer or shorter."""

_AT_ONCE = 50
_GIVE_UP_S = 600

HEAD = (
    "server", "members / rooms", "all back s", "a member's return p50 / p99 / worst s", "ack p50 / worst ms", "acks",
    "connected twice", "server CPU s", "CPU ms a member", "load CPU s", "MB at the end",
)  # fmt: skip


@dataclass(frozen=True)
class Room:
    """A setlist and those who have it open; `head` is its version when they come back, where it has one."""

    name: str
    address: str
    user_ids: Sequence[str]
    head: int | None = None


@dataclass
class Storm:
    """What the members who are back have seen."""

    returns_s: list[float] = field(default_factory=list)
    connected_count: int = 0


class Guest:
    """One member: there, then without a server, then back."""

    def __init__(self, port: int, room: Room, number: int, token: str, chance: Random) -> None:
        self.tally = Tally()
        self._port, self._room, self._number, self._token = port, room, number, token
        self._chance = chance
        self._member = self._new()

    def _new(self) -> SocketioMember:
        member = SocketioMember(self._port, self._room.name, self._number, self.tally, self._token)
        member.socket.local_address = self._room.address
        return member

    async def come(self) -> None:
        await self._member.open()

    async def come_back(self, storm: Storm) -> None:
        """Tries until it is in its room and holds the latest version; then the first of the room edits."""
        await self._member.socket.closed
        since, tries = self._member.version, 0
        while True:
            pause_s = RETRY_S[min(tries, len(RETRY_S) - 1)]
            await asyncio.sleep(pause_s * self._chance.uniform(0.5, 1.5))
            tries += 1
            began = time.perf_counter()
            self.tally = Tally()
            self.tally.begin = 0.0
            self._member = self._new()
            try:
                await self._member.socket.open()
            except OSError:
                # Nobody listens.
                continue
            storm.connected_count += 1
            try:
                await self._enter(since)
                break
            except OSError:
                # No answer, or another than it wants.
                self._member.socket.close()
        storm.returns_s.append(time.perf_counter() - began)
        if self._number == 0:
            self._member.start(PAUSE_S, self._chance.random())

    async def _enter(self, since: int) -> None:
        await self._member.greet()
        head = self._room.head
        if head is None:
            await self._member.call("join_room", self._room.name)
            return
        answer = await self._member.call("join_room", {"room": self._room.name, "since": since})
        body = orjson.loads(answer[answer.index(b"[") :])[0]
        self._member.version = max(self._member.version, body.get("version", 0))
        if self._member.version < head or len(body.get("edits", ())) < head - since:
            raise RuntimeError(f"expected the edits after {since} up to {head}, got {answer[:300]!r}")

    @property
    def is_waiting(self) -> bool:
        return self._member.is_waiting

    def stop(self) -> None:
        self._member.stop()

    def leave(self) -> None:
        self._member.socket.close()


async def measure(target: Target, members: int, rooms: int, down_s: float = DOWN_S) -> list[str]:
    """One row of the table; nobody serves for so long. `RuntimeError` where a member comes back without what it has
    missed."""
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        file, port = Path(folder) / "bench.db", free_port()
        made = await _rooms(file, members // rooms, rooms, is_collab=target.is_collab)
        running = Running.at(f"http://127.0.0.1:{port}", settings_for(sqlite_url(file)))
        chance = Random(8)  # noqa: S311  # the same in every run
        guests = [
            Guest(port, room, number, running.token(user_id), chance)
            for room in made
            for number, user_id in enumerate(room.user_ids)
        ]
        storm = Storm()
        with started(target, port, file) as process:
            await await_port(port)
            for begin in range(0, len(guests), _AT_ONCE):
                await asyncio.gather(*(guest.come() for guest in guests[begin : begin + _AT_ONCE]))
            coming = [asyncio.create_task(guest.come_back(storm)) for guest in guests]
            process.kill()
            process.wait()
        down_until = time.monotonic() + down_s
        if target.is_collab:
            await _edit(file, made)
        await asyncio.sleep(down_until - time.monotonic())
        with no_collections(), started(target, port, file) as process:
            await await_port(port)
            began, cpu, own_cpu = time.perf_counter(), cpu_s(process.pid), time.process_time()
            async with asyncio.timeout(_GIVE_UP_S):
                await asyncio.gather(*coming)
            back_s = time.perf_counter() - began
            cpu, own_cpu = cpu_s(process.pid) - cpu, time.process_time() - own_cpu
            for guest in guests:
                guest.stop()
            await until(lambda: not any(guest.is_waiting for guest in guests))
            mb = rss_kb(process.pid) / 1_024
            for guest in guests:
                guest.leave()
    acks_s = [ack_s for guest in guests for ack_s in guest.tally.acks_s]
    return [
        target.name,
        f"{len(guests):,} / {rooms:,}",
        f"{back_s:.1f}",
        " / ".join(f"{value:.2f}" for value in percentiles(storm.returns_s, (50, 99, 100))),
        " / ".join(f"{value * 1_000:.1f}" for value in percentiles(acks_s, (50, 100))),
        f"{len(acks_s):,}",
        f"{storm.connected_count - len(guests):,}",
        f"{cpu:.1f}",
        f"{cpu / len(guests) * 1_000:.2f}",
        f"{own_cpu:.1f}",
        f"{mb:.0f}",
    ]


async def _rooms(file: Path, members: int, rooms: int, *, is_collab: bool) -> list[Room]:
    """Bands of so many, each with a setlist, made by an engine that is gone after; a relay needs their names alone."""
    of = [[f"fan-{room}-{number}" for number in range(members)] for room in range(rooms)]
    addresses = [f"127.1.{room // 250}.{room % 250 + 1}" for room in range(rooms)]
    if not is_collab:
        return [Room(f"content_{room}", addresses[room], of[room]) for room in range(rooms)]
    items = [Item(f"s{n}", "song", f"a{n:04}5", {"title": f"Song {n}", "tempo": 100}) for n in range(SONGS)]
    migrate(sqlite_url(file))
    engine = Engine(settings_for(sqlite_url(file)))
    made = []
    async with engine.running():
        for address, user_ids in zip(addresses, of, strict=True):
            band = await engine.membership.create_band(OWNER, "Bench")
            for user_id in user_ids:
                await engine.membership.put_member(OWNER, band.id, user_id, Role.EDITOR, None)
            content = await engine.contents.create(OWNER, band.id, "setlist", "Set", {}, items)
            made.append(Room(f"content_{content.id}", address, user_ids, MISSED))
    return made


async def _edit(file: Path, rooms: Sequence[Room]) -> None:
    """What the members miss."""
    engine = Engine(settings_for(sqlite_url(file)))
    async with engine.running():
        await engine.membership.welcome(OWNER)
        for number in range(MISSED):
            op = Set(f"s{number}", "title", f"Iko Iko, take {number}")
            await asyncio.gather(
                *(
                    engine.editing.edit(
                        OWNER,
                        None,
                        room.name.removeprefix("content_"),
                        edit_id=new_id(),
                        base_version=number,
                        ops=(op,),
                    )
                    for room in rooms
                )
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--rooms", type=int, default=500)
    parser.add_argument("--alone", action="store_true", help="without Node's socket.io, which comes from npm")
    options = parser.parse_args()
    configure_logging("ERROR")
    if not options.alone:
        install_peers()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    for row in (HEAD, ["---"] * len(HEAD)):
        print("| " + " | ".join(row) + " |")
    for target in (COLLAB,) if options.alone else (COLLAB, FROM_NPM[0]):
        row = uvloop.run(measure(target, options.members, options.rooms))
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
