"""Load on one or several nodes, a fault, and then a look at every promise: nothing lost or twice, no gap, no ghost."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from collab.client import CollabClient, Content
from collab.client.events import Saved
from tests.support.serving import Running
from tests.support.waiting import until

BAND = "Second Line"
OWNER = "ada"
SONGS = 5
PENDING = 4
"""So many edits of a player wait for their answers at most."""
TOKEN_TTL_S = 12 * 3_600
ACK_TIMEOUT_S = 3.0
"""Not the time after which python-engineio gives a silent server up: it overlooks that where it sends just then."""


@dataclass
class Report:
    """What came of one fault."""

    fault: str
    players: int
    nodes: int
    edits_per_s: float
    sent: int
    acknowledged: int
    back_after_s: float
    checked: int = 0
    losses: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.fault}: {self.players} clients on {self.nodes} node(s), {self.edits_per_s:.0f} edits/s held; "
            f"{self.sent} edits sent, {self.acknowledged} acknowledged, {self.checked} checked; "
            f"first answer {self.back_after_s:.1f} s after the fault was over; losses: {len(self.losses)}"
        )


REPORTS: list[Report] = []
"""Of this run, for its summary."""


@dataclass(eq=False)
class Player:
    """A client of the SDK that edits one content for as long as it is let."""

    client: CollabClient
    content: Content
    sent: set[str] = field(default_factory=set)
    """Ids of edits. Typing that goes on while an edit waits becomes part of it."""
    acknowledged: dict[str, int] = field(default_factory=dict)

    async def play(self, load: "Load") -> None:
        while load.is_playing:
            self.sent.add(self._edit())
            await asyncio.sleep(0)
            while load.is_playing and self.content.pending >= PENDING:
                await load.answered()

    def _edit(self) -> str:
        song = f"song-{random.randrange(SONGS)}"  # noqa: S311  # not a secret
        choice = random.random()  # noqa: S311
        if choice < 0.5:
            return self.content.set(song, "tempo", random.randint(20, 400))  # noqa: S311
        if choice < 0.9:
            return self.content.type(song, "notes", 0, random.choice("la🎷 "))  # noqa: S311
        return self.content.set(None, "venue", f"Hall {len(self.sent)}")

    async def reached(self, version: int) -> None:
        """Returns when the player has heard of that version."""
        await until(lambda: self.content.version >= version)

    async def listen(self, load: "Load") -> None:
        async for event in self.content.events():
            if isinstance(event, Saved):
                self.acknowledged[event.edit_id] = event.version
                load.count()


class Load:
    """Players at work. `nodes` may be any that serve the same database."""

    def __init__(self, nodes: Sequence[Running], band_id: str) -> None:
        self.nodes = nodes
        self.band_id = band_id
        self.players: list[Player] = []
        self.is_playing = True
        self._answers = 0
        self._answered = asyncio.Event()
        self._began = time.monotonic()
        self._edits_per_s = 0.0
        self._fault_over: float | None = None
        self._back_after_s = 0.0

    def count(self) -> None:
        """An edit was acknowledged."""
        self._answers += 1
        if self._fault_over is not None:
            self._back_after_s, self._fault_over = time.monotonic() - self._fault_over, None
        self._answered.set()
        self._answered = asyncio.Event()

    async def answered(self) -> None:
        """Returns when another edit has been acknowledged, or the play is over."""
        await self._answered.wait()

    async def acknowledged(self, edits: int) -> None:
        """Returns when so many more edits have been acknowledged."""
        wanted = self._answers + edits
        async with asyncio.timeout(60):
            while self._answers < wanted:
                await self._answered.wait()

    async def held(self, edits: int = 500) -> None:
        """Returns when the load has run for so many edits; what it held is put down."""
        began, before = time.monotonic(), self._answers
        await self.acknowledged(edits)
        self._edits_per_s = (self._answers - before) / (time.monotonic() - began)

    def fault_is_over(self) -> None:
        """From now on the load is waited for."""
        self._fault_over = time.monotonic()

    async def stop(self) -> None:
        """Ends the play; returns when every edit that was made is acknowledged."""
        self.is_playing = False
        self._answered.set()
        await asyncio.gather(*(asyncio.wait_for(player.content.saved(), 60) for player in self.players))
        await until(lambda: all(len(player.acknowledged) == len(player.sent) for player in self.players))

    async def check(self, fault: str) -> Report:
        """Goes on for some edits, ends the play, and looks at everything. Fails where a promise is broken."""
        await self.acknowledged(100)
        await self.stop()
        report = await self.look(fault)
        REPORTS.append(report)
        assert not report.losses, report.losses
        assert report.checked == report.acknowledged > 0
        return report

    async def look(self, fault: str) -> Report:
        """What is there of everything that was made, once the play is over."""
        report = Report(
            fault,
            len(self.players),
            len(self.nodes),
            self._edits_per_s,
            sum(len(player.sent) for player in self.players),
            sum(len(player.acknowledged) for player in self.players),
            self._back_after_s,
        )
        by_content: dict[str, list[Player]] = {}
        for player in self.players:
            by_content.setdefault(player.content.id, []).append(player)
        for content_id, players in by_content.items():
            await self._check_content(content_id, players, report)
        await self._check_presence(report)
        return report

    async def _check_content(self, content_id: str, players: Sequence[Player], report: Report) -> None:
        stored = await history(self.nodes[0], content_id)
        versions = [edit["version"] for edit in stored]
        if versions != list(range(1, len(stored) + 1)):
            report.losses.append(f"{content_id}: the versions have a gap or a twin")
        times = Counter(edit["edit_id"] for edit in stored)
        report.losses += [f"{content_id}: {edit_id} is stored {n} times" for edit_id, n in times.items() if n > 1]
        version_of = {edit["edit_id"]: edit["version"] for edit in stored}
        for player in players:
            for edit_id, version in player.acknowledged.items():
                report.checked += 1
                if version_of.get(edit_id) != version:
                    report.losses.append(f"{content_id}: {edit_id} was acknowledged as {version}, and is not there")
        sent = {edit_id for player in players for edit_id in player.sent}
        report.losses += [f"{content_id}: nobody has made {edit_id}" for edit_id in version_of.keys() - sent]
        for node in self.nodes:
            document = await _get(node, f"/api/contents/{content_id}")
            for player in players:
                await player.reached(document["version"])
                if player.content.document.to_json() != document:
                    report.losses.append(f"{content_id}: {player.client.user.id} sees another document")

    async def _check_presence(self, report: Report) -> None:
        there = {player.client.session.id for player in self.players}

        async def are_right() -> bool:
            return all([await _sessions(node, self.band_id) == there for node in self.nodes])

        try:
            await until(are_right)
        except TimeoutError:
            seen = await _sessions(self.nodes[0], self.band_id)
            report.losses.append(f"{len(seen - there)} ghosts in the rosters, {len(there - seen)} missing")


@asynccontextmanager
async def under_load(nodes: Sequence[Running], *, players: int = 8, contents: int = 2) -> AsyncIterator[Load]:
    """A band whose members edit on all of the nodes, until the block ends. Afterwards nobody is in a roster."""
    band_id, content_ids = await make_band(nodes[0], players, contents)
    load = Load(nodes, band_id)
    async with AsyncExitStack() as stage:
        for number in range(players):
            node = nodes[number % len(nodes)]
            token = node.token(f"player-{number}", ttl_s=TOKEN_TTL_S)
            client = CollabClient(node.url, token, ack_timeout_s=ACK_TIMEOUT_S, first_retry_s=0.1, max_retry_s=1.0)
            await stage.enter_async_context(client)
            load.players.append(Player(client, await client.open(content_ids[number % contents])))
        async with asyncio.TaskGroup() as tasks:
            listening = [tasks.create_task(player.listen(load)) for player in load.players]
            for player in load.players:
                tasks.create_task(player.play(load))
            try:
                yield load
            finally:
                load.is_playing = False
                load.count()
                for task in listening:
                    task.cancel()
    for node in nodes:
        await until(lambda node=node: _is_empty(node, band_id))  # type: ignore[misc]


async def make_band(node: Running, players: int, contents: int) -> tuple[str, list[str]]:
    """A band with its players, and setlists of a few songs: the ids of the band and the setlists."""
    async with node.rest(OWNER) as rest:
        band_id: str = (await rest.post("/api/bands", json={"name": BAND})).json()["id"]
        for number in range(players):
            answer = await rest.put(f"/api/bands/{band_id}/members/player-{number}", json={"role": "editor"})
            answer.raise_for_status()
        songs = [{"id": f"song-{n}", "type": "song", "fields": {"title": f"Song {n}"}} for n in range(SONGS)]
        made = [
            await rest.post(
                f"/api/bands/{band_id}/contents",
                json={"kind": "setlist", "title": f"Set {number}", "document": {"items": songs}},
            )
            for number in range(contents)
        ]
        return band_id, [answer.raise_for_status().json()["id"] for answer in made]


async def history(node: Running, content_id: str) -> list[Any]:
    """Every edit of a content, oldest first."""
    edits: list[Any] = []
    while True:
        after = edits[-1]["version"] if edits else 0
        page = await _get(node, f"/api/contents/{content_id}/edits?after={after}&limit=1000")
        edits += page["edits"]
        if not page["edits"] or edits[-1]["version"] >= page["head"]:
            return edits


async def _sessions(node: Running, band_id: str) -> set[str]:
    """Who is in the rosters of the band's rooms."""
    people = (await _get(node, f"/api/bands/{band_id}/presence"))["people"]
    return {session["session_id"] for person in people for session in person["sessions"]}


async def _is_empty(node: Running, band_id: str) -> bool:
    return not await _sessions(node, band_id)


async def _get(node: Running, path: str) -> Any:
    """The answer to a REST call; `unavailable` is asked once more, as a client would."""
    async with node.rest(OWNER, ttl_s=TOKEN_TTL_S) as rest:
        answer = await rest.get(path)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            answer = await rest.get(path)
        return answer.raise_for_status().json()
