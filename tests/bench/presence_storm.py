"""A storm of cursor moves: one room, 100 people, 10 moves a second each, coalesced and not, in one run.

    uv run python -m tests.bench.presence_storm [--people 100] [--moves 10] [--seconds 8]

The server is `collab serve` in a process of its own; its CPU time is read from /proc (Linux). Every move asks for
an answer, so that a server that falls behind shows: in moves answered, and in how long an answer takes.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

from websockets.asyncio.client import ClientConnection, connect

from collab.domain.access import Role
from collab.domain.bands import User
from collab.storage.migrate import migrate
from collab.tokens import Tokens
from tests.support.processes import served
from tests.support.serving import serving, settings_for, sqlite_url

WARM_UP_S = 2.0
OWNER = User("ada", "Ada")


@dataclass
class Tally:
    """What all clients saw in the time that counts."""

    moves: int = 0
    answered: int = 0
    updates: int = 0
    received_bytes: int = 0
    waits_ms: list[float] = field(default_factory=list)


class Person:
    """A websocket that moves its cursor and counts what it hears."""

    def __init__(self, socket: ClientConnection, room: str, tally: Tally) -> None:
        self._socket = socket
        self._room = room
        self._tally = tally
        self._sent_at: dict[int, float] = {}

    async def move(self, moves_per_s: float, until: float, offset_s: float) -> None:
        await asyncio.sleep(offset_s)
        number = 0
        due = time.monotonic()
        while due < until:
            number += 1
            focus = {"field": "notes", "anchor": number, "head": number}
            self._sent_at[number] = time.monotonic()
            self._tally.moves += 1
            body = json.dumps(["update_presence", {"room": self._room, "focus": focus}])
            await self._socket.send(f"42{number}{body}")
            due += 1 / moves_per_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def listen(self) -> None:
        async for message in self._socket:
            text = str(message)
            if text == "2":
                await self._socket.send("3")
            elif text.startswith("43"):
                self._tally.answered += 1
                sent_at = self._sent_at.pop(int(text[2 : text.index("[")]), None)
                if sent_at is not None:
                    self._tally.waits_ms.append((time.monotonic() - sent_at) * 1_000)
            elif text.startswith('42["presence_updated"'):
                self._tally.updates += 1
                self._tally.received_bytes += len(text)


def cpu_s(pid: int) -> float:
    """CPU time that a process has used, all its threads."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


async def storm(database_url: str, room: str, interval_s: float, options: argparse.Namespace) -> list[str]:
    """One row of the table."""
    tokens = Tokens(settings_for(database_url))
    tally = Tally()
    async with served(database_url, is_fresh=True, presence_interval_s=interval_s, rate_limits=False) as server:
        sockets, people = [], []
        for number in range(options.people):
            socket = await connect(
                f"{server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket",
                compression=None,
                max_queue=None,
            )
            token = tokens.sign(User(f"fan-{number}", f"Fan {number}"), timedelta(hours=1), datetime.now(UTC))
            await socket.recv()
            await socket.send("40" + json.dumps({"token": token}))
            await socket.send("42" + json.dumps(["join_room", room]))
            sockets.append(socket)
            people.append(Person(socket, room, tally))
        listening = [asyncio.create_task(person.listen()) for person in people]
        end = time.monotonic() + WARM_UP_S + options.seconds
        moving = [
            asyncio.create_task(person.move(options.moves, end, index / options.people / options.moves))
            for index, person in enumerate(people)
        ]
        await asyncio.sleep(WARM_UP_S)
        before, cpu_before, started = (
            Tally(**{**vars(tally), "waits_ms": []}),
            cpu_s(server.pid),
            time.monotonic(),
        )
        tally.waits_ms.clear()
        await asyncio.sleep(end - time.monotonic())
        took_s, used_s = time.monotonic() - started, cpu_s(server.pid) - cpu_before
        rates = [
            (now - then) / took_s
            for now, then in (
                (tally.moves, before.moves),
                (tally.answered, before.answered),
                (tally.updates, before.updates),
                (tally.received_bytes / 1e6, before.received_bytes / 1e6),
            )
        ]
        waits = quantiles(tally.waits_ms, n=100) if len(tally.waits_ms) > 1 else [float("nan")] * 99
        for task in (*listening, *moving):
            task.cancel()
        await asyncio.gather(*listening, *moving, return_exceptions=True)
        for socket in sockets:
            socket.transport.abort()
    return [
        f"every {interval_s * 1_000:.0f} ms" if interval_s else "uncoalesced",
        f"{rates[0]:.0f}",
        f"{rates[1]:.0f}",
        f"{rates[2]:.0f}",
        f"{rates[2] / options.people:.1f}",
        f"{rates[3]:.1f}",
        f"{100 * used_s / took_s:.0f} %",
        f"{used_s / took_s / rates[1] * 1_000:.2f}",
        f"{waits[49]:.0f}",
        f"{waits[98]:.0f}",
    ]


async def main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database_url = sqlite_url(Path(folder) / "collab.db")
        migrate(database_url)
        async with serving(settings_for(database_url)) as server:
            band = await server.engine.membership.create_band(OWNER, "Storm")
            for number in range(options.people):
                await server.engine.membership.put_member(OWNER, band.id, f"fan-{number}", Role.EDITOR, None)
            setlist = await server.engine.contents.create(OWNER, band.id, "setlist", "Friday", {"notes": "la"})
        head = [
            "presence",
            "moves/s",
            "answered/s",
            "messages/s",
            "of them each",
            "MB/s",
            "server CPU",
            "CPU s per 1000 moves",
            "p50 ms",
            "p99 ms",
        ]
        room = f"content_{setlist.id}"
        coalesced = await storm(database_url, room, 0.05, options)
        uncoalesced = await storm(database_url, room, 0.0, options)
    for row in (head, ["---"] * len(head), coalesced, uncoalesced):
        print("| " + " | ".join(row) + " |")  # its result is what it prints


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--moves", type=float, default=10.0, help="a second, of each of them")
    parser.add_argument("--seconds", type=float, default=8.0, help="that count, after a warm-up")
    asyncio.run(main(parser.parse_args()))
