"""What a client has asked for and been told, noted where it is sent: for the oracles."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.loop import Process

OF_A_BAND = ("content_edited", "batch_update", "presence_updated", "user_joined", "user_left")
"""What only members may hear."""


@dataclass
class Line:
    """One connection. `session_id` is known once it is accepted."""

    session_id: str | None = None
    joined: dict[str, int] = field(default_factory=dict)
    """The version that a content had in the answer to `join_room`."""
    told: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The versions of others' edits that were told, by content, in order."""
    events: list[tuple[float, str, str]] = field(default_factory=list)
    """What the node told of the band's rooms: when, the event, and the node's process."""


class Record:
    """`acknowledged` holds the answer to each edit that was stored, `came_to_nothing` the version at which one was
    answered not to be, `sent` each edit as it was sent each time, `opened_at` with which version a content began."""

    def __init__(self, name: str, user_id: str) -> None:
        self.name = name
        self.user_id = user_id
        self.process = Process(name)
        self.lines: list[Line] = []
        self.opened_at: dict[str, int] = {}
        self.acknowledged: dict[tuple[str, str], Any] = {}
        self.came_to_nothing: dict[tuple[str, str], int] = {}
        self.sent: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        self.problems: list[str] = []
        self.is_removed = False
        """Whether they are, or are just being, taken out of the band: what they then know is nobody's business."""

    def notices(self, content_id: str) -> list[Any]:
        """All that the user was told of a content."""
        raise NotImplementedError

    def note_sent(self, line: Line, event: str, payload: Any) -> None:
        if event in ("edit_content", "undo_edit"):
            self.sent.setdefault(_key(payload), []).append((event, payload))

    def note_told(self, line: Line, event: str, payload: Any) -> None:
        if event == "content_edited":
            self._note_edits(line, [payload])
            if payload["session_id"] == line.session_id:
                self.problems.append(f"{self.name} was told of its own edit: {payload['edit_id']}")
        elif event == "batch_update":
            self._note_edits(line, payload["edits"])

    def _note_edits(self, line: Line, edits: list[Any]) -> None:
        for edit in edits:
            if edit["session_id"] != line.session_id:
                line.told[edit["room_id"].removeprefix("content_")].append(edit["version"])

    def note_answer(self, line: Line, event: str, payload: Any, answer: Any) -> None:
        if event in ("edit_content", "undo_edit"):
            key = _key(payload)
            if not answer.get("ops"):
                self.came_to_nothing[key] = answer.get("version", 0)
            elif (before := self.acknowledged.setdefault(key, answer)) != answer:
                self.problems.append(f"{self.name}: {key} was answered as {before}, then as {answer}")
        elif event == "join_room" and answer["ok"] and "content" in str(answer.get("room")):
            content_id = answer["room"].removeprefix("content_")
            line.joined[content_id] = answer["content"]["version"] if "content" in answer else answer["version"]


def _key(payload: Any) -> tuple[str, str]:
    return payload["room_id"].removeprefix("content_"), payload["edit_id"]
