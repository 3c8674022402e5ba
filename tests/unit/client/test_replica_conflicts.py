"""What is dropped, refused or overwritten is told once and leaves nothing, in scripts of type, send and receive."""

from collab.client.events import Edited, OpDropped, Overwritten, Overwrote, Refused, Saved
from collab.domain.errors import Conflicting, Invalid, NotFound
from collab.domain.ot.edits import Author
from collab.domain.ot.ops import Insert, Item, Remove, Set
from tests.support.exchange import Exchange, key, notes, typed


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
    assert not band.replicas["ada"].redo(lambda: "redo")


def test_a_refused_edit_is_taken_back_with_what_builds_on_it() -> None:
    band = Exchange("ada", "ben")
    ada = band.replicas["ada"]
    edit_id = band.edit("ada", Insert(Item("mine", "song", "a2", {"title": "Mine", "tempo": 9_999})), typed(0, "A"))
    request = ada.send()
    assert request is not None
    on_it = band.edit("ada", Set("mine", "key", "G"), typed(1, "B"))
    refused, dropped = band.get("ada", band.store("ada", request))
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, Invalid)
    assert dropped == OpDropped(on_it, Set("mine", "key", "G"), "item_removed")
    assert "mine" not in ada.view.items
    assert notes(ada.view) == "Bdoors at 8"
    assert refused.edit_id == edit_id
    band.get("ada", band.send("ada"))
    band.undo("ada")
    band.get("ada", band.send("ada"))
    band.assert_agreed()
    assert notes(band.document) == "doors at 8"


def test_what_was_undone_before_it_was_sent_goes_with_a_refused_edit_and_nobody_is_told_of_it() -> None:
    band = Exchange("ada")
    ada = band.replicas["ada"]
    band.edit("ada", Insert(Item("mine", "song", "a2", {"title": "Mine", "tempo": 9_999})))
    request = ada.send()
    assert request is not None
    band.edit("ada", Set("mine", "key", "G"))
    band.undo("ada")
    (refused,) = band.get("ada", band.store("ada", request))
    assert isinstance(refused, Refused)
    assert ada.send() is None
    band.assert_agreed()


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
    assert overwrote == Overwrote(winning, "iko", "key", mine="G", theirs="A", by=Author("ben", "Ben"), version=1)
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
