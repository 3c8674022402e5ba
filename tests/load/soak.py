"""A long evening: `python -m tests.load.soak [--minutes 10] [--clients 200] [--rooms 40]`.

Clients join, edit, type, point, leave for another room and reconnect, politely or not, on a server in a process of
its own. Prints the server's memory and file descriptors as it goes; afterwards every table is looked at. Ends with
exit code 1 where memory or descriptors keep growing after the warm-up, or the tables do not add up.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from collab.client.wire import document_of
from collab.domain.ot.document import apply_stored
from collab.domain.ot.edits import Edit
from collab.storage.content_cache import KEPT_EDITS
from collab.storage.engine import sync_url
from tests.fault.harness import history, make_band
from tests.load.lean import LeanClient
from tests.support.members import edit, set_
from tests.support.members import text as text_
from tests.support.processes import Served, served
from tests.support.serving import Running, sqlite_url

SAMPLE_S = 10.0
PAUSE_S = 0.5
"""Between two actions of a client, on average."""
ROOMS_PER_BAND = 5
SONGS = 5
NOTES_LENGTH = 60

FILL = 2 * KEPT_EDITS + 100
"""With so many edits of each content the server keeps as many of them in memory as it ever will."""
WARM_UP = 0.5
"""This share of the time is not looked at: the allocator's arenas and the database's caches reach their height late."""
MAX_GROWTH_BYTES_PER_MIN = 500_000
MAX_GROWTH_FDS = 5


@dataclass(frozen=True)
class Sample:
    """The server, so many seconds after the start."""

    at_s: float
    rss_bytes: int
    fds: int


@dataclass
class Score:
    """What all clients have done. `acknowledged` holds the version of each edit, by content and edit_id."""

    acknowledged: dict[str, dict[str, int]] = field(default_factory=dict)
    joins: int = 0
    reconnects: int = 0
    refusals: list[Any] = field(default_factory=list)


class Musician:
    """Moves between the rooms of a band."""

    def __init__(self, server: Running, user_id: str, contents: Sequence[str], score: Score) -> None:
        self._server = server
        self._user_id = user_id
        self._contents = contents
        self._score = score
        self._random = random.Random(user_id)  # noqa: S311  # not a secret
        self._content = contents[0]
        self._typed = 0

    async def fill(self) -> None:
        """Edits at once after each answer, until the content has been edited enough."""
        await self._connect()
        while self._client.version < FILL:
            await self._edit(set_(self._song(), "tempo", self._random.randint(20, 400)))

    async def play(self, until: float) -> None:
        await asyncio.sleep(self._random.random() * PAUSE_S)
        while time.monotonic() < until:
            match self._random.random():
                case share if share < 0.5:
                    await self._edit(set_(self._song(), "tempo", self._random.randint(20, 400)))
                case share if share < 0.7:
                    await self._type()
                case share if share < 0.8:
                    focus = {"item": self._song(), "field": "notes", "anchor": 0, "head": 0}
                    await self._call("update_presence", {"room": self._room, "focus": focus})
                case share if share < 0.9:
                    await self._call("leave_room", self._room)
                    self._content = self._random.choice(self._contents)
                    await self._join()
                case share if share < 0.95:
                    await self._client.close()
                    await self._connect()
                case _:
                    self._client.drop()
                    await self._connect()
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * PAUSE_S)
        await self._client.close()

    @property
    def _room(self) -> str:
        return f"content_{self._content}"

    def _song(self) -> str:
        return f"song-{self._random.randrange(SONGS)}"

    async def _connect(self) -> None:
        self._client = LeanClient(self._server.url, self._server.token(self._user_id))
        self._score.reconnects += 1
        await self._client.open()
        await self._join()

    async def _join(self) -> None:
        answer = await self._call("join_room", self._room)
        self._client.version = answer["content"]["version"]
        self._score.joins += 1

    async def _type(self) -> None:
        """One's own field of text, so that its length is known here: it grows, and begins anew."""
        self._typed += 1
        if self._typed % NOTES_LENGTH == 0:
            await self._edit(set_(self._song(), "notes", "la"))
        else:
            await self._edit(text_(self._song(), "notes", "la "))

    async def _edit(self, op: dict[str, Any]) -> None:
        body = edit(self._content, self._client.version, op)
        answer = await self._call("edit_content", body)
        if answer["ok"] and answer["ops"]:
            self._score.acknowledged.setdefault(self._content, {})[body["edit_id"]] = answer["version"]

    async def _call(self, event: str, payload: Any) -> Any:
        answer = await asyncio.wait_for(self._client.call(event, payload), 30)
        if not answer["ok"]:
            self._score.refusals.append(answer["error"])
        return answer


def _rotated(contents: Sequence[str], places: int) -> list[str]:
    place = places % len(contents)
    return [*contents[place:], *contents[:place]]


async def watch(server: Served, until: float) -> list[Sample]:
    """Looks at the server's process from time to time, and prints what is there."""
    began, samples = time.monotonic(), list[Sample]()
    print(f"{'s':>5} {'MB':>7} {'fds':>5}")
    while time.monotonic() < until:
        await asyncio.sleep(min(SAMPLE_S, max(0.0, until - time.monotonic())))
        samples.append(sample(server.pid, time.monotonic() - began))
        print(f"{samples[-1].at_s:5.0f} {samples[-1].rss_bytes / 1e6:7.1f} {samples[-1].fds:5}", flush=True)
    return samples


def sample(pid: int, at_s: float) -> Sample:
    """A process as it is now."""
    proc = Path(f"/proc/{pid}")
    pages = int((proc / "statm").read_text().split()[1])
    return Sample(at_s, pages * os.sysconf("SC_PAGE_SIZE"), len(list((proc / "fd").iterdir())))


def growth(samples: Sequence[Sample], minutes: float) -> list[str]:
    """What is wrong with how the server grew after the warm-up; prints the figures."""
    steady = [sample for sample in samples if sample.at_s >= WARM_UP * 60 * minutes]
    slope = statistics.linear_regression([s.at_s for s in steady], [s.rss_bytes for s in steady]).slope * 60
    half = len(steady) // 2
    fds = statistics.mean(s.fds for s in steady[half:]) - statistics.mean(s.fds for s in steady[:half])
    print(f"after the warm-up: memory {slope / 1e6:+.2f} MB a minute, descriptors {fds:+.1f} from half to half")
    problems = [f"memory grows by {slope / 1e6:.2f} MB a minute"] if slope > MAX_GROWTH_BYTES_PER_MIN else []
    return problems + ([f"{fds:.0f} more descriptors in the second half"] if fds > MAX_GROWTH_FDS else [])


async def replayed(server: Running, content_id: str, acknowledged: dict[str, int]) -> list[str]:
    """What is wrong with one content: its history against its document and the answers that clients have got."""
    edits = await history(server, content_id)
    async with server.rest("ada") as rest:
        first = (await rest.get(f"/api/contents/{content_id}", params={"version": 0})).json()
        last = (await rest.get(f"/api/contents/{content_id}")).json()
    problems = []
    if [entry["version"] for entry in edits] != list(range(1, last["version"] + 1)):
        problems.append("the versions have a gap or a twin")
    if acknowledged.items() - {(entry["edit_id"], entry["version"]) for entry in edits}:
        problems.append("acknowledged edits are missing")
    document = document_of(first)
    for entry in edits:
        document = apply_stored(document, Edit.from_json(entry).ops)
    if document.to_json() != last:
        problems.append("the edits do not lead to the document")
    return [f"{content_id}: {problem}" for problem in problems]


def left_open(database_url: str) -> list[str]:
    """What the tables say is still going on after the server has ended."""
    engine = create_engine(sync_url(database_url))
    with engine.connect() as connection:
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table} WHERE ended_at IS NULL")).scalar_one()  # noqa: S608
            for table in ("presence_sessions", "nodes")
        }
        strays = connection.execute(
            text(
                "SELECT count(*) FROM contents c WHERE version <> (SELECT count(*) FROM edits WHERE content_id = c.id)"
            )
        ).scalar_one()
    engine.dispose()
    found = [f"{count} rows of {table} have not ended" for table, count in counts.items() if count]
    return found + ([f"{strays} contents have another version than edits"] if strays else [])


async def soak(database_url: str, minutes: float, clients: int, rooms: int) -> list[str]:
    """Everything that went wrong."""
    score = Score()
    bands = max(1, rooms // ROOMS_PER_BAND)
    async with served(database_url, is_fresh=True, log_level="WARNING") as server:
        made = [await make_band(server, clients // bands, rooms // bands) for _ in range(bands)]
        musicians = [
            Musician(server, f"player-{number}", _rotated(contents, number), score)
            for _, contents in made
            for number in range(clients // bands)
        ]
        began = time.monotonic()
        await asyncio.gather(*(musician.fill() for musician in musicians))
        print(f"{FILL} edits in each room after {time.monotonic() - began:.0f} s")
        until = time.monotonic() + 60 * minutes
        watching = asyncio.create_task(watch(server, until))
        await asyncio.gather(*(musician.play(until) for musician in musicians))
        problems = growth(await watching, minutes)
        edits = sum(map(len, score.acknowledged.values()))
        done = f"{edits} edits, {score.joins} joins, {score.reconnects} connections"
        print(f"{len(musicians)} clients, {rooms} rooms: {done}")
        problems += [f"refused: {error}" for error in score.refusals[:3]]
        for content_id, acknowledged in score.acknowledged.items():
            problems += await replayed(server, content_id, acknowledged)
        await server.terminate()
    return problems + left_open(database_url)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rooms", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        problems = await soak(sqlite_url(Path(folder) / "collab.db"), options.minutes, options.clients, options.rooms)
    print("\n".join(problems) or "the tables are consistent, nothing grows")
    return 1 if problems else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main()))
