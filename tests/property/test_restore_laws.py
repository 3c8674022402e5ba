"""A restore leads from any version to any other exactly, and its inverse leads back."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.kinds import SETLIST
from collab.domain.ot.document import Document, Draft, apply_stored
from collab.domain.ot.edits import Author, Restore, Undo
from collab.domain.ot.ops import Item
from collab.domain.ot.rebase import Accepted, Nothing
from collab.domain.ot.restore import restore
from collab.domain.ot.undoing import undo

AT = datetime(2026, 12, 4, tzinfo=UTC)
IDS = "abcdefgh"
POSITIONS = ["a0", "a1", "a2", "a3", "a3V", "a4", "a5", "a6", "a7", "Zz"]

FIELDS = st.fixed_dictionaries(
    {}, optional={"title": st.sampled_from("xyz"), "key": st.sampled_from("CDE"), "notes": st.text("no\n", min_size=1)}
)


@st.composite
def _documents(draw: st.DrawFn) -> Document:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    places = draw(st.permutations(POSITIONS))
    items = {item_id: Item(item_id, "song", place, draw(FIELDS)) for item_id, place in zip(ids, places, strict=False)}
    removed = {item_id: 1 for item_id in IDS if item_id not in items}
    fields = draw(st.fixed_dictionaries({"title": st.just("Friday")}, optional={"venue": st.sampled_from("vw")}))
    return Document("c1", "setlist", "b1", version=3, fields=fields, items=items, removed=removed)


def _visible(document: Document) -> object:
    return document.fields, document.items


@given(_documents(), _documents())
def test_a_restore_makes_the_document_what_it_was_and_undo_takes_it_back(head: Document, wanted: Document) -> None:
    outcome = restore(Restore("e1", wanted, Author("ada", "Ada"), None, AT), head, SETLIST)

    if isinstance(outcome, Nothing):
        assert _visible(head) == _visible(wanted)
        return
    assert _visible(outcome.document) == _visible(wanted)
    assert _visible(apply_stored(head, outcome.edit.ops)) == _visible(wanted)
    undone = undo(
        Undo("e2", "e1", Author("ada", "Ada"), None, AT), outcome.edit, outcome.document, [outcome.edit], SETLIST
    )
    assert isinstance(undone, Accepted)
    assert _visible(undone.document) == _visible(head)


@given(_documents(), _documents())
def test_no_op_of_a_restore_puts_an_item_where_another_is(head: Document, wanted: Document) -> None:
    outcome = restore(Restore("e1", wanted, Author("ada", "Ada"), None, AT), head, SETLIST)
    if isinstance(outcome, Accepted):
        for start, ops in ((head, outcome.edit.ops), (outcome.document, outcome.edit.inverse)):
            draft = Draft(start)
            for op in ops:
                draft.apply(op)
                assert len({item.position for item in draft.items.values()}) == len(draft.items)
