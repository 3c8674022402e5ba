"""Rule 5 of PROTOCOL.md, "How edits meet": undo and redo, by example. Results op by op are in the vectors."""

from dataclasses import replace

import pytest

from collab.domain.errors import Forbidden, Invalid
from collab.domain.fields import Line
from collab.domain.kinds import SETLIST, Kind
from collab.domain.ot.edits import Dropped, Edit, Undo
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.ot.rebase import Accepted, Nothing, Outcome
from collab.domain.ot.text import Delete
from collab.domain.ot.undoing import undo
from tests.support.rooms import ADA, BEN, NOW, START, History, content, with_a_full_gap


def made(outcome: Outcome) -> Edit:
    assert isinstance(outcome, Accepted)
    return outcome.edit


EVERY_OP: list[Op] = [
    Set(None, "title", "Saturday"),
    Set("iko", "tempo", None),
    Text("iko", "notes", (4, "er")),
    Move("saints", "Zz"),
    Insert(Item("new", "song", "a1V", {"title": "Tipitina"})),
    Set("new", "key", "F"),
    Remove("rest"),
    Set(None, "notes", "all new"),
    Text(None, "notes", (4, "of it ")),
]


def test_every_op_of_an_edit_goes_back_and_forth() -> None:
    history = History()
    edit = made(history.edit(EVERY_OP))
    done = history.head
    target = edit
    for expected in (START, done, START, done):
        undone = made(history.undo(target))
        assert (undone.undoes, undone.dropped, undone.base_version) == (target.edit_id, (), undone.version - 1)
        assert content(history.head) == content(expected)
        target = undone


def test_an_edit_long_past_is_undone_beneath_all_that_came_after() -> None:
    history = History()
    edit = made(history.edit([Set("iko", "key", "F"), Text(None, "notes", (5, " at 8"))]))
    for n in range(30):
        history.edit([Text(None, "notes", (f"{n % 10}",)), Set("iko", "tempo", 100 + n)], author=BEN)
    made(history.undo(edit))
    assert history.head.fields["notes"] == "9876543210" * 3 + "doors"
    assert dict(history.head.items["iko"].fields) == {"title": "Iko Iko", "tempo": 129, "notes": "slow"}


def test_redo_keeps_what_others_did_between_edit_and_undo_and_redo() -> None:
    history = History()
    edit = made(history.edit([Text(None, "notes", (5, " at 8"))]))
    history.edit([Text(None, "notes", ("1",))], author=BEN)
    undone = made(history.undo(edit))
    history.edit([Text(None, "notes", ("2",))], author=BEN)
    made(history.undo(undone))
    assert history.head.fields["notes"] == "21doors at 8"


def test_redo_and_undo_again_whichever_of_the_edits_is_named() -> None:
    history = History()
    edit = made(history.edit([Text(None, "notes", (Delete(5),))]))
    undone = made(history.undo(edit))
    redone = made(history.undo(undone))
    again = made(history.undo(edit))
    assert again.undoes == redone.edit_id
    assert history.head.fields["notes"] == "doors"
    for stale in (edit, redone):
        assert history.undo(stale) == Nothing(4, (Dropped(0, "already_undone"),))
    made(history.undo(undone))
    assert "notes" not in history.head.fields


def test_an_edit_is_undone_once() -> None:
    history = History()
    edit = made(history.edit([Set("iko", "key", "F"), Set("iko", "tempo", 99)]))
    made(history.undo(edit))
    assert history.undo(edit) == Nothing(2, (Dropped(0, "already_undone"), Dropped(1, "already_undone")))


def test_an_undo_that_could_do_nothing_may_be_tried_again() -> None:
    history = History()
    edit = made(history.edit([Set(None, "venue", "Blue Nile")]))
    other = made(history.edit([Set(None, "venue", "Maple Leaf")], author=BEN))
    assert history.undo(edit) == Nothing(2, (Dropped(0, "field_changed"),))
    made(history.undo(other))
    made(history.undo(edit))
    assert "venue" not in history.head.fields


def test_what_an_undo_left_alone_redo_leaves_alone() -> None:
    history = History()
    edit = made(history.edit([Set("iko", "key", "F"), Set(None, "venue", "Blue Nile")]))
    history.edit([Set(None, "venue", "Maple Leaf")], author=BEN)
    undone = made(history.undo(edit))
    assert undone.dropped == (Dropped(1, "field_changed"),)
    redone = made(history.undo(undone))
    assert redone.ops == (Set("iko", "key", "F"),)
    assert history.head.fields["venue"] == "Maple Leaf"


def test_words_that_no_longer_fit_stay_out() -> None:
    history = History()
    history.edit([Set(None, "notes", "x" * 15_000)])
    edit = made(history.edit([Text(None, "notes", (Delete(15_000),)), Set("iko", "key", "F")]))
    history.edit([Text(None, "notes", ("y" * 5_001,))], author=BEN)
    undone = made(history.undo(edit))
    assert undone.dropped == (Dropped(0, "text_too_long"),)
    assert len(history.head.fields["notes"]) == 5_001
    history.edit([Text(None, "notes", (Delete(1),))], author=BEN)
    made(history.undo(undone))
    made(history.undo(made(history.edit([Set(None, "venue", "Blue Nile")]))))


def test_words_that_just_fit_come_back() -> None:
    history = History()
    history.edit([Set(None, "notes", "x" * 15_000)])
    edit = made(history.edit([Text(None, "notes", (Delete(15_000),))]))
    history.edit([Text(None, "notes", ("y" * 5_000,))], author=BEN)
    made(history.undo(edit))
    assert history.head.fields["notes"] == "y" * 5_000 + "x" * 15_000


def test_an_item_that_came_back_otherwise_is_left_as_it_is() -> None:
    """No edit of a member brings an item back but the undo of its removal; a host's own tools may."""
    history = History()
    edit = made(history.edit([Set("iko", "key", "F"), Text("iko", "notes", ("x",)), Move("iko", "a7"), Remove("iko")]))
    back = replace(START.items["iko"], fields={"title": "Iko"})
    stored = Edit("content", 2, "host", 1, BEN, None, (Insert(back),), (Remove("iko"),), NOW)
    history.edits.append(stored)
    history.versions.append(
        replace(history.head, version=2, items={**history.head.items, "iko": back}, removed={}),
    )
    outcome = history.undo(edit)
    assert outcome == Nothing(2, tuple(Dropped(index, "item_exists") for index in (3, 2, 1, 0)))


def test_typing_in_an_item_that_came_back_with_another_text_is_dropped() -> None:
    history = History()
    edit = made(history.edit([Text("iko", "notes", (4, "er"))]))
    history.edit([Remove("iko")], author=BEN)
    back = replace(START.items["iko"], fields={"notes": "fast"})
    stored = Edit("content", 3, "host", 2, BEN, None, (Insert(back),), (Remove("iko"),), NOW)
    history.edits.append(stored)
    history.versions.append(
        replace(history.head, version=3, items={**history.head.items, "iko": back}, removed={}),
    )
    assert history.undo(edit) == Nothing(3, (Dropped(0, "field_replaced"),))
    assert history.edit([Text("iko", "notes", ("x",))], 0) == Nothing(3, (Dropped(0, "field_replaced"),))


class TestWhoMayUndo:
    def test_one_undoes_one_s_own_edits(self) -> None:
        history = History()
        edit = made(history.edit([Set("iko", "key", "F")], author=BEN))
        with pytest.raises(Forbidden, match=r"^expected an edit of your own: only owners undo what others did$"):
            history.undo(edit, ADA)
        assert made(history.undo(edit, BEN)).author == BEN

    def test_an_owner_undoes_anybody_s_and_the_undo_is_the_owner_s(self) -> None:
        history = History()
        edit = made(history.edit([Set("iko", "key", "F")], author=BEN))
        undone = made(history.undo(edit, ADA, as_owner=True))
        assert undone.author == ADA
        with pytest.raises(Forbidden):
            history.undo(undone, BEN)
        made(history.undo(undone, ADA))
        assert history.head.items["iko"].fields["key"] == "F"


def test_typing_goes_back_even_where_the_kind_has_lost_the_field() -> None:
    history = History()
    edit = made(history.edit([Text(None, "notes", (5, " at 8"))]))
    bare = Kind("setlist", {"title": Line()})
    outcome = undo(Undo("new", edit.edit_id, ADA, None, NOW), edit, history.head, history.edits, bare)
    assert isinstance(outcome, Accepted)
    assert outcome.document.fields["notes"] == "doors"


def test_setlists_have_room_for_what_these_tests_type() -> None:
    notes = SETLIST.fields["notes"]
    assert notes.problem("x" * 20_000) is None
    assert notes.problem("x" * 20_001) is not None


@pytest.mark.parametrize(
    ("op", "path"), [(Remove("iko"), "ops.0.item.position"), (Move("iko", "a7"), "ops.0.position")]
)
def test_an_item_that_finds_no_room_at_its_old_place_stays_until_there_is_some(op: Op, path: str) -> None:
    history = History([with_a_full_gap()])
    edit = made(history.edit([op]))
    history.edit([Insert(Item("new", "song", "a0", {}))], author=BEN)
    with pytest.raises(Invalid) as refused:
        history.undo(edit)
    assert [problem.path for problem in refused.value.problems] == [path]
    history.edit([Move("rest", "a8")])
    made(history.undo(edit))
    assert [item.id for item in history.head.ordered()][:2] == ["new", "iko"]
