"""How long members wait for their answers while an operator or an admin is at work on the same installation."""

import asyncio
import base64
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from collab.storage.engine import plain_engine, sqlite_file
from collab.storage.tables import webhook_cursors
from tests.scale.installation import BEN, DEEP, SETLIST
from tests.support.members import Json, Member, edit, member, set_
from tests.support.processes import Served, environment, served

_MEMBERS = (BEN, "user-1", "user-2", "user-3")
_EVERY_S = 0.05
_GIVE_UP_S = 600
_OPERATOR = "dana"
_SECRET = "whsec_" + base64.b64encode(b"what signs the webhook of a measurement").decode()


@dataclass(frozen=True)
class Waited:
    """How long the edits took that members made beside something, in milliseconds, and what that something did."""

    beside: str
    acks_ms: Sequence[float]
    did: str = ""

    def __str__(self) -> str:
        took = sorted(self.acks_ms)
        p50, p99, most = (took[min(len(took) - 1, int(len(took) * part))] for part in (0.5, 0.99, 1.0))
        return f"| {self.beside} | {len(took)} | {p50:.0f} | {p99:.0f} | {most:.0f} | {self.did} |"


async def acks(url: str, for_s: float) -> AsyncIterator[Waited]:
    """The answers beside nothing, and beside each of what operators and admins do, for so long or until it ends."""
    with TemporaryDirectory() as folder:
        beside: Mapping[str, Sequence[str]] = {
            "compact --dry-run": ("compact", "--keep-edits", "100", "--dry-run"),
            "compact": ("compact", "--keep-edits", "100"),
            "backup, a dump": ("backup", f"{folder}/band.jsonl.gz"),
            **({"backup, a copy": ("backup", f"{folder}/band.db")} if sqlite_file(url) else {}),
            "prune": ("prune", "--older-than", "3000d"),
            "migrate, nothing to do": ("migrate",),
        }
        async with _crowd(url) as (node, crowd):
            yield await crowd.during("nothing", asyncio.sleep(for_s, ""))
            yield await crowd.during("an export of the deepest content", _export(node, for_s))
            for name, arguments in beside.items():
                yield await crowd.during(f"`collab {name}`", _command(url, for_s, *arguments))
            yield await crowd.during("nothing", asyncio.sleep(for_s, ""))
            await _command(url, _GIVE_UP_S, "migrate", "0012", "--yes")
            yield await crowd.during("`collab migrate`, a new index of all edits", _command(url, _GIVE_UP_S, "migrate"))
    async with _receiver() as hook, _crowd(url, webhook_url=hook, webhook_secret=_SECRET) as (_, crowd):
        _forget_deliveries(url)
        yield await crowd.during("a webhook that has all edits before it", _delivered(url, for_s))


class _Crowd:
    """Members who each set a field of one setlist, again and again."""

    def __init__(self, members: Sequence[Member], version: int) -> None:
        self._members = members
        self._version = version

    async def during(self, beside: str, work: Awaitable[str]) -> Waited:
        """Edits until the work is done."""
        took: list[float] = []
        at_work = [asyncio.create_task(self._edits(place, took)) for place in range(len(self._members))]
        try:
            did = await work
        finally:
            for task in at_work:
                task.cancel()
            await asyncio.gather(*at_work, return_exceptions=True)
        return Waited(beside, took, did)

    async def _edits(self, place: int, took: list[float]) -> None:
        await asyncio.sleep(place * _EVERY_S / len(self._members))
        tempo = 60
        while True:
            tempo = 60 + (tempo + 1) % 200
            one = edit(SETLIST, self._version, set_(str(UUID(int=place)), "tempo", tempo))
            began_s = time.perf_counter()
            answer = await self._stored(self._members[place], one)
            took.append((time.perf_counter() - began_s) * 1_000)
            self._version = max(self._version, answer["version"])
            await asyncio.sleep(_EVERY_S)

    async def _stored(self, someone: Member, one: Json) -> Json:
        """The answer to an edit that is sent until it is stored."""
        while True:
            answer: Json = await someone.client.call("edit_content", one, timeout=_GIVE_UP_S)
            if answer["ok"]:
                return answer
            await asyncio.sleep(_EVERY_S)


@asynccontextmanager
async def _crowd(url: str, **settings: Any) -> AsyncIterator[tuple[Served, _Crowd]]:
    async with served(url, is_fresh=True, rate_limits=False, **settings) as node, AsyncExitStack() as stack:
        members = [await stack.enter_async_context(member(node, user_id)) for user_id in _MEMBERS]
        for someone in members:
            await someone.ok("join_room", f"content_{SETLIST}")
        async with node.rest(BEN) as rest:
            version = (await rest.get(f"/api/contents/{SETLIST}")).json()["version"]
        crowd = _Crowd(members, version)
        # What it does for the first time is not what is measured.
        await crowd.during("", asyncio.sleep(3, ""))
        yield node, crowd


async def _command(url: str, for_s: float, *arguments: str) -> str:
    """Runs `collab`, presses Ctrl-C after so long, and returns the last line that it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "collab", *arguments,
        env=environment(url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = asyncio.create_task(process.communicate())
    began_s = time.perf_counter()
    done, _ = await asyncio.wait([output], timeout=for_s)
    took = f"{time.perf_counter() - began_s:.0f} s" if done else f"ended after {for_s:.0f} s"
    if not done:
        process.send_signal(signal.SIGINT)
    *_, last = ["", *(await output)[0].decode().strip().splitlines()]
    return f"{took}: {last[-100:]}"


async def _export(node: Served, for_s: float) -> str:
    lines, began_s = 0, time.perf_counter()
    async with node.rest(None) as rest:
        await rest.post("/admin/login", data={"token": node.token(_OPERATOR, is_operator=True)})
        async with rest.stream("GET", "/admin/edits.csv", params={"content_id": DEEP}, timeout=for_s) as answer:
            async for piece in answer.aiter_bytes():
                lines += piece.count(b"\n")
                if time.perf_counter() - began_s > for_s:
                    break
    return f"{time.perf_counter() - began_s:.0f} s: {lines} lines"


@asynccontextmanager
async def _receiver() -> AsyncIterator[str]:
    """The URL of who takes all that is posted there."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def take_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await take(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(take_all, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/edits"


def _forget_deliveries(url: str) -> None:
    engine = plain_engine(url)
    with engine.begin() as connection:
        connection.execute(delete(webhook_cursors))
    engine.dispose()


async def _delivered(url: str, for_s: float) -> str:
    await asyncio.sleep(for_s)
    engine = plain_engine(url)
    with engine.connect() as connection:
        edits = connection.scalar(select(func.sum(webhook_cursors.c.version))) or 0
    engine.dispose()
    return f"{edits / for_s:.0f} edits a second delivered"
