"""The laws of carrying pending ops over committed ones, on any ops that two people may make of one document."""

from hypothesis import given
from hypothesis import strategies as st

from collab.client.pending import applied
from collab.client.transform import transform
from collab.domain.ot.difference import hold_text, ops_between
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Op
from tests.support.examples import examples
from tests.support.intents import INTENTS, Intent, op_of, setlist_items

SEEN = Document("friday", "setlist", "band", 0, {"notes": "doors at 8"}, {item.id: item for item in setlist_items()})
EDITS = st.lists(INTENTS, min_size=1, max_size=4)
laws = examples(300)


def ops_of(who: str, intents: list[Intent]) -> list[Op]:
    seen, ops = SEEN, list[Op]()
    for number, intent in enumerate(intents):
        ops.append(op_of(seen, intent, f"{who}-{number}"))
        seen = applied(seen, ops[-1:])
    return ops


@laws
@given(mine=EDITS, theirs=EDITS)
def test_either_way_round_leads_to_one_document(mine: list[Intent], theirs: list[Intent]) -> None:
    pending, committed = ops_of("mine", mine), ops_of("theirs", theirs)
    kept, moved, lost = transform(pending, committed)
    one_way = applied(applied(SEEN, committed), kept)
    other_way = applied(applied(SEEN, pending), moved)
    assert one_way.to_json() == other_way.to_json()
    assert len(kept) + len(lost) == len(pending)


@laws
@given(mine=EDITS, theirs=EDITS)
def test_a_difference_leads_from_one_document_to_the_other(mine: list[Intent], theirs: list[Intent]) -> None:
    before, after = applied(SEEN, ops_of("mine", mine)), applied(SEEN, ops_of("theirs", theirs))
    assert applied(before, [*ops_between(before, after, hold_text)]).to_json() == after.to_json()
    assert [*ops_between(after, after, hold_text)] == []
