"""A whole document takes the place of edits that were missed, in scripts of type, send and receive."""

import pytest

from collab.client.events import Lost, Reloaded, Saved
from collab.domain.ot.ops import Insert, Item, Move, Remove, Set
from tests.support.exchange import Exchange, key, notes, typed


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
    assert ada.restart(backup) == [Reloaded(0), Lost("iko", "key", "G", "F")]
    request = ada.send()
    assert request is not None
    assert request.payload["base_version"] == 0
    band.get("ada", band.send("ada"))
    band.assert_agreed()
