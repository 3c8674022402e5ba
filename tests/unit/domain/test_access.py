"""Roles, rights and the names of rooms."""

import pytest

from collab.domain.access import BandRoom, ContentRoom, Right, Role, Room, UserRoom, may, parse_content_room, parse_room
from collab.domain.access import require as require_right
from collab.domain.errors import Forbidden, Invalid


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (None, set[Right]()),
        (Role.VIEWER, {Right.VIEW}),
        (Role.EDITOR, {Right.VIEW, Right.EDIT}),
        (Role.OWNER, {Right.VIEW, Right.EDIT, Right.MANAGE}),
    ],
)
def test_what_each_role_may(role: Role | None, rights: set[Right]) -> None:
    assert {right for right in Right if may(role, right)} == rights


def test_a_role_that_is_enough_is_given_back() -> None:
    assert require_right(Role.EDITOR, Right.EDIT, "content x") is Role.EDITOR


@pytest.mark.parametrize("right", list(Right))
def test_whoever_may_not_see_a_thing_hears_what_they_would_if_it_did_not_exist(right: Right) -> None:
    with pytest.raises(Forbidden, match="content x does not exist or is not yours"):
        require_right(None, right, "content x")


@pytest.mark.parametrize(
    ("role", "right", "needed"), [("viewer", Right.EDIT, "editor"), ("editor", Right.MANAGE, "owner")]
)
def test_whoever_may_see_it_hears_which_role_is_needed(role: str, right: Right, needed: str) -> None:
    with pytest.raises(Forbidden, match=f"expected at least the role {needed} for content x, yours is {role}"):
        require_right(Role(role), right, "content x")


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("band_1", BandRoom("1")),
        ("content_a-b_c", ContentRoom("a-b_c")),
        ("user_auth0|5", UserRoom("auth0|5")),
        ("band_blue-nile♫", BandRoom("blue-nile♫")),
        ("band_" + "x" * 100, BandRoom("x" * 100)),
    ],
)
def test_a_room_and_its_name(name: str, room: Room) -> None:
    assert parse_room(name) == room
    assert room.name == name


@pytest.mark.parametrize(
    "name", ["", "band", "band_", "room_1", "band_a b", "band_a\tb", "band_\ud800", "band_" + "x" * 101, "xband_1"]
)
def test_what_names_no_room(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_room(name, "since")
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("since", f"expected 'band_<id>' or 'content_<id>', got {name[:80]!r}")
    ]


def test_only_contents_are_edited() -> None:
    assert parse_content_room("content_1") == ContentRoom("1")
    for name in ("band_1", "user_1", "nonsense"):
        with pytest.raises(Invalid) as caught:
            parse_content_room(name)
        assert caught.value.problems[0].path == "room_id"
    with pytest.raises(Invalid, match=r"^room_id: expected 'content_<id>', got 'band_x{75}'$"):
        parse_content_room("band_" + "x" * 100)
    with pytest.raises(Invalid, match=r"^room: expected 'band_<id>' or 'content_<id>', got 'x{80}'$"):
        parse_room("x" * 100)
