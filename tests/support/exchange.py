"""Scripts of type, send and receive: replicas of one content and a server of its pure rules, message by message."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from collab.client.errors import error_of
from collab.client.events import Notice
from collab.client.replica import Replica
from collab.client.request import Request
from collab.client.wire import answer_of
from collab.domain.errors import ClientFault, Conflicting
from collab.domain.kinds import SETLIST
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Edit, Proposal, Undo
from collab.domain.ot.ops import Item, Op, Set, Text, from_json
from collab.domain.ot.rebase import Accepted, Conflict, rebase
from collab.domain.ot.undoing import undo
from collab.protocol.events import outcome_json

NOW = datetime(2026, 12, 4, 20, tzinfo=UTC)


class Exchange:
    """A server with one setlist, and by name the replicas of those who have it open."""

    def __init__(self, *names: str) -> None:
        items = [
            Item("iko", "song", "a0", {"title": "Iko Iko", "key": "F", "notes": "second line"}),
            Item("saints", "song", "a1", {"title": "When the Saints"}),
        ]
        self.document = Document(
            "friday",
            "setlist",
            "band",
            0,
            {"title": "Friday", "notes": "doors at 8"},
            {item.id: item for item in items},
        )
        self.history: list[Edit] = []
        self.replicas = {name: Replica(self.document, name) for name in names}
        self._ids = 0

    def edit(self, name: str, *ops: Op, **options: bool) -> str:
        """Somebody edits; returns the edit's id."""
        return self.replicas[name].edit(self._new_id(), ops, **options)

    def undo(self, name: str) -> str:
        edit_id = self._new_id()
        assert self.replicas[name].undo(lambda: edit_id)
        return edit_id

    def send(self, name: str) -> Any:
        """Sends what somebody has to send; returns the answer that is under way to them."""
        request = self.replicas[name].send()
        assert request is not None, f"{name} has nothing to send"
        return self.store(name, request)

    def store(self, name: str, request: Request) -> Any:
        known = next((edit for edit in self.history if edit.edit_id == request.edit_id), None)
        if known is not None:
            return outcome_json(request.edit_id, Accepted(known, self.document))
        try:
            outcome = self._outcome(Author(name, name.capitalize()), request)
        except ClientFault as fault:
            return {"edit_id": request.edit_id, "error": fault.to_json()}
        if isinstance(outcome, Accepted):
            self.document = outcome.document
            self.history.append(outcome.edit)
        return outcome_json(request.edit_id, outcome)

    def get(self, name: str, answer: Any) -> list[Notice]:
        """Somebody gets an answer; returns what they are told."""
        if "error" in answer:
            return self.replicas[name].refuse(answer["edit_id"], error_of(answer["error"]))
        return self.replicas[name].answer(answer_of(answer))

    def hear(self, name: str, *versions: int) -> list[Notice]:
        """Somebody hears of these versions, in this order; of all that they don't have where none are given."""
        replica = self.replicas[name]
        missing = range(replica.confirmed.version + 1, self.document.version + 1)
        return [notice for version in versions or missing for notice in replica.receive([self.told(version)])]

    def told(self, version: int) -> Edit:
        return Edit.from_json(self.history[version - 1].to_json())

    def stored(self, name: str, *ops: Op, **options: bool) -> list[Notice]:
        """Somebody edits, and it is stored and answered."""
        self.edit(name, *ops, **options)
        return self.get(name, self.send(name))

    def assert_agreed(self) -> None:
        """Everybody hears of everything, and sees what the server has."""
        for name, replica in self.replicas.items():
            self.hear(name)
            assert replica.pending_count == 0
            assert replica.view.to_json() == self.document.to_json(), name

    def _outcome(self, author: Author, request: Request) -> Any:
        payload = request.payload
        if request.event == "undo_edit":
            target = next(edit for edit in self.history if edit.edit_id == payload["target"])
            wish = Undo(request.edit_id, target.edit_id, author, None, NOW)
            return undo(wish, target, self.document, self.history, SETLIST)
        since: Sequence[Edit] = self.history[payload["base_version"] :]
        ops = tuple(map(from_json, payload["ops"]))
        more = {name: payload.get(name) for name in ("expect", "rebased_to")}
        proposal = Proposal(request.edit_id, payload["base_version"], ops, author, None, NOW, **more)
        outcome = rebase(proposal, self.document, since, SETLIST)
        if isinstance(outcome, Conflict):
            raise Conflicting("changed", [overwrite.to_json() for overwrite in outcome.overwrote])
        return outcome

    def _new_id(self) -> str:
        self._ids += 1
        return f"edit-{self._ids}"


def typed(at: int, words: str) -> Text:
    return Text(None, "notes", (at, words) if at else (words,))


def key(value: str) -> Set:
    return Set("iko", "key", value)


def notes(document: Document) -> str:
    return str(document.fields.get("notes"))
