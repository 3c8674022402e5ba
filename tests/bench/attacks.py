"""What a bad neighbour does: a member of another band, or somebody without a token, with stock clients.

    python -m tests.bench.attacks NAME URL VICTIM...      again and again, until it is killed

Each attack once held up every band of a node. `ATTACKS` names them; `VICTIM` is what `prepare` made for one.
"""

import asyncio
import contextlib
import io
import json
import sys
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import httpx

from collab.domain.bands import User
from collab.domain.ot.ops import Item, Op, Set
from collab.engine import Engine
from collab.protocol.ids import new_id
from tests.support.members import Member, edit, set_, text
from tests.support.polling import Polling, polling
from tests.support.serving import Running, settings_for

HISTORY = 3_000
LONG_EDITS = 400
CHARTS = 60
NESTING = 100_000
_CHUNK = 200
_CHART = "C G Am F " * 4_000


@dataclass(frozen=True)
class Ground:
    """Where a neighbour may do as they like: a band of their own, and its contents."""

    url: str
    token: str
    band: str
    edited: str
    """Has a history of `HISTORY` edits."""
    long: str
    """Has a history of `LONG_EDITS` edits of ten kilobytes."""
    charts: str
    """Has `CHARTS` songs with charts."""

    def rest(self, *, with_token: bool = True) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token}"} if with_token else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60)

    @contextlib.asynccontextmanager
    async def member(self) -> Any:
        someone = Member("neighbour")
        await someone.connect(self.url, {"token": self.token})
        try:
            yield someone
        finally:
            await someone.close()


Attack: TypeAlias = Callable[[Ground], Awaitable[int]]
"""Does it once, and returns how many answers came."""


async def prepare(database_url: str, names: list[str]) -> dict[str, dict[str, str]]:
    """For each name a user `neighbour-<name>` with a band and contents, as `Ground` has them, in a database whose
    schema is up to date and that nobody serves yet."""
    engine = Engine(settings_for(database_url, rate_limits=False))
    async with engine.running():
        return {name: await _prepared(engine, User(f"neighbour-{name}", "Neighbour")) for name in names}


async def _prepared(engine: Engine, owner: User) -> dict[str, str]:
    band = await engine.membership.create_band(owner, "Next door")

    async def content(songs: int, chart: str) -> str:
        items = [Item(f"s{n}", "song", f"a{n:04}5", {"title": f"Song {n}", "chart": chart}) for n in range(songs)]
        return (await engine.contents.create(owner, band.id, "repertoire", "Songs", {}, items)).id

    async def history(content_id: str, count: int, op: Callable[[int], Op]) -> None:
        for start in range(0, count, _CHUNK):
            edits = (
                engine.editing.edit(owner, None, content_id, edit_id=new_id(), base_version=start, ops=(op(number),))
                for number in range(start, min(count, start + _CHUNK))
            )
            await asyncio.gather(*edits)

    edited, long = await content(2, ""), await content(2, "")
    await history(edited, HISTORY, lambda number: Set("s0", "title", f"Take {number}"))
    await history(long, LONG_EDITS, lambda number: Set("s0", "chart", f"{number} {_CHART[:10_000]}"))
    return {"band": band.id, "edited": edited, "long": long, "charts": await content(CHARTS, _CHART)}


async def edits_on_an_old_base(ground: Ground) -> int:
    """400 on base 0, and 400 on the oldest base that is taken."""
    async with ground.member() as neighbour, ground.rest() as rest:
        head = (await rest.get(f"/api/contents/{ground.edited}")).json().get("version", HISTORY)
        bases = [0] * 400 + [head - 500] * 400
        edits = [edit(ground.edited, base, set_("s0", "title", "Old")) for base in bases]
        return await _all(neighbour, "edit_content", edits)


async def many_ops_on_texts(ground: Ground) -> int:
    """36 edits of 1,000 `text` ops each, and one such edit on the base of the first."""
    async with ground.member() as neighbour, ground.rest() as rest:
        head = (await rest.get(f"/api/contents/{ground.charts}")).json().get("version", 0)
        ops = [text("s1", "notes", "x") for _ in range(1_000)]
        return await _all(neighbour, "edit_content", [edit(ground.charts, head, *ops) for _ in range(37)])


async def undo_and_redo_of_charts(ground: Ground) -> int:
    """The removal of 60 songs with charts, undone, redone, undone."""
    async with ground.member() as neighbour:
        await neighbour.call("join_room", f"content_{ground.charts}")
        opened = await neighbour.call("request_update", {"room_id": f"content_{ground.charts}"})
        version = opened.get("content", {}).get("version", 0)
        removal = edit(ground.charts, version, *({"op": "remove", "item": f"s{n}"} for n in range(CHARTS)))
        answers, target = await _all(neighbour, "edit_content", [removal]), removal["edit_id"]
        for _ in range(8):
            undo = {"room_id": f"content_{ground.charts}", "edit_id": new_id(), "target": target}
            answers += await _all(neighbour, "undo_edit", [undo])
            target = undo["edit_id"]
        return answers


def importing(name: str, data: bytes) -> Attack:
    """An import of a hostile file."""

    async def attack(ground: Ground) -> int:
        async with ground.rest() as rest:
            return await _answers(rest.post(f"/api/bands/{ground.band}/imports", files={"file": (name, data)}))

    return attack


async def packets_without_a_token(ground: Ground) -> int:
    """A polled body of 500,000 packets."""
    async with polling(ground.url) as client:
        return await _answers(client.send("2\x1e" * 500_000))


async def nested(ground: Ground) -> int:
    """Lists within lists within lists, at every door."""
    deep = "[" * NESTING + "]" * NESTING
    async with ground.rest() as rest, polling(ground.url) as client:
        return await _answers(
            rest.post("/api/bands", content=f'{{"name":{deep}}}'),
            rest.post(f"/api/bands/{ground.band}/imports", files={"file": ("songs.json", deep.encode())}),
            *(client.send(packet + deep) for packet in ("40", "42", '421["edit_content",')),
        )


async def histories(ground: Ground) -> int:
    """The longest page of a long history, eight times at once."""
    async with ground.rest() as rest:
        page = f"/api/contents/{ground.long}/edits?limit=1000"
        return await _answers(*(rest.get(page) for _ in range(8)))


async def half_sent_bodies(ground: Ground) -> int:
    """60 bodies of 9 MB with a token, of which the last byte never comes."""
    host, port = ground.url.removeprefix("http://").split(":")
    head = (
        f"POST /api/bands HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ground.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 9000001\r\n\r\n"
    )

    async def send() -> int:
        _, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(head.encode() + b" " * 9_000_000)
            await asyncio.wait_for(writer.drain(), 3)
            return 1
        except (OSError, TimeoutError):
            return 1
        finally:
            writer.transport.abort()

    return sum(await asyncio.gather(*(send() for _ in range(60))))


async def wrong_seeds(ground: Ground) -> int:
    """A content of 500,000 fields of which none is right, and one of 5,000 songs that are."""
    path, wrong = f"/api/bands/{ground.band}/contents", dict.fromkeys((f"f{n}" for n in range(1_000)), 1)
    songs = [{"type": "song", "fields": {"title": f"Song {n}", "key": "Bb", "tempo": 120}} for n in range(5_000)]
    async with ground.rest() as rest:
        seeds = [[{"type": "song", "fields": wrong}] * 490, songs]
        bodies = [{"kind": "setlist", "title": "Seed", "document": {"items": items}} for items in seeds]
        return await _answers(*(rest.post(path, json=body) for body in bodies))


async def questions(ground: Ground) -> int:
    """Ten sessions that ask, each 20 times at once, for a document and for all that there is."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(ground.member()) for _ in range(10)]
        asked = [{"room_id": f"content_{ground.edited}"}, {}] * 10
        return sum(await asyncio.gather(*(_all(session, "request_update", asked) for session in sessions)))


async def idle_sockets(ground: Ground) -> int:
    """200 connections without a token, which say nothing."""
    async with ground.rest(with_token=False) as http:
        clients = [Polling(http) for _ in range(200)]
        for client in clients:
            await client.open()
        return len(clients)


async def _all(who: Member, event: str, payloads: list[Any]) -> int:
    """How many of these, sent at once, were answered."""
    await asyncio.gather(*(who.client.call(event, payload, timeout=60) for payload in payloads))
    return len(payloads)


async def _answers(*calls: Awaitable[httpx.Response]) -> int:
    """How many calls were answered, or had their connection closed."""
    return len(await asyncio.gather(*calls, return_exceptions=True))


def _zip(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


_SPACES = _zip("songs.json", json.dumps([{"title": "t", "key": "A" + " " * 50_000 + "x y"}]).encode())
_QUOTES = b"title,b\n" + b'x","\n' * 12_000
_ONES = b"[" + b"1," * 1_500_000 + b"1]"

ATTACKS: dict[str, tuple[str, Attack]] = {
    "base": ("800 edits on old bases, 400 of them on 0, after 3,000 edits", edits_on_an_old_base),
    "texts": ("37 edits of 1,000 `text` ops on one base", many_ops_on_texts),
    "zip": ("a zip of 200 bytes, a key of 50,000 spaces in it, imported", importing("songs.zip", _SPACES)),
    "quotes": ("a CSV file of open quotes, 60 kB, imported", importing("songs.csv", _QUOTES)),
    "ones": ("`[1,1,…]`, 3 MB, imported", importing("songs.json", _ONES)),
    "packets": ("polled bodies of 500,000 packets, without a token", packets_without_a_token),
    "nested": ("bodies, events and files of 100,000 lists in each other", nested),
    "histories": ("8 histories of 1,000 edits at once", histories),
    "halves": ("60 REST bodies of 9 MB at once, each short of a byte", half_sent_bodies),
    "undo": ("undo and redo of a removal of 60 songs with charts", undo_and_redo_of_charts),
    "seeds": ("contents of 500,000 wrong fields, and of 5,000 songs", wrong_seeds),
    "questions": ("200 `request_update` of ten sessions at once", questions),
    "idle": ("200 idle sockets without a token", idle_sockets),
}  # fmt: skip
"""What each is called in a table, and what does it."""


async def _again_and_again(name: str, ground: Ground) -> None:
    _, attack = ATTACKS[name]
    while True:
        with contextlib.suppress(Exception):  # whatever the server does to it, it goes on
            await attack(ground)


def ground_of(running: Running, name: str, made: dict[str, str]) -> Ground:
    return Ground(running.url, running.token(f"neighbour-{name}"), **made)


def command(name: str, ground: Ground) -> list[str]:
    """Starts it in a process of its own, which the load does not wait for."""
    return [sys.executable, "-m", "tests.bench.attacks", name, json.dumps(asdict(ground))]


if __name__ == "__main__":
    asyncio.run(_again_and_again(sys.argv[1], Ground(**json.loads(sys.argv[2]))))
