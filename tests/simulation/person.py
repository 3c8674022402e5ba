"""Somebody with the Python SDK, in a process of the simulation."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from collab.client.client import CollabClient
from collab.client.content import Content
from collab.client.outside import Outside
from collab.client.stream import Stream
from collab.domain.errors import CollabError, Invalid
from tests.simulation.acting import do
from tests.simulation.chance import Chance
from tests.simulation.client_socket import ClientSocket
from tests.simulation.clock import now, now_s
from tests.simulation.loop import SimulatedLoop
from tests.simulation.plan import Act
from tests.simulation.record import OF_A_BAND, Line, Record
from tests.simulation.wire import Wire

ACK_TIMEOUT_S = 3.0


@dataclass
class WiredLine(Line):
    """One connection of a person."""

    wire: Wire = field(kw_only=True)
    asked: dict[str, tuple[str, Any]] = field(default_factory=dict)
    asked_for_all: dict[str, str] = field(default_factory=dict)
    """The requests for a whole content that are not answered yet, and which content that is."""


class Person(Record):
    """With their own process; `rooms` are the contents that they have open."""

    def __init__(
        self, loop: SimulatedLoop, chance: Chance, number: int, user_id: str, dial: Callable[["Person", str], Wire]
    ) -> None:
        super().__init__(f"client {number}", user_id)
        self.lines: list[WiredLine] = []  # type: ignore[assignment]
        self.rooms: dict[str, Content] = {}
        self._streams: dict[str, Stream[Any]] = {}
        self._loop = loop
        self._chance = chance
        self._dial = dial
        self._me: CollabClient | None = None

    @property
    def me(self) -> CollabClient:
        assert self._me is not None
        return self._me

    async def arrive(self, content_ids: list[str]) -> None:
        """Connects, whatever it takes, and opens the contents."""
        outside = Outside(
            new_socket=partial(ClientSocket, self._connect),
            new_id=partial(self._chance.id, f"ids of {self.name}"),
            now=now,
            now_s=now_s,
            chance=self._chance.of(f"backoff of {self.name}").random,
        )
        while self._me is None:
            me = CollabClient(
                "http://node",
                self.user_id,
                ack_timeout_s=ACK_TIMEOUT_S,
                first_retry_s=0.1,
                max_retry_s=1.0,
                close_timeout_s=30.0,
                outside=outside,
            )
            try:
                await me.__aenter__()
                self._me = me
            except CollabError:
                await asyncio.sleep(0.2)
        for content_id in content_ids:
            try:
                self.rooms[content_id] = await self.me.open(content_id)
            except CollabError:
                if self.is_removed:
                    return
                raise
            self._streams[content_id] = self.rooms[content_id].events()

    def notices(self, content_id: str) -> list[Any]:
        """All that the user was told of a content."""
        return [*self._streams[content_id]._waiting]  # noqa: SLF001  # read, and left there

    async def leave(self) -> None:
        await self.me.__aexit__(None, None, None)

    def act(self, act: Act, content_id: str) -> None:
        """Does something, as far as it can be done on what is seen by now."""
        room = self.rooms.get(content_id)
        if room is None or self.is_removed:
            return
        if room.failure is not None:
            self.problems.append(f"{self.name} has lost {content_id}: {room.failure!r}")
            return
        try:
            do(room, act, f"{self.name[-1]}{act.how}")
        except Invalid as error:
            if act.verb != "insert":
                self.problems.append(f"{self.name} could not {act.verb}: {error!r}")
        if act.verb == "focus":
            items = [*room.document.items]
            item = items[act.which % len(items)] if items else None
            self._loop.spawn(self.process, room.focus(item, None if item is None else "notes", 0, 0), "focus")

    def _connect(self, socket: ClientSocket, url: str) -> Wire:
        line = WiredLine(wire=self._dial(self, url))
        self.lines.append(line)
        to_server, to_client = line.wire.to_server, line.wire.to_client

        def sent(text: str) -> None:
            self._note_sent(line, text)
            to_server(text)

        def told(text: str) -> None:
            self._note_told(line, text)
            to_client(text)

        line.wire.to_server, line.wire.to_client = sent, told  # type: ignore[method-assign]
        line.wire.heard = partial(self._note_heard, line)
        return line.wire

    def _note_sent(self, line: WiredLine, text: str) -> None:
        if text.startswith("42"):
            at = text.index("[")
            event, payload = orjson.loads(text[at:])
            line.asked[text[2:at]] = event, payload
            self.note_sent(line, event, payload)
            if event == "join_room" and isinstance(payload, str) and payload.startswith("content_"):
                line.asked_for_all[text[2:at]] = payload.removeprefix("content_")

    def _note_heard(self, line: WiredLine, text: str) -> None:
        """Notes with which version they begin: what else came in the same turn is told of it."""
        content_id = line.asked_for_all.pop(text[2 : text.find("[")], None) if text.startswith("43") else None
        if content_id is not None:
            answer: Any = orjson.loads(text[text.index("[") :])[0]
            if answer["ok"]:
                self.opened_at[content_id] = answer["content"]["version"]

    def _note_told(self, line: WiredLine, text: str) -> None:
        """Notes what the node has sent, in the order in which it was sent."""
        if text.startswith("42"):
            event, *payload = orjson.loads(text[2:])
            if event in OF_A_BAND:
                line.events.append((now_s(), event, line.wire.server.name))
            if event == "session":
                line.session_id = payload[0]["session_id"]
            elif payload:
                self.note_told(line, event, payload[0])
        elif text.startswith("43"):
            at = text.index("[")
            self.note_answer(line, *line.asked.pop(text[2:at]), *orjson.loads(text[at:]))
