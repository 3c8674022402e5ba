"""Somebody with the Python SDK, in a process of the simulation."""

import asyncio
from collections import defaultdict
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
from collab.domain.ot.document import Document
from tests.simulation.chance import Chance
from tests.simulation.client_socket import ClientSocket
from tests.simulation.clock import now, now_s
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.plan import Act
from tests.simulation.wire import Wire

ACK_TIMEOUT_S = 3.0

OF_A_BAND = ("content_edited", "batch_update", "presence_updated", "user_joined", "user_left")
"""What only members may hear."""


@dataclass
class Line:
    """One connection: what went over it. `session_id` is known once it is accepted."""

    wire: Wire
    session_id: str | None = None
    joined: dict[str, int] = field(default_factory=dict)
    """The version that a content had in the answer to `join_room`."""
    told: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The versions of others' edits that were told, by content, in order."""
    asked: dict[str, tuple[str, Any]] = field(default_factory=dict)
    asked_for_all: dict[str, str] = field(default_factory=dict)
    """The requests for a whole content that are not answered yet, and which content that is."""
    events: list[tuple[float, str, str]] = field(default_factory=list)
    """What the node told of the band's rooms: when, the event, and the node's process."""


class Person:
    """`acknowledged` holds the answer to each edit that was stored, `came_to_nothing` the version at which one was
    answered not to be, `sent` each edit as it was sent each time."""

    def __init__(
        self, loop: SimulatedLoop, chance: Chance, number: int, user_id: str, dial: Callable[["Person", str], Wire]
    ) -> None:
        self.name = f"client {number}"
        self.user_id = user_id
        self.process = Process(self.name)
        self.lines: list[Line] = []
        self.rooms: dict[str, Content] = {}
        self.opened_at: dict[str, int] = {}
        self.acknowledged: dict[tuple[str, str], Any] = {}
        self.came_to_nothing: dict[tuple[str, str], int] = {}
        self.sent: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        self.problems: list[str] = []
        self.is_removed = False
        """Whether they are, or are just being, taken out of the band: what they then know is nobody's business."""
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
            _do(room, act, f"{self.name[-1]}{act.how}")
        except Invalid as error:
            if act.verb != "insert":
                self.problems.append(f"{self.name} could not {act.verb}: {error!r}")
        if act.verb == "focus":
            items = [*room.document.items]
            item = items[act.which % len(items)] if items else None
            self._loop.spawn(self.process, room.focus(item, None if item is None else "notes", 0, 0), "focus")

    def _connect(self, socket: ClientSocket, url: str) -> Wire:
        line = Line(self._dial(self, url))
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

    def _note_sent(self, line: Line, text: str) -> None:
        if text.startswith("42"):
            at = text.index("[")
            event, payload = orjson.loads(text[at:])
            line.asked[text[2:at]] = event, payload
            if event in ("edit_content", "undo_edit"):
                content_id = payload["room_id"].removeprefix("content_")
                self.sent.setdefault((content_id, payload["edit_id"]), []).append((event, payload))
            elif event == "join_room" and isinstance(payload, str) and payload.startswith("content_"):
                line.asked_for_all[text[2:at]] = payload.removeprefix("content_")

    def _note_heard(self, line: Line, text: str) -> None:
        """Notes with which version they begin: what else came in the same turn is told of it."""
        content_id = line.asked_for_all.pop(text[2 : text.find("[")], None) if text.startswith("43") else None
        if content_id is not None:
            answer: Any = orjson.loads(text[text.index("[") :])[0]
            if answer["ok"]:
                self.opened_at[content_id] = answer["content"]["version"]

    def _note_told(self, line: Line, text: str) -> None:
        """Notes what the node has sent, in the order in which it was sent."""
        if text.startswith("42"):
            event, *payload = orjson.loads(text[2:])
            if event in OF_A_BAND:
                line.events.append((now_s(), event, line.wire.server.name))
            if event == "session":
                line.session_id = payload[0]["session_id"]
            elif event == "content_edited":
                self._note_edits(line, payload)
                if payload[0]["session_id"] == line.session_id:
                    self.problems.append(f"{self.name} was told of its own edit: {payload[0]['edit_id']}")
            elif event == "batch_update":
                self._note_edits(line, payload[0]["edits"])
        elif text.startswith("43"):
            at = text.index("[")
            self._note_answer(line, *line.asked.pop(text[2:at]), *orjson.loads(text[at:]))

    def _note_edits(self, line: Line, edits: list[Any]) -> None:
        for edit in edits:
            if edit["session_id"] != line.session_id:
                line.told[edit["room_id"].removeprefix("content_")].append(edit["version"])

    def _note_answer(self, line: Line, event: str, payload: Any, answer: Any) -> None:
        if event in ("edit_content", "undo_edit"):
            key = payload["room_id"].removeprefix("content_"), payload["edit_id"]
            if not answer.get("ops"):
                self.came_to_nothing[key] = answer.get("version", 0)
            elif (before := self.acknowledged.setdefault(key, answer)) != answer:
                self.problems.append(f"{self.name}: {key} was answered as {before}, then as {answer}")
        elif event == "join_room" and answer["ok"] and "content" in str(answer.get("room")):
            content_id = answer["room"].removeprefix("content_")
            line.joined[content_id] = answer["content"]["version"] if "content" in answer else answer["version"]


def _do(room: Content, act: Act, word: str) -> None:
    document = room.document
    items = [item.id for item in document.ordered()]
    item = items[act.which % len(items)] if items else None
    place = items[act.where % len(items)] if items else None
    match act.verb:
        case "set" | "expect":
            target = item if act.where % 3 else None
            room.set(target, "title", word, is_unchanged_expected=act.verb == "expect")
        case "type" | "erase":
            target = item if act.how % 2 else None
            notes = _notes(document, target)
            at = act.where % (len(notes) + 1)
            if act.verb == "type":
                room.type(target, "notes", at, f"{word} ")
            elif at < len(notes):
                room.erase(target, "notes", at, min(3, len(notes) - at))
        case "insert":
            room.insert({"title": word}, before=place)
        case "move" if item is not None and item != place:
            room.move(item, place)
        case "remove" if len(items) > 1 and item is not None:
            room.remove(item)
        case "undo":
            room.undo()
        case "redo":
            room.redo()


def _notes(document: Document, item: str | None) -> str:
    fields = document.fields if item is None else document.items[item].fields
    return fields.get("notes") or ""
