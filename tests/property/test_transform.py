"""The laws of carrying pending ops over committed ones, on any ops that two people may make of one document."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from collab.client.pending import applied
from collab.client.transform import transform
from collab.domain.ot.difference import hold_text, ops_between
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import Op
from tests.support.examples import examples
from tests.support.intents import INTENTS, Intent, op_of, setlist_items
from tests.support.rooms import ADA, BEN, History

SEEN = Document("friday", "setlist", "band", 0, {"notes": "doors at 8"}, {item.id: item for item in setlist_items()})
EDITS = st.lists(INTENTS, min_size=1, max_size=4)
laws = examples(300)


def ops_of(who: str, intents: list[Intent]) -> list[Op]:
    seen, ops = SEEN, list[Op]()
    for number, intent in enumerate(intents):
        ops.append(op_of(seen, intent, f"{who}-{number}"))
        seen = as_they_are(seen, ops[-1:])
    return ops


def as_they_are(document: Document, *edits: list[Op] | tuple[Op, ...]) -> Document:
    """The document with these ops, none of which gives way to an item that is in its place: who comes first there is
    for the server's order to say, and no two ways round can agree on it."""
    for ops in edits:
        document = replace(apply_stored(document, ops), version=document.version)
    return document


@laws
@given(mine=EDITS, theirs=EDITS)
def test_either_way_round_leads_to_one_document(mine: list[Intent], theirs: list[Intent]) -> None:
    pending, committed = ops_of("mine", mine), ops_of("theirs", theirs)
    kept, moved, lost = transform(pending, committed)
    assert as_they_are(SEEN, committed, kept).to_json() == as_they_are(SEEN, pending, moved).to_json()
    assert len(kept) + len(lost) == len(pending)


@laws
@given(mine=EDITS, theirs=EDITS)
def test_what_is_shown_is_what_the_server_makes_of_it(mine: list[Intent], theirs: list[Intent]) -> None:
    """To the place that each item is given."""
    history, pending = History([SEEN]), ops_of("mine", mine)
    history.edit(ops_of("theirs", theirs), 0, BEN)
    kept, _, _ = transform(pending, history.edits[-1].ops)
    shown = applied(history.head, kept)
    history.edit(pending, 0, ADA)
    assert replace(shown, version=history.head.version).to_json() == history.head.to_json()


@laws
@given(mine=EDITS, theirs=EDITS)
def test_a_difference_leads_from_one_document_to_the_other(mine: list[Intent], theirs: list[Intent]) -> None:
    before, after = as_they_are(SEEN, ops_of("mine", mine)), as_they_are(SEEN, ops_of("theirs", theirs))
    assert as_they_are(before, [*ops_between(before, after, hold_text)]).to_json() == after.to_json()
    assert [*ops_between(after, after, hold_text)] == []
