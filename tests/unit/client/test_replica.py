"""The replica, in scripts of type, send and receive."""

import pytest

from collab.client.events import Edited, OpDropped, Overwritten, Overwrote, Refused, Reloaded, Saved
from collab.domain.document import Document
from collab.domain.edits import Author, Overwrite
from collab.domain.errors import Conflicting, Invalid, NotFound
from collab.domain.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.text import Delete
from tests.support.exchange import Exchange


def typed(at: int, words: str) -> Text:
    return Text(None, "notes", (at, words) if at else (words,))


def key(value: str) -> Set:
    return Set("iko", "key", value)


def notes(document: Document) -> str:
    return str(document.fields.get("notes"))


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


def test_an_op_on_a_removed_item_is_dropped_and_told_once() -> None:
    band = Exchange("ada", "ben")
    in_flight = band.edit("ada", key("G"), typed(0, "hey: "))
    answer_later = band.replicas["ada"].send()
    assert answer_later is not None
    waiting = band.edit("ada", Set("iko", "tempo", 100))
    band.stored("ben", Remove("iko"))
    told = band.hear("ada")
    assert OpDropped(waiting, Set("iko", "tempo", 100), "item_removed") in told
    assert band.replicas["ada"].pending_count == 1
    told = band.get("ada", band.store("ada", answer_later))
    assert told == [Saved(in_flight, 2), OpDropped(in_flight, key("G"), "item_removed")]
    band.assert_agreed()


def test_typing_in_a_text_that_was_replaced_is_dropped() -> None:
    band = Exchange("ada", "ben")
    edit_id = band.edit("ada", typed(5, "!"))
    band.stored("ben", Set(None, "notes", "no doors"))
    told = band.hear("ada")
    assert told[1:] == [OpDropped(edit_id, typed(5, "!"), "field_replaced")]
    assert band.replicas["ada"].pending_count == 0
    band.assert_agreed()


def test_typing_after_ones_own_replacement_stays_whoever_replaced_it_before() -> None:
    band = Exchange("ada", "ben")
    band.edit("ada", Set(None, "notes", "load in at 5"), typed(0, "hey: "))
    band.stored("ben", Set(None, "notes", "no doors"))
    band.hear("ada")
    assert notes(band.replicas["ada"].view) == "hey: load in at 5"
    band.get("ada", band.send("ada"))
    band.assert_agreed()


def test_a_position_that_was_taken_meanwhile_becomes_the_servers() -> None:
    band = Exchange("ada", "ben")
    band.edit("ada", Insert(Item("mine", "song", "a2", {"title": "Mine", "key": None})))
    band.edit("ada", Set("mine", "key", "G"))
    band.stored("ben", Insert(Item("his", "song", "a2", {"title": "His"})))
    band.hear("ada")
    band.get("ada", band.send("ada"))
    band.get("ada", band.send("ada"))
    band.assert_agreed()
    assert [item.id for item in band.replicas["ada"].view.ordered()] == ["iko", "saints", "his", "mine"]


def test_an_edit_whose_every_op_was_dropped_leaves_nothing_pending_and_nothing_to_undo() -> None:
    band = Exchange("ada", "ben")
    edit_id = band.edit("ada", key("G"))
    request = band.replicas["ada"].send()
    assert request is not None
    band.undo("ada")
    band.stored("ben", Remove("iko"))
    told = band.get("ada", band.store("ada", request))
    assert told == [OpDropped(edit_id, key("G"), "item_removed")]
    assert band.replicas["ada"].is_behind
    band.hear("ada")
    band.assert_agreed()
    assert not band.replicas["ada"].redo("redo")


def test_a_refused_edit_is_taken_back_with_what_builds_on_it() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    edit_id = band.edit("ada", Insert(Item("mine", "song", "a2", {"title": "Mine", "tempo": 9_999})), typed(0, "A"))
    request = ada.send()
    assert request is not None
    on_it = band.edit("ada", Set("mine", "key", "G"), typed(1, "B"))
    band.undo("ada")
    refused, dropped = band.get("ada", band.store("ada", request))
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, Invalid)
    assert dropped == OpDropped(on_it, Set("mine", "key", "G"), "item_removed")
    assert "mine" not in ada.view.items
    assert notes(ada.view) == "Bdoors at 8"
    assert refused.edit_id == edit_id
    band.get("ada", band.send("ada"))
    band.get("ada", band.send("ada"))
    band.assert_agreed()
    assert notes(band.document) == "doors at 8"


def test_an_edit_that_was_stored_is_not_taken_back_where_sending_it_again_is_refused() -> None:
    band = Exchange("ada")
    edit_id = band.edit("ada", key("G"))
    band.send("ada")
    band.hear("ada")
    # Meanwhile ada may only look.
    assert band.replicas["ada"].refuse(edit_id, NotFound("gone")) == []
    band.assert_agreed()


def test_the_winner_is_told_whom_they_overwrote_and_the_loser_by_whom() -> None:
    band = Exchange("ada", "ben")
    winning = band.edit("ada", key("G"))
    request = band.replicas["ada"].send()
    assert request is not None
    band.stored("ben", key("A"))
    saved, overwrote = band.get("ada", band.store("ada", request))
    assert saved == Saved(winning, 2)
    assert overwrote == Overwrote(winning, (Overwrite(0, 1, Author("ben", "Ben"), "A"),))
    lost = band.hear("ben")[1:]
    assert lost == [Overwritten("iko", "key", mine="A", theirs="G", by=Author("ada", "Ada"), version=2)]
    band.assert_agreed()


def test_who_is_overwritten_by_somebody_who_saw_their_value_is_no_loser() -> None:
    band = Exchange("ada", "ben")
    band.stored("ben", key("A"))
    band.hear("ada")
    band.stored("ada", key("G"))
    assert [type(notice) for notice in band.hear("ben")] == [Edited]


def test_an_edit_that_expects_no_change_is_refused_where_there_was_one() -> None:
    band = Exchange("ada", "ben")
    band.edit("ada", key("G"), is_unchanged_expected=True)
    request = band.replicas["ada"].send()
    assert request is not None
    band.stored("ben", key("A"))
    (refused,) = band.get("ada", band.store("ada", request))
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, Conflicting)
    band.assert_agreed()


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
            assert getattr(ada, ask)(f"{ask}-{number}-{ada.confirmed.version}")
            band.get("ada", band.send("ada"))
            found.append(ada.view.items["iko"].fields["key"])
        return found

    assert keys_after("undo", "undo", "redo", "redo", "undo") == ["G", "F", "G", "A", "G"]
    band.stored("ada", key("C"))
    assert not ada.redo("too late")
    assert keys_after("undo", "undo") == ["G", "F"]
    assert not ada.undo("nothing left")
    band.assert_agreed()
    assert notes(band.document) == "hey: doors at 8"


def test_what_waits_is_carried_over_an_undo() -> None:
    band = Exchange("ada")
    band.stored("ada", typed(0, "hey: "))
    band.undo("ada")
    band.edit("ada", typed(15, "!"))
    band.get("ada", band.send("ada"))
    assert notes(band.replicas["ada"].view) == "doors at 8!"
    band.get("ada", band.send("ada"))
    band.assert_agreed()


def test_a_whole_document_replaces_what_was_missed_and_keeps_what_is_pending() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    edit_id = band.edit("ada", typed(10, " sharp"), key("G"))
    band.stored("ben", typed(0, "hey: "), Set("iko", "tempo", 100), Move("iko", "a9"))
    band.stored("ben", Remove("saints"))
    band.stored("ben", Insert(Item("his", "song", "a2", {"title": "His"})))
    assert ada.reset(band.document) == [Reloaded(3)]
    assert notes(ada.view) == "hey: doors at 8 sharp"
    assert [item.id for item in ada.view.ordered()] == ["his", "iko"]
    assert band.get("ada", band.send("ada")) == [Saved(edit_id, 4)]
    band.assert_agreed()


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_whole_document_waits_for_the_answer_that_tells_whether_it_holds_the_edit_in_flight(is_stored: bool) -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    band.edit("ada", typed(0, "A"))
    request = ada.send()
    assert request is not None
    if is_stored:
        band.store("ada", request)
    band.edit("ada", typed(1, "B"))
    band.stored("ben", typed(10, "!"))
    assert ada.reset(band.document) == []
    assert notes(ada.view) == "ABdoors at 8"
    assert not ada.is_behind
    band.get("ada", band.store("ada", request))
    assert notes(ada.view) == "ABdoors at 8!"
    band.get("ada", band.send("ada"))
    band.hear("ben")
    band.assert_agreed()


def test_a_document_that_was_overtaken_while_it_waited_hides_no_gap() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    band.edit("ada", typed(0, "A"))
    request = ada.send()
    assert request is not None
    band.stored("ben", typed(10, "!"))
    assert ada.reset(band.document) == []
    band.hear("ada", 1)
    band.get("ada", band.store("ada", request))
    assert ada.confirmed.version == 2
    band.hear("ben")
    band.stored("ben", key("G"))
    band.stored("ben", key("A"))
    band.hear("ada", 4)
    assert ada.is_behind
    band.assert_agreed()


def test_a_document_that_is_no_newer_is_no_news() -> None:
    band = Exchange("ada")
    old = band.document
    band.stored("ada", key("G"))
    assert band.replicas["ada"].reset(old) == []
    band.assert_agreed()


def test_a_server_with_another_history_gets_what_is_pending() -> None:
    band = Exchange("ada")
    ada = band.replicas["ada"]
    backup = band.document
    band.stored("ada", key("G"))
    band.edit("ada", typed(0, "hey: "))
    assert ada.send() is not None
    band.document, band.history = backup, []
    assert ada.restart(backup) == [Reloaded(0)]
    request = ada.send()
    assert request is not None
    assert request.payload["base_version"] == 0
    band.get("ada", band.send("ada"))
    band.assert_agreed()


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Set("never", "key", "G"), "ops.1.item: expected the id of an item"),
        (Insert(Item("iko", "song", "a5", {})), "ops.1.item.id: expected an id that is not used yet"),
        (Text(None, "notes", (9, Delete(2))), "ops.1.delta: expected a delta within the text's 10 characters"),
        (Text("iko", "tempo", ("fast",)), "ops.1.field: expected a text field"),
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
