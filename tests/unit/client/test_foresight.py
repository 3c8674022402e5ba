"""What an undo comes to before the server has it, where the history is longer than what is kept of it here."""

import pytest

from collab.client import foresight
from collab.domain.ot.ops import Set
from tests.support.exchange import Exchange, notes, typed


@pytest.fixture(autouse=True)
def short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foresight, "MAX_PAST", 10)


def test_what_was_undone_before_it_was_sent_stays_unsent_however_much_others_edit() -> None:
    exchange = Exchange("ada", "ben")
    ada = exchange.replicas["ada"]
    exchange.stored("ben", typed(0, "x"))
    exchange.hear("ada")
    exchange.edit("ada", typed(1, "y"))
    exchange.undo("ada")
    exchange.undo("ben")
    exchange.get("ben", exchange.send("ben"))
    for number in range(30):
        exchange.hear("ada")
        assert (ada.pending_count, notes(ada.view)) == (0, "doors at 8")
        exchange.stored("ben", Set("iko", "tempo", 100 + number))

    assert exchange.document.version == 32
    assert ada.redo(lambda: "redo")
    assert (ada.pending_count, notes(ada.view)) == (1, "ydoors at 8")


def test_an_undo_shows_at_once_as_long_as_its_edit_is_kept_here() -> None:
    exchange = Exchange("ada", "ben")
    ada = exchange.replicas["ada"]
    exchange.stored("ben", typed(0, "x"))
    exchange.hear("ada")
    exchange.stored("ada", typed(1, "y"))
    exchange.hear("ben")
    exchange.undo("ben")
    exchange.get("ben", exchange.send("ben"))
    for number in range(8):
        exchange.stored("ben", Set("iko", "tempo", 100 + number))
    exchange.hear("ada")

    exchange.undo("ada")

    assert notes(ada.view) == "doors at 8"
    shown = ada.view
    exchange.get("ada", exchange.send("ada"))
    assert notes(ada.view) == notes(shown) == notes(exchange.document)
