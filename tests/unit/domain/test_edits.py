"""An edit as clients see it."""

from dataclasses import replace
from datetime import UTC, datetime

from collab.domain.ot.edits import Author, Edit
from collab.domain.ot.ops import Move, Set

EDIT = Edit(
    content_id="friday",
    version=2,
    edit_id="e2",
    base_version=1,
    author=Author("ada", "Ada"),
    session_id="s1",
    ops=(Set("iko", "key", "G"), Move("iko", "a5")),
    inverse=(Move("iko", "a0"), Set("iko", "key", "F")),
    at=datetime(2026, 12, 4, 20, 30, 1, 234_567, UTC),
)


def test_it_shows_who_did_what_and_when_and_not_what_would_take_it_back() -> None:
    assert EDIT.to_json() == {
        "room_id": "content_friday",
        "edit_id": "e2",
        "version": 2,
        "base_version": 1,
        "author": {"id": "ada", "name": "Ada"},
        "session_id": "s1",
        "ops": [
            {"op": "set", "item": "iko", "field": "key", "value": "G"},
            {"op": "move", "item": "iko", "position": "a5"},
        ],
        "at": "2026-12-04T20:30:01.234Z",
    }


def test_an_undo_names_what_it_undoes() -> None:
    assert replace(EDIT, undoes="e1").to_json() == {**EDIT.to_json(), "undoes": "e1"}
