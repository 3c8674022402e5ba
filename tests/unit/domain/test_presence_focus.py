"""Focus stays with the word that it is at, and goes with the item."""

from datetime import UTC, datetime

import pytest

from collab.domain.bands import User
from collab.domain.ot.edits import Author, Edit
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.ot.text import Delete
from collab.domain.presence import roster as presence
from collab.domain.presence.focus import Focus, follow
from collab.domain.presence.roster import Roster

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
AT_NOTES = Focus("iko", "notes", 6, 8)


def edit(*ops: Op, session_id: str | None = "theirs", undoes: str | None = None) -> Edit:
    return Edit("c", 2, "e2", 1, Author("ben", "Ben"), session_id, ops, (), NOW, undoes=undoes)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (Text("iko", "notes", ("la ",)), Focus("iko", "notes", 9, 11)),
        (Text("iko", "notes", (7, "la")), Focus("iko", "notes", 6, 10)),
        (Text("iko", "notes", (6, "la")), Focus("iko", "notes", 6, 10)),
        (Text("iko", "notes", (2, Delete(5))), Focus("iko", "notes", 2, 3)),
        (Text("iko", "title", ("la ",)), AT_NOTES),
        (Text("saints", "notes", ("la ",)), AT_NOTES),
        (Set("iko", "notes", "tag x3!"), Focus("iko", "notes", 6, 7)),
        (Set("iko", "notes", None), Focus("iko", "notes", 0, 0)),
        (Set("iko", "key", "G"), AT_NOTES),
        (Move("iko", "a9"), AT_NOTES),
        (Insert(Item("new", "song", "a9", {})), AT_NOTES),
        (Remove("saints"), AT_NOTES),
        (Remove("iko"), None),
    ],
)
def test_an_edit_moves_a_focus(op: Op, expected: Focus | None) -> None:
    assert follow(AT_NOTES, edit(op)) == expected


def test_an_item_that_is_removed_takes_a_focus_without_a_field_too() -> None:
    assert follow(Focus("iko"), edit(Remove("iko"))) is None


def test_a_focus_on_the_content_itself_stays_when_items_go() -> None:
    focus = Focus(None, "notes", 3, 3)
    assert follow(focus, edit(Remove("iko"), Text(None, "notes", ("la",)))) == Focus(None, "notes", 5, 5)


def _at_work() -> Roster:
    roster = Roster()
    for session_id in ("mine", "theirs"):
        roster, _ = presence.enter(roster, session_id, User(session_id, session_id), NOW)
        roster, _ = presence.update(roster, session_id, NOW, "active", AT_NOTES)
    return roster


def test_a_session_knows_best_where_its_own_edit_left_it() -> None:
    roster, diff = presence.edited(_at_work(), edit(Text("iko", "notes", ("la ",))))

    assert [entry.session_id for entry in diff.updated] == ["mine"]
    assert roster.sessions["theirs"].focus == AT_NOTES


def test_who_removes_the_item_that_they_are_at_is_there_no_more() -> None:
    roster, diff = presence.edited(_at_work(), edit(Remove("iko")))

    assert {entry.session_id for entry in diff.updated} == {"mine", "theirs"}
    assert not roster.has_focus()


def test_an_undo_moves_the_focus_of_the_session_that_asked_for_it() -> None:
    _, diff = presence.edited(_at_work(), edit(Text("iko", "notes", ("la ",)), undoes="e1"))

    assert {entry.session_id for entry in diff.updated} == {"mine", "theirs"}


def test_a_focus_is_read_back_without_what_only_a_later_version_knows() -> None:
    focus = Focus("iko", "notes", 3, 5, lead=True)
    assert Focus.from_json(focus.to_json()) == focus
    assert Focus.from_json({"item": "iko", "zoom": 2}) == Focus("iko")
