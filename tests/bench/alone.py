"""Of collab alone: what a member feels where it matters what the server keeps and merges."""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from collab.domain.bands import User
from collab.domain.ot.ops import Item, Set
from collab.engine import Engine
from collab.logs import configure_logging
from collab.protocol.ids import new_id
from collab.storage.migrate import migrate
from tests.bench.clients import Member, Tally, mark
from tests.bench.dialects import Op, SocketioMember
from tests.bench.figures import Run, percentiles
from tests.bench.measuring import SONGS, Load, Pace, await_port, cpu_s, free_port, measure, rss_kb
from tests.bench.targets import COLLAB, started
from tests.support.serving import Running, settings_for, sqlite_url

Row = tuple[str, str]

OWNER = User("ada", "Ada")
LENGTHS = (10, 1_010, 100_010)
"""Ten edits after a snapshot, each, so that it is the length alone in which they differ."""
LONGEST_TAIL = 1_199
"""Right before a snapshot, so that most edits are replayed."""
LONG_SETLIST = 300
MISSED = 500
IDLE = 1_000
_OPENINGS = 200
_CHUNK = 200


def same_text(member: Member, edit: int) -> Op:
    """Everybody types at the beginning of one text."""
    return {"op": "text", "item": "s0", "field": "notes", "delta": [mark(member.number, edit)]}


def same_title(member: Member, edit: int) -> Op:
    """Everybody sets one title: whoever comes last overwrites all others."""
    return {"op": "set", "item": "s0", "field": "title", "value": mark(member.number, edit)}


SITUATIONS = (
    Load("8 members of a setlist of 300 songs", 1, 8, songs=LONG_SETLIST),
    Load("8 people typing in one text, 5 times a second each", 1, 8, pause_s=0.2, make_op=same_text),
    Load("8 people setting one field, as fast as it goes", 1, 8, make_op=same_title),
)


async def rows(pace: Pace) -> list[Row]:
    """What was measured, and how much it is."""
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        file = Path(folder) / "bench.db"
        contents = await _fill(file)
        found = [*await _openings(file, contents), *await _idle(file)]
    short = Pace(pace.warm_up_s, pace.measured_s, may_kill=False)
    return [*found, *[(load.name, _told(await measure(COLLAB, load, short))) for load in SITUATIONS]]


def _told(run: Run) -> str:
    acks = " / ".join(f"{value:.1f}" for value in run.ack_ms)
    heard = " / ".join(f"{value:.1f}" for value in run.propagation_ms[::2])
    return (
        f"{run.edits_per_s:,.0f} edits/s; ack p50 / p95 / p99 {acks} ms; propagation p50 / p99 {heard} ms; "
        f"{run.cpu_s_per_1000:.3f} CPU s per 1000 edits"
    )


@dataclass(frozen=True)
class Content:
    room: str
    version: int
    songs: int


async def _fill(file: Path) -> list[Content]:
    """Contents with so many edits in their history, and one of many songs, made by an engine that is gone after."""
    settings = settings_for(sqlite_url(file))
    configure_logging("WARNING")
    migrate(settings.database_url)
    engine = Engine(settings)
    async with engine.running():
        band = await engine.membership.create_band(OWNER, "Bench")
        made = []
        for edits, songs in (*((length, SONGS) for length in (*LENGTHS, LONGEST_TAIL)), (1_000, LONG_SETLIST)):
            items = [Item(f"s{n}", "song", f"a{n:04}5", {"title": f"Song {n}", "tempo": 100}) for n in range(songs)]
            content = await engine.contents.create(OWNER, band.id, "setlist", "Set", {}, items)
            for start in range(0, edits, _CHUNK):
                await asyncio.gather(
                    *(_set(engine, content.id, start, number) for number in range(start, min(edits, start + _CHUNK)))
                )
            made.append(Content(f"content_{content.id}", edits, songs))
    return made


async def _set(engine: Engine, content_id: str, base_version: int, number: int) -> None:
    op = Set(f"s{number % SONGS}", "title", f"Iko Iko, take {number}")
    await engine.editing.edit(OWNER, None, content_id, edit_id=new_id(), base_version=base_version, ops=(op,))


async def _openings(file: Path, contents: Sequence[Content]) -> list[Row]:
    """A server that has no content in memory; all are opened in turn, so that none is warmer than another.

    In an order that changes: what one opens last is not free for the next.
    """
    port = free_port()
    with started(COLLAB, port, file):
        await await_port(port)
        member = _member(port, file, contents[0].room, "ada")
        await member.open()
        took_ms: dict[str, list[float]] = {content.room: [] for content in contents}
        sizes = {}
        shuffled = random.Random(8)  # noqa: S311  # an order that is the same in every run
        for number in range(_OPENINGS + 20):
            for content in shuffled.sample(contents, len(contents)):
                await member.call("leave_room", member.room)
                member.room = content.room
                began = time.perf_counter()
                sizes[content.room] = len(await member.call("join_room", content.room))
                if number >= 20:
                    took_ms[content.room].append((time.perf_counter() - began) * 1_000)
        opened = [
            (
                f"opening a content of {content.songs} songs after {content.version:,} edits"
                + (", right before a snapshot" if content.version == LONGEST_TAIL else ""),
                _took(took_ms[content.room], sizes[content.room]),
            )
            for content in contents
        ]
        least, _, most = [median(took_ms[content.room]) for content in contents[: len(LENGTHS)]]
        missed = [await _catch_up(member, content) for content in (contents[1], contents[-1])]
        member.socket.close()
    return [
        *opened,
        (f"opening after {LENGTHS[-1]:,} edits, to after {LENGTHS[0]}", f"{most / least:.2f} times"),
        *missed,
    ]


async def _catch_up(member: SocketioMember, content: Content) -> Row:
    asked = {"room_id": content.room, "since": content.version - MISSED}
    took_ms = []
    for _ in range(_OPENINGS):
        began = time.perf_counter()
        answer = await member.call("request_update", asked)
        took_ms.append((time.perf_counter() - began) * 1_000)
    form = "edits" if b'"edits":[' in answer else "the content, which is shorter"
    what = f"catching up on {MISSED} missed edits of a content of {content.songs} songs"
    return what, f"{_took(took_ms, len(answer))}: {form}"


def _took(took_ms: Sequence[float], size_bytes: int) -> str:
    p50, p99 = percentiles(took_ms, (50, 99))
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, {size_bytes / 1_000:.0f} kB"


async def _idle(file: Path) -> list[Row]:
    """Connections that do nothing: what each takes of memory, and all together of a core."""
    port = free_port()
    with started(COLLAB, port, file) as process:
        await await_port(port)
        first = _member(port, file, "", "ada")
        await _connect(first)
        before_kb, before_s = rss_kb(process.pid), cpu_s(process.pid)
        members = [_member(port, file, "", f"fan-{number}") for number in range(IDLE)]
        for member in members:
            await _connect(member)
        kb, connect_ms = (rss_kb(process.pid) - before_kb) / IDLE, (cpu_s(process.pid) - before_s) / IDLE * 1_000
        await asyncio.sleep(1)
        cpu, began = cpu_s(process.pid), time.perf_counter()
        # Each is pinged once in this time.
        await asyncio.sleep(settings_for(sqlite_url(file)).ping_interval_s)
        share = (cpu_s(process.pid) - cpu) / (time.perf_counter() - began)
        for member in (first, *members):
            member.socket.close()
    return [
        (f"{IDLE:,} idle connections", f"{kb:.1f} kB each, {share:.2%} of a core in all"),
        ("a connection, its token checked", f"{connect_ms:.2f} CPU ms"),
    ]


async def _connect(member: SocketioMember) -> None:
    await member.socket.open()
    await member.greet()


def _member(port: int, file: Path, room: str, user_id: str) -> SocketioMember:
    running = Running.at(f"http://127.0.0.1:{port}", settings_for(sqlite_url(file)))
    return SocketioMember(port, room, 0, Tally(), running.token(user_id))
