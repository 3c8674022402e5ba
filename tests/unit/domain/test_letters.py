"""A text's letters in a history: what undoing costs, and histories that are not as an undo would have made them."""

from collections.abc import Sequence
from itertools import count

import pytest

from collab.domain.errors import NotFound
from collab.domain.ot import letters
from collab.domain.ot.edits import Done, Edit
from collab.domain.ot.ops import Op, Place, Set, Text
from collab.domain.ot.rebase import Accepted
from collab.domain.ot.text import Delete
from tests.support.model import stored
from tests.support.rooms import ADA, BEN, NOW, START, History

NOTES = (None, "notes")
_numbers = count()


def stored_as(history: History, *ops: Op, undoes: str | None = None) -> Edit:
    """An edit of the history just as it is given, whatever an undo would have come to."""
    done, inverse, document = stored(ops, history.head)
    edit_id = f"given{next(_numbers)}"
    history.edits.append(
        Edit("content", document.version, edit_id, document.version - 1, ADA, None, done, inverse, NOW, undoes)
    )
    history.versions.append(document)
    return history.edits[-1]


def notes(history: History) -> str:
    return str(history.head.fields.get("notes", ""))


def undone(history: History, edit: Edit) -> Edit:
    outcome = history.undo(edit)
    assert isinstance(outcome, Accepted)
    return outcome.edit


def test_an_undo_that_did_something_else_is_taken_as_what_it_did() -> None:
    history = History()
    cut = stored_as(history, Text(None, "notes", (Delete(2),)))
    partly = stored_as(history, Text(None, "notes", ("d",)), undoes=cut.edit_id)
    assert notes(history) == "dors"
    back = undone(history, partly)
    assert (back.undoes, notes(history)) == (partly.edit_id, "ors")
    undone(history, back)
    assert notes(history) == "dors"


def test_an_undo_of_a_set_that_did_something_else_is_taken_as_what_it_did() -> None:
    history = History()
    typed = stored_as(history, Text(None, "notes", (5, "!")))
    replaced = stored_as(history, Set(None, "notes", "new"), Text(None, "notes", (3, "er")))
    stored_as(history, Text(None, "notes", (3, Delete(2))), Set(None, "notes", "old"), undoes=replaced.edit_id)
    assert [entry.reason for entry in getattr(history.undo(typed), "dropped", ())] == ["field_replaced"]


def test_an_undo_that_replaced_the_text_takes_no_letter_back() -> None:
    history = History()
    cut = stored_as(history, Text(None, "notes", (Delete(2),)))
    back = stored_as(history, Set(None, "notes", "doors"), undoes=cut.edit_id)
    redone = stored_as(history, Text(None, "notes", (Delete(2),)), undoes=back.edit_id)
    undone(history, redone)
    assert notes(history) == "doors"


def test_a_set_whose_value_another_gave_again_goes_back_to_what_was_before_it() -> None:
    history = History()
    first = stored_as(history, Text(None, "notes", (5, "!")), Set(None, "notes", "new"))
    for value in ("other", "new"):
        history.edit([Set(None, "notes", value)], author=BEN)
    outcome = history.undo(first)
    assert isinstance(outcome, Accepted)
    assert notes(history) == "doors!"
    assert [entry.reason for entry in outcome.edit.dropped] == ["field_replaced"]
    undone(history, outcome.edit)
    assert notes(history) == "new"


def test_who_goes_all_the_way_back_replays_each_time_but_the_edit_in_question(monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[int] = []
    really = letters.lasting

    def counting(place: Place, edits: Sequence[Done], named: set[str]) -> list[Done]:
        replayed.append(len(found := really(place, edits, named)))
        return found

    monkeypatch.setattr(letters, "lasting", counting)
    history = History()
    done = [stored_as(history, Text(None, "notes", ("x",))) for _ in range(50)]
    for number, edit in enumerate(reversed(done)):
        undone(history, edit)
        assert replayed.pop() == len(done) - number
    assert notes(history) == "doors"


def test_letters_that_no_undo_names_run_together() -> None:
    history = History()
    for at in range(40):
        history.edit([Text(None, "notes", (3 + at, "x"))], author=BEN if at % 2 else ADA)
    kept = stored_as(history, Text(None, "notes", (1, "y")))
    for _ in range(20):
        history.edit([Text(None, "notes", (4, Delete(1), 5, "z"))])
    found = letters.Letters(NOTES, history.edits, history.head.fields["notes"], {kept.edit_id})
    assert found.shown == notes(history)
    assert len(found._layers[-1]) == 3  # noqa: SLF001  # what each later op costs grows with them
    assert START.fields["notes"] == "doors"


def test_what_would_take_too_long_is_not_undone_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History()
    edit = stored_as(history, *(Text(None, "notes", (at, "x", Delete(1), "y")) for at in range(1, 4)))
    undone(history, undone(history, edit))
    monkeypatch.setattr(letters, "MAX_RUNS", 20)
    with pytest.raises(NotFound, match=r"^too much was typed since for this to be undone: change by hand"):
        history.undo(edit)
