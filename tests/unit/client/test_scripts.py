"""The shared scripts (tests/vectors/README.md, A client's scripts), played by a content of the Python SDK."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from collab.client import Content
from collab.client.backoff import Backoff
from collab.client.connection import Connection
from collab.client.errors import NotConnected, error_of
from collab.client.events import Lost, OpDropped, Overwritten, Overwrote, Refused, Reloaded, Saved
from collab.client.outside import Outside
from collab.client.stream import Stream
from collab.client.wire import ops_of

FILES = sorted((Path(__file__).parents[2] / "vectors" / "scripts").glob("*.json"))
SCRIPTS = [
    (f"{file.stem}: {script['name']}", loaded["document"], script)
    for file in FILES
    for loaded in [json.loads(file.read_text())]
    for script in loaded["scripts"]
]
ROOM = "content_c"
EXPECTATIONS = {"sent", "told", "view", "expect"}

Json = dict[str, Any]


class Line:
    """A connection that the script answers, and that remembers what was sent on it."""

    def __init__(self, max_message_bytes: int) -> None:
        self.max_message_bytes = max_message_bytes
        self.sent: list[tuple[str, Json]] = []
        self.open: deque[tuple[str, Json, asyncio.Future[Any]]] = deque()

    async def call(self, event: str, payload: Any, _timeout_s: float, take: Callable[[Any], None] | None = None) -> Any:
        body = payload if isinstance(payload, dict) else {"room": payload}
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.sent.append((event, body))
        self.open.append((event, body, answered))
        answer = await answered
        if take is not None:
            take(answer)
        return answer

    call_patiently = call

    def end(self) -> None:
        for _, _, answered in self.open:
            answered.set_exception(NotConnected("the line is cut"))


class Player:
    """Plays one script: does what its steps say, and compares what came of each."""

    def __init__(self, document: Json, max_message_bytes: int) -> None:
        self.now_s = 0.0
        self.content = Content("c", "ada", 10.0, lambda _: None, Outside(now_s=lambda: self.now_s))
        self.line = Line(max_message_bytes)
        self._max_message_bytes = max_message_bytes
        self._events: Stream[Any] = self.content.events()
        self._document = document
        self._names: dict[str, str] = {}
        self._joining: list[asyncio.Task[None]] = []

    async def play(self, steps: list[Json]) -> None:
        self._connect()
        await self._come_to_rest()
        self._answer({"content": {"version": 0, **self._document}})
        await self._come_to_rest()
        self.line.sent.clear()
        for number, step in enumerate(steps):
            (action,) = step.keys() - EXPECTATIONS
            self._do(action, step)
            await self._come_to_rest()
            assert self._sent(step.get("sent", [])) == step.get("sent", []), (number, step)
            assert self._told(step.get("told", [])) == step.get("told", []), (number, step)
            assert {place: self._seen(place) for place in step.get("view", {})} == step.get("view", {}), (number, step)

    def end(self) -> None:
        self.line.end()
        self.content.end()

    def _do(self, action: str, step: Json) -> None:
        match action:
            case "make":
                self.content.edit(ops_of(step["make"]), is_unchanged_expected=step.get("expect") == "unchanged")
            case "undo":
                assert self.content.undo()
            case "redo":
                assert self.content.redo()
            case "pause":
                self.now_s += 60
            case "hear":
                self._hear([self._edit(short) for short in step["hear"]])
            case "answer":
                self._answer(step["answer"])
            case "disconnect":
                self.content.disconnected()
                self.line.end()
            case "connect":
                self._connect()
            case _:
                raise ValueError(f"expected a step of the format, got {action!r}")

    def _connect(self) -> None:
        self.line = Line(self._max_message_bytes)
        self._joining.append(asyncio.ensure_future(self.content.join(cast("Connection", self.line))))

    def _hear(self, edits: list[Json]) -> None:
        if len(edits) == 1:
            self.content.hear("content_edited", edits[0])
        else:
            self.content.hear("batch_update", {"room_id": ROOM, "edits": edits})

    def _answer(self, short: Json) -> None:
        event, asked, answered = self.line.open.popleft()
        if "error" in short:
            answered.set_exception(error_of({"message": "", **short["error"]}))
            return
        body: Json = {"ok": True, "room": ROOM, "role": "editor", "roster": []}
        if event in ("edit_content", "undo_edit"):
            overwrote = [{**entry, "author": _author(entry["author"])} for entry in short.get("overwrote", ())]
            stored = {"edit_id": asked["edit_id"], "ops": asked.get("ops", []), "dropped": []}
            body |= {**stored, **short, "overwrote": overwrote}
        elif "content" in short:
            body["content"] = {"id": "c", "kind": "setlist", "band_id": "b", **short["content"]}
            body["last_edit"] = short.get("last_edit")
        else:
            body |= {"version": short["version"], "edits": [self._edit(one) for one in short["edits"]]}
        answered.set_result(body)

    def _edit(self, short: Json) -> Json:
        ids = {name: edit_id for edit_id, name in self._names.items()}
        edit = {name: value for name, value in short.items() if name != "by"}
        edit["edit_id"] = ids.get(edit["edit_id"], edit["edit_id"])
        return {
            **edit,
            "room_id": ROOM,
            "author": _author(short["by"]),
            "session_id": None,
            "at": "2026-12-04T20:30:00.000Z",
        }

    def _sent(self, expected: list[Any]) -> list[Any]:
        sent, self.line.sent = self.line.sent, []
        found = []
        for index, (event, payload) in enumerate(sent):
            body = {name: value for name, value in payload.items() if name not in ("room", "room_id")}
            assert ROOM in payload.values()
            found.append([event, self._named(body, expected[index][1] if index < len(expected) else {})])
        return found

    def _told(self, expected: list[Any]) -> list[Any]:
        told = [told for notice in self._news() if (told := _notice(notice)) is not None]
        wanted = [*expected, *({} for _ in told)]
        return [self._named(one, wanted[index]) for index, one in enumerate(told)]

    def _news(self) -> list[Any]:
        return [self._events._waiting.popleft() for _ in range(len(self._events._waiting))]  # noqa: SLF001

    def _named(self, body: Json, expected: Mapping[str, Any]) -> Json:
        """With the script's names for edits; one that is new gets the name that is expected of it."""
        named = dict(body)
        for key in ("edit_id", "target", "since_edit"):
            if key in body:
                if body[key] not in self._names and expected.get(key) not in self._names.values():
                    self._names[body[key]] = expected.get(key, body[key])
                named[key] = self._names.get(body[key], body[key])
        return named

    def _seen(self, place: str) -> Any:
        view = self.content.document
        if place == "items":
            return [item.id for item in view.ordered()]
        item, _, field = place.rpartition(".")
        return view.value(item or None, field)

    async def _come_to_rest(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)


def _author(user: str) -> Json:
    return {"id": user, "name": user.capitalize()}


def _notice(notice: Any) -> Json | None:
    match notice:
        case Saved(edit_id, version):
            return {"type": "saved", "edit_id": edit_id, "version": version}
        case Reloaded(version):
            return {"type": "reloaded", "version": version}
        case Overwrote(edit_id, item, field, mine, theirs, by, version):
            clash = {"item": item, "field": field, "mine": mine, "theirs": theirs, "by": by.id, "version": version}
            return {"type": "overwrote", "edit_id": edit_id, **clash}
        case Overwritten(item, field, mine, theirs, by, version):
            clash = {"item": item, "field": field, "mine": mine, "theirs": theirs, "by": by.id, "version": version}
            return {"type": "overwritten", **clash}
        case Lost(item, field, mine, now):
            return {"type": "lost", "item": item, "field": field, "mine": mine, "now": now}
        case OpDropped(edit_id, op, reason):
            return {"type": "dropped", "edit_id": edit_id, "op": None if op is None else op.to_json(), "reason": reason}
        case Refused(edit_id, error, ops):
            bodies = [op.to_json() for op in ops]
            return {"type": "refused", "edit_id": edit_id, "code": error.code, "ops": bodies}
    return None


@pytest.mark.asyncio
@pytest.mark.parametrize(("document", "script"), [pytest.param(*rest, id=name) for name, *rest in SCRIPTS])
async def test_a_script_is_played_as_it_says(document: Json, script: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "delay_s", lambda *_: 0.0)
    player = Player(document, script.get("max_message_bytes", 1_000_000))
    try:
        await player.play(script["steps"])
    finally:
        player.end()


def test_there_are_scripts_of_every_sort() -> None:
    assert len(SCRIPTS) > 24
