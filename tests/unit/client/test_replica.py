"""Edits go out one at a time and find their place by version, in scripts of type, send and receive."""

from functools import partial

import pytest

from collab.client.events import Edited, Saved
from collab.domain.errors import Invalid
from collab.domain.ot.document import Draft
from collab.domain.ot.edits import Author
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.ot.text import Delete
from tests.support.exchange import Exchange, key, notes, typed


def test_an_edit_shows_before_it_is_sent_and_is_pending_until_it_is_answered() -> None:
    band = Exchange("ada")
    ada = band.replicas["ada"]
    edit_id = band.edit("ada", key("G"))
    assert ada.view.items["iko"].fields["key"] == "G"
    assert ada.confirmed.items["iko"].fields["key"] == "F"
    answer = band.send("ada")
    assert ada.pending_count == 1
    assert band.get("ada", answer) == [Saved(edit_id, 1)]
    assert ada.pending_count == 0
    band.assert_agreed()


def test_one_edit_is_in_flight_and_the_next_is_sent_once_it_has_landed() -> None:
    band = Exchange("ada")
    ada = band.replicas["ada"]
    first = band.edit("ada", key("G"))
    second = band.edit("ada", key("A"))
    answer = band.send("ada")
    request = ada.send()
    assert request is not None
    assert request.edit_id == first
    band.get("ada", answer)
    request = ada.send()
    assert request is not None
    assert (request.edit_id, request.payload["base_version"]) == (second, 1)


def test_what_is_sent_again_is_what_was_sent_first_whatever_has_arrived_since() -> None:
    band = Exchange("ada", "ben")
    band.edit("ada", typed(5, "open "))
    first = band.replicas["ada"].send()
    band.stored("ben", typed(0, "hey: "))
    band.hear("ada")
    assert band.replicas["ada"].send() == first
    band.get("ada", band.send("ada"))
    band.assert_agreed()
    assert notes(band.document) == "hey: doorsopen  at 8"


def test_a_lost_answer_is_given_again_and_nothing_is_stored_twice() -> None:
    band = Exchange("ada")
    band.edit("ada", typed(0, "hey: "))
    band.send("ada")
    assert band.get("ada", band.send("ada"))
    band.assert_agreed()
    assert [edit.version for edit in band.history] == [1]


def test_an_own_edit_that_catching_up_brings_is_in_place_and_its_answer_is_still_asked_for() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    edit_id = band.edit("ada", key("G"))
    band.send("ada")
    band.stored("ben", typed(0, "hey: "))
    band.hear("ada")
    assert ada.confirmed.version == 2
    assert ada.pending_count == 1
    assert band.get("ada", band.send("ada")) == [Saved(edit_id, 1)]
    assert ada.pending_count == 0
    band.assert_agreed()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2), (1, 1, 3, 3, 2)])
def test_edits_are_put_in_place_by_version_in_whichever_order_they_arrive(order: tuple[int, ...]) -> None:
    band = Exchange("ada", "ben")
    for at in (0, 5, 10):
        band.stored("ben", typed(at, "ho "))
    notices = band.hear("ada", *order)
    assert [notice.edit.version for notice in notices if isinstance(notice, Edited)] == [1, 2, 3]
    band.assert_agreed()


def test_an_answer_ahead_of_what_was_heard_waits_for_it() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    band.stored("ben", typed(0, "hey: "))
    band.edit("ada", typed(10, "!"))
    band.get("ada", band.send("ada"))
    assert ada.is_behind
    assert ada.confirmed.version == 0
    assert ada.pending_count == 1
    assert notes(ada.view) == "doors at 8!"
    band.hear("ada", 1)
    assert not ada.is_behind
    assert ada.pending_count == 0
    band.assert_agreed()


def test_a_gap_is_seen_by_its_version() -> None:
    band = Exchange("ada", "ben")
    band.stored("ben", key("G"))
    band.stored("ben", key("A"))
    band.hear("ada", 2)
    assert band.replicas["ada"].is_behind
    band.hear("ada", 1)
    assert not band.replicas["ada"].is_behind


def test_who_types_at_one_place_with_others_comes_after_what_is_committed() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    band.edit("ada", typed(0, "A"))
    answer = band.send("ada")
    band.edit("ada", typed(1, "B"))
    band.edit("ben", typed(0, "C"))
    band.get("ben", band.send("ben"))  # it waits for version 1
    band.hear("ben", 1)
    assert notes(band.document) == "ACdoors at 8"
    band.get("ada", answer)
    edited = band.hear("ada")
    assert [notice.ops for notice in edited if isinstance(notice, Edited)] == [(typed(1, "C"),)]
    assert notes(ada.view) == "ACBdoors at 8"
    band.get("ada", band.send("ada"))
    band.assert_agreed()


def test_the_ops_of_an_edit_are_told_as_they_change_the_view() -> None:
    band = Exchange("ada", "ben")
    band.edit("ada", typed(0, "hey: "), key("G"))
    band.stored("ben", typed(10, "!"), key("A"))
    (edited,) = band.hear("ada")
    assert isinstance(edited, Edited)
    # Her own key stays on top of his, which she therefore does not see.
    assert edited.ops == (typed(15, "!"),)
    assert edited.edit.author == Author("ben", "Ben")


def test_typing_on_goes_into_the_edit_that_still_waits() -> None:
    band = Exchange("ada")
    first = band.edit("ada", typed(0, "h"))
    assert band.edit("ada", typed(1, "ey")) == first
    assert band.replicas["ada"].pending_count == 1
    answer = band.send("ada")
    assert band.edit("ada", typed(3, "!")) != first
    band.get("ada", answer)
    band.get("ada", band.send("ada"))
    band.assert_agreed()
    assert [edit.ops for edit in band.history] == [(typed(0, "hey"),), (typed(3, "!"),)]


def test_undo_and_redo_go_through_ones_own_edits() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    band.stored("ada", key("G"))
    band.stored("ada", key("A"))
    band.hear("ben")
    band.stored("ben", typed(0, "hey: "))
    band.hear("ada")

    def keys_after(*asks: str) -> list[object]:
        found = []
        for number, ask in enumerate(asks):
            edit_id = f"{ask}-{number}-{ada.confirmed.version}"
            assert (ada.undo if ask == "undo" else ada.redo)(partial(str, edit_id))
            band.get("ada", band.send("ada"))
            found.append(ada.view.items["iko"].fields["key"])
        return found

    assert keys_after("undo", "undo", "redo", "redo", "undo") == ["G", "F", "G", "A", "G"]
    band.stored("ada", key("C"))
    assert not ada.redo(lambda: "too late")
    assert keys_after("undo", "undo") == ["G", "F"]
    assert not ada.undo(lambda: "nothing left")
    band.assert_agreed()
    assert notes(band.document) == "hey: doors at 8"


def test_what_waits_is_carried_over_an_undo() -> None:
    band = Exchange("ada")
    band.stored("ada", typed(0, "hey: "))
    band.undo("ada")
    assert notes(band.replicas["ada"].view) == "doors at 8"
    band.edit("ada", typed(10, "!"))
    band.get("ada", band.send("ada"))
    assert notes(band.replicas["ada"].view) == "doors at 8!"
    band.get("ada", band.send("ada"))
    band.assert_agreed()


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Set("never", "key", "G"), "ops.1.item: expected the id of an item"),
        (Insert(Item("iko", "song", "a5", {})), "ops.1.item.id: expected an id that is not used yet"),
        (Text(None, "notes", (9, Delete(2))), "ops.1.delta: expected a delta within the text's 10 characters"),
        (Text("iko", "tempo", ("fast",)), "ops.1.field: expected a text or line"),
    ],
)
def test_an_op_that_does_not_fit_the_view_is_refused_and_nothing_changes(op: Op, message: str) -> None:
    band = Exchange("ada")
    band.stored("ada", Set("iko", "tempo", 100))
    with pytest.raises(Invalid, match=message):
        band.edit("ada", key("G"), op)
    assert band.replicas["ada"].pending_count == 0
    band.assert_agreed()
    with pytest.raises(Invalid, match="at least one op"):
        band.edit("ada")


class TestUndoneBeforeItWasSent:
    def test_it_is_never_sent_and_can_be_done_again(self) -> None:
        band = Exchange("ada")
        ada = band.replicas["ada"]
        band.edit("ada", key("G"))
        band.edit("ada", typed(0, "hey: "))
        band.undo("ada")
        band.undo("ada")
        assert (ada.send(), ada.pending_count, ada.view.to_json()) == (None, 0, band.document.to_json())
        assert ada.redo(lambda: "never used")
        band.get("ada", band.send("ada"))
        assert ada.send() is None
        assert ada.redo(lambda: "nor this")
        band.get("ada", band.send("ada"))
        band.assert_agreed()
        assert [len(edit.ops) for edit in band.history] == [1, 1]
        assert notes(band.document) == "hey: doors at 8"

    def test_a_new_edit_takes_its_place(self) -> None:
        band = Exchange("ada")
        band.edit("ada", key("G"))
        band.undo("ada")
        band.stored("ada", typed(0, "hey: "))
        band.assert_agreed()
        assert [edit.ops for edit in band.history] == [(typed(0, "hey: "),)]

    def test_beneath_the_undo_of_what_was_sent_it_is_sent_too_so_that_redo_finds_its_place(self) -> None:
        band = Exchange("ada")
        ada = band.replicas["ada"]
        band.edit("ada", typed(0, "abc"))
        answer = band.send("ada")
        band.edit("ada", key("G"))
        band.edit("ada", typed(1, "x"))
        for _ in range(3):
            band.undo("ada")
        band.get("ada", answer)
        while ada.pending_count:
            band.get("ada", band.send("ada"))
        for number in range(3):
            assert ada.redo(partial(str, f"redo-{number}"))
        assert notes(ada.view) == "axbcdoors at 8"
        while ada.pending_count:
            band.get("ada", band.send("ada"))
        band.assert_agreed()

    def test_what_may_have_been_stored_is_sent_again_before_it_is_undone(self) -> None:
        band = Exchange("ada")
        ada = band.replicas["ada"]
        band.edit("ada", key("G"))
        band.send("ada")
        band.undo("ada")
        ada.restart(band.document)
        assert ada.pending_count == 2


def test_what_gives_way_in_the_view_is_told_among_the_ops_of_the_edit() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    band.edit("ada", Insert(Item("tiger", "song", "a2", {"title": "Tiger Rag"})))
    band.edit("ada", Move("iko", "a3"))
    for op in (Insert(Item("panama", "song", "a2", {"title": "Panama"})), Move("saints", "a3"), Remove("panama")):
        shown = Draft(ada.view)
        band.stored("ben", op)
        (edited,) = band.hear("ada")
        assert isinstance(edited, Edited)
        assert edited.ops[0] == op
        assert Move("tiger", ada.view.items["tiger"].position) in edited.ops
        for told in edited.ops:
            shown.apply(told)
        assert shown.items == ada.view.items
    assert ada.view.items["tiger"].position == "a2", "its own place, which is free again"
