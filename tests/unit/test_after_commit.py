"""Who is told of a commit, and in which order."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import cast

import pytest

from collab.domain.errors import Unavailable
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Set
from collab.domain.ot.rebase import Accepted, Stored
from collab.services.editing.after_commit import AfterCommit, Commit
from collab.services.editing.hooks import Hook
from collab.services.ports import EditRooms
from collab.services.presence.service import PresenceService
from collab.services.rates import Rates
from collab.services.ticket import Ticket
from tests.support.rooms import History


class Told:
    """Stands for all who are told, and remembers the order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.given_out = 10

    def serve_first(self, session_ids: Collection[str]) -> None:
        self.said.append(f"first {list(session_ids)}")

    def listeners(self, _content_id: str) -> int:
        return 1

    def tell_rooms(self, accepted: Sequence[Accepted]) -> Sequence[Accepted]:
        self.said.append(f"rooms {_versions(accepted)}")
        return accepted[: self.given_out]

    def edited(self, edits: Sequence[Edit]) -> None:
        self.said.append(f"focus {[edit.version for edit in edits]}")

    def charge_edit(self, accepted: Accepted, _listeners: Callable[[str], int]) -> None:
        self.said.append(f"charged {_versions([accepted])}")

    def notify(self, edit: Edit, _document: Document) -> None:
        self.said.append(f"host [{edit.version}]")

    def wake(self) -> None:
        self.said.append("webhook")

    def after_commit(self) -> AfterCommit:
        return AfterCommit(
            cast(EditRooms, self),
            self.tell_rooms,
            cast(PresenceService, self),
            cast(Rates, self),
            cast("Hook[Edit, Document]", self),
            self.wake,
            is_telling=False,
        )

    def answer(self, who: str) -> Callable[[Stored | Exception], None]:
        return lambda outcome: self.said.append(f"{who}: {type(outcome).__name__}")


def _versions(accepted: Sequence[Accepted]) -> list[int]:
    return [entry.edit.version for entry in accepted]


def _commit(told: Told, *sessions: str | None) -> Commit:
    """A commit of an edit by each of these sessions, and of one by `late` that was refused."""
    history = History()
    answers: list[tuple[Ticket[Stored], Stored | Unavailable]] = []
    for number, session_id in enumerate(sessions):
        made = history.edit([Set(None, "title", f"Day {number}")])
        assert isinstance(made, Accepted)
        answers.append((Ticket(), replace(made, edit=replace(made.edit, session_id=session_id))))
    answers.append((Ticket(), Unavailable("too late")))
    for (ticket, _), who in zip(answers, [*sessions, "late"], strict=True):
        ticket.then(told.answer(who or "nobody"))
    return Commit(answers, [*sessions, "late"])


def test_the_edits_then_the_answers_and_then_where_a_focus_went() -> None:
    told = Told()
    told.after_commit().tell(_commit(told, "ada", None, "ben"))
    assert told.said == [
        "first ['ada', 'ben', 'late']",
        "rooms [1, 2, 3]",
        "ada: Accepted",
        "nobody: Accepted",
        "ben: Accepted",
        "late: Unavailable",
        "focus [1, 2, 3]",
        "charged [1]",
        "host [1]",
        "charged [2]",
        "host [2]",
        "charged [3]",
        "host [3]",
        "webhook",
    ]


def test_a_focus_follows_what_was_given_out_and_everybody_is_charged() -> None:
    told = Told()
    told.given_out = 1
    told.after_commit().tell(_commit(told, "ada", "ben"))
    assert "focus [1]" in told.said
    assert [line for line in told.said if line.startswith("charged")] == ["charged [1]", "charged [2]"]


def test_a_commit_that_stored_nothing_is_answered_and_told_to_nobody() -> None:
    told = Told()
    told.after_commit().tell(_commit(told))
    assert told.said == ["first ['late']", "late: Unavailable", "focus []"]


def test_whatever_fails_meanwhile_an_answer_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    commit = _commit(told, "ada")
    monkeypatch.setattr(told, "edited", None)
    with pytest.raises(TypeError):
        told.after_commit().tell(commit)
    commit.answer()
    assert [line for line in told.said if ":" in line] == ["ada: Accepted", "late: Unavailable"]
