"""Clients in a process of their own, so that what they leave behind is not taken for the server's.

`python -m tests.support.visitors <url> <token> <content_id>` reads lines `<kind> <count>`, makes so many visits of
that kind, one after the other, and answers each line with one of its own.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from websockets.asyncio.client import connect

from tests.load.lean import LeanClient
from tests.support.members import Member, edit, set_
from tests.support.polling import CLOSE, polling
from tests.support.processes import START_TIMEOUT_S

VISIT_TIMEOUT_S = 30.0


@dataclass
class Visitor:
    """Does one visit at a time; each kind is a method."""

    url: str
    token: str
    content_id: str

    @property
    def room(self) -> str:
        return f"content_{self.content_id}"

    async def session(self, *, is_polite: bool = True, is_wrong: bool = False) -> None:
        """Joins, edits, points, leaves and goes."""
        client = LeanClient(self.url, self.token)
        await client.open()
        await self._ok(client, "join_room", self.room)
        for tempo in (100, 200):
            await self._ok(client, "edit_content", edit(self.content_id, client.version, set_("iko", "tempo", tempo)))
        focus = {"item": "iko", "field": "notes", "anchor": 0, "head": 0}
        await self._ok(client, "update_presence", {"room": self.room, "focus": focus})
        for event, payload in (("join_room", "content_nowhere"), ("edit_content", {}), ("no_event", None)):
            assert not (await client.call(event, payload))["ok"]
        if is_wrong:
            wrong = edit(self.content_id, client.version, set_("iko", "tempo", "fast"))
            assert not (await client.call("edit_content", wrong))["ok"]
        await self._ok(client, "leave_room", self.room)
        await self._ok(client, "join_room", self.room)
        if is_polite:
            await client.close()
        else:
            client.drop()

    async def broken_session(self) -> None:
        await self.session(is_polite=False)

    async def wrong_session(self) -> None:
        """With an edit that the journal refuses."""
        await self.session(is_wrong=True)

    async def refused(self) -> None:
        """Shows a bad token."""
        async with connect(f"{self.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket") as socket:
            await socket.recv()
            await socket.send('40{"token":"bad"}')
            assert str(await socket.recv()).startswith("44")

    async def polling(self) -> None:
        async with polling(self.url) as client:
            await client.connect(self.token)
            await client.poll()
            await client.emit("join_room", self.room)
            await client.send(CLOSE)

    async def upgrade(self) -> None:
        """Begins by polling and goes over to a websocket."""
        member = Member("ada")
        await member.connect(self.url, {"token": self.token}, ("polling", "websocket"))
        await member.ok("join_room", self.room)
        await member.close()

    async def rest(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}) as http:
            for path, status in ((f"/api/contents/{self.content_id}", 200), ("/api/contents/nothing", 403)):
                assert (await http.get(path)).status_code == status, path

    async def _ok(self, client: LeanClient, event: str, payload: object) -> None:
        answer = await client.call(event, payload)
        assert answer["ok"], answer


@dataclass
class Visitors:
    """The process, as a test sees it."""

    _process: asyncio.subprocess.Process

    async def visit(self, kind: str, count: int) -> None:
        """Returns once the visits are over, as the clients see it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kind} {count}\n".encode())
        answer = await asyncio.wait_for(self._process.stdout.readline(), START_TIMEOUT_S)
        assert answer == f"{kind}\n".encode(), answer


@asynccontextmanager
async def visitors(url: str, token: str, content_id: str) -> AsyncIterator[Visitors]:
    """The process, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.visitors",
        *(url, token, content_id),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Visitors(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def main(url: str, token: str, content_id: str) -> None:
    visitor = Visitor(url, token, content_id)
    while line := await asyncio.to_thread(sys.stdin.readline):
        kind, count = line.split()
        visit: Callable[[], Awaitable[None]] = getattr(visitor, kind)
        for _ in range(int(count)):
            await asyncio.wait_for(visit(), VISIT_TIMEOUT_S)
        sys.stdout.write(f"{kind}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
