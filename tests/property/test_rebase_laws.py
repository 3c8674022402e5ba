"""The laws of domain/ot/rebase.py, on random edits of all five ops made on random old versions by two authors."""

from itertools import count

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from collab.domain.ot.document import apply_stored
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Insert
from collab.domain.ot.rebase import Accepted, Nothing
from tests.support.examples import examples
from tests.support.model import moved_over
from tests.support.rooms import (
    AUTHORS,
    START,
    History,
    comparable,
    content,
    edits_of,
    problems_of,
    replayed,
)

pytestmark = pytest.mark.long

laws = examples(300)


@st.composite
def histories(draw: st.DrawFn, max_steps: int = 8) -> History:
    """Edits made on any version so far, and undos of any edit so far."""
    history = History()
    ids = map("new{}".format, count())
    for _ in range(draw(st.integers(1, max_steps))):
        if history.edits and draw(st.integers(0, 3)) == 0:
            history.undo(draw(st.sampled_from(history.edits)), draw(st.sampled_from(AUTHORS)), as_owner=True)
        else:
            base = draw(st.integers(max(0, history.head.version - 3), history.head.version))
            ops = draw(edits_of(history.versions[base], lambda: next(ids)))
            history.edit(ops, base, draw(st.sampled_from(AUTHORS)))
    return history


def _restores(edit: Edit) -> bool:
    return any(isinstance(op, Insert) for op in edit.ops) and edit.undoes is not None


@laws
@given(histories(), st.data())
def test_a_client_that_moves_its_own_ops_ends_with_the_document_of_the_server(
    history: History, data: st.DataObject
) -> None:
    ids = map("mine{}".format, count())
    base = data.draw(st.integers(0, history.head.version))
    ops = data.draw(edits_of(history.versions[base], lambda: next(ids)))
    since = history.edits[base:]
    pending = list(ops)
    for edit in since:
        pending = moved_over(pending, edit.ops)
    head = history.head

    outcome = history.edit(ops, base)

    if any(map(_restores, since)):
        # What the client let go with a removed item, the server keeps where the item has come back.
        event("an item came back")
        assert isinstance(outcome, Accepted | Nothing)
        return
    if isinstance(outcome, Nothing):
        event("every op was dropped")
        assert pending == []
        assert len(outcome.dropped) == len(ops)
        return
    assert isinstance(outcome, Accepted)
    event("stored")
    assert comparable(outcome.edit.ops) == comparable(pending)
    assert len(outcome.edit.dropped) + len(outcome.edit.ops) == len(ops)
    assert apply_stored(head, outcome.edit.ops) == outcome.document


@laws
@given(histories())
def test_a_history_is_sound(history: History) -> None:
    """Making one costs far more than looking at it: each is looked at in every way."""
    _every_version_is_sound_and_replaying_the_edits_gives_the_head(history)
    _the_inverse_of_an_edit_restores_the_document(history)
    _an_item_id_is_given_once(history)


def _every_version_is_sound_and_replaying_the_edits_gives_the_head(history: History) -> None:
    for document in history.versions:
        assert problems_of(document) == []
    assert replayed(history) == history.head
    assert [edit.version for edit in history.edits] == list(range(1, history.head.version + 1))


def _the_inverse_of_an_edit_restores_the_document(history: History) -> None:
    for before, edit, after in zip(history.versions, history.edits, history.versions[1:], strict=False):
        assert content(apply_stored(after, edit.inverse)) == content(before)


def _an_item_id_is_given_once(history: History) -> None:
    given_ids = [*START.items]
    given_ids += [
        op.item.id for edit in history.edits if edit.undoes is None for op in edit.ops if isinstance(op, Insert)
    ]
    assert len(given_ids) == len(set(given_ids))
    assert {*history.head.items, *history.head.removed} <= set(given_ids)


@laws
@given(histories(), st.data())
def test_undo_restores_what_was_and_redo_what_was_done(history: History, data: st.DataObject) -> None:
    ids = map("mine{}".format, count())
    before = history.head
    outcome = history.edit(data.draw(edits_of(before, lambda: next(ids))))
    assert isinstance(outcome, Accepted)
    after = outcome.document

    target = outcome.edit
    for expected in (before, after, before, after):
        undone = history.undo(target)
        assert isinstance(undone, Accepted)
        assert undone.edit.dropped == ()
        assert undone.edit.undoes == target.edit_id
        assert content(undone.document) == content(expected)
        target = undone.edit


@laws
@given(histories(), st.data())
def test_an_undo_takes_back_no_more_than_its_edit_gave(history: History, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(history.edits)) if history.edits else None
    if target is None:
        return
    head = history.head
    outcome = history.undo(target)
    if isinstance(outcome, Nothing):
        assert content(history.head) == content(head)
        return
    assert isinstance(outcome, Accepted)
    subjects = {_subject(op) for op in target.ops}
    assert {_subject(op) for op in outcome.edit.ops} <= subjects
    again = history.undo(target)
    assert isinstance(again, Nothing)
    assert {entry.reason for entry in again.dropped} == {"already_undone"}


def _subject(op: object) -> tuple[object, object]:
    item = op.item.id if isinstance(op, Insert) else getattr(op, "item", None)
    return item, getattr(op, "field", None)
