"""Positions: what is a key, and keys that are free, next or spread."""

import pytest

from collab.domain.ot import positions


@pytest.mark.parametrize(
    "position", ["a0", "Zz", "a0V", "a0VV", "b00", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "a1" + "V" * 498]
)
def test_what_is_a_position(position: str) -> None:
    assert positions.problem(position) is None


@pytest.mark.parametrize(
    "position", ["", "a", "a00", "0", "first", "a0!", "a0 ", "á0", "a0\n", "b0", "A00000000000000000000000000"]
)
def test_what_is_no_key(position: str) -> None:
    assert positions.problem(position) == f"expected a base-62 fractional-index key such as 'a0', got {position!r}"


def test_a_key_has_a_limit() -> None:
    found = positions.problem("a1" + "V" * 499)
    assert found == (
        "expected a fractional-index key of at most 500 characters, got 501: this gap is full; "
        "move the items that follow it to the end, in their order, and there is room again"
    )


@pytest.mark.parametrize(
    ("position", "taken", "free"),
    [
        ("a0", ["a0"], "a1"),
        ("a0", ["a0", "a1"], "a0V"),
        ("a0", ["a1", "a0V", "a0"], "a0G"),
        ("a1", ["a0", "a1"], "a2"),
        ("az", ["az"], "b00"),
    ],
)
def test_the_next_free_key_stands_before_all_that_follow(position: str, taken: list[str], free: str) -> None:
    assert positions.next_free(position, taken) == free


def test_keys_can_be_found_between_two_for_ever() -> None:
    taken = ["a0", "a1"]
    for _ in range(200):
        free = positions.next_free("a0", taken)
        assert "a0" < free < min(taken[1:])
        taken.append(free)


@pytest.mark.parametrize(("is_before", "count"), [(False, 2_490), (True, 2_988)])
def test_so_many_items_find_room_in_one_gap_and_more_once_those_after_it_move_to_the_end(
    is_before: bool, count: int
) -> None:
    before, following = ["a0"], ["a1", "a2"]
    for _ in range(count):
        key = positions.between(before[-1], following[0])
        assert before[-1] < key < following[0]
        if is_before:
            following.insert(0, key)
        else:
            before.append(key)
    assert positions.problem(key) is None
    full = positions.between(before[-1], following[0])
    assert "there is room again" in (positions.problem(full) or "")

    moved = positions.spread_after(following[-1], len(following))
    key = positions.between(before[-1], moved[0])
    assert before[-1] < key < moved[0]
    assert len(key) <= 3


def test_after_and_spread_are_in_order() -> None:
    assert positions.after(None) == "a0"
    assert positions.after("a0") == "a1"
    keys = positions.spread(100)
    assert len(keys) == 100
    assert keys == sorted(set(keys))
    assert [positions.problem(key) for key in keys] == [None] * 100
    assert positions.spread(0) == []


def test_keys_after_the_last_one_follow_it_in_order() -> None:
    assert positions.spread_after("a5", 3) == ["a6", "a7", "a8"]
    assert positions.spread_after(None, 2) == ["a0", "a1"]


def test_a_key_between_two_others_or_at_an_end() -> None:
    assert positions.between(None, None) == "a0"
    assert positions.between("a0", None) == "a1"
    assert positions.between(None, "a0") == "Zz"
    assert positions.between("a0", "a1") == "a0V"
