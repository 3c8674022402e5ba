"""Text deltas by example. The laws are in tests/property/test_text_laws.py."""

from typing import Any

import pytest

from collab.domain.ot import text
from collab.domain.ot.text import Delete, DeltaTooLong, MalformedDelta

THUMB = "👍🏽"  # two code points: the thumb and its skin tone
FAMILY = "👨‍👩‍👧"  # five: three people and two joiners


class TestParse:
    @pytest.mark.parametrize(
        ("raw", "delta"),
        [
            ([], ()),
            (["hi"], ("hi",)),
            ([3, "hi", 5, {"d": 8}], (3, "hi", 5, Delete(8))),
            ([{"d": 1}, "a", {"d": 1}], (Delete(1), "a", Delete(1))),
            ([1, "\N{COMBINING ACUTE ACCENT}"], (1, "\N{COMBINING ACUTE ACCENT}")),
            ([FAMILY], (FAMILY,)),
        ],
    )
    def test_reads_well_formed_deltas_and_writes_them_back(self, raw: list[Any], delta: text.Delta) -> None:
        assert text.parse(raw) == delta
        assert text.to_json(delta) == raw

    @pytest.mark.parametrize("raw", [None, "hi", 3, {"d": 3}, (3, "hi"), True])
    def test_refuses_what_is_not_a_list(self, raw: object) -> None:
        with pytest.raises(MalformedDelta) as caught:
            text.parse(raw)
        assert caught.value.index is None
        assert caught.value.reason == f"expected a list of components, got {raw!r}"
        assert str(caught.value) == caught.value.reason

    @pytest.mark.parametrize(
        ("raw", "index", "reason"),
        [
            ([0, "a"], 0, "expected a skip above 0, got 0"),
            (["a", -2, "b"], 1, "expected a skip above 0, got -2"),
            ([1, ""], 1, "expected an insert of at least one character"),
            ([{"d": 0}], 0, "expected a delete of a whole number above 0, got 0"),
            ([2, {"d": -1}], 1, "expected a delete of a whole number above 0, got -1"),
            ([2, {"d": 1.0}], 1, "expected a delete of a whole number above 0, got 1.0"),
            ([{"d": True}], 0, "expected a delete of a whole number above 0, got True"),
            ([{"d": None}], 0, "expected a delete of a whole number above 0, got None"),
            ([{"d": "gone"}], 0, "expected a delete of a whole number above 0, got 'gone'"),
            ([1.0, "a"], 0, """expected a whole number, a string or {"d": n}, got 1.0"""),
            ([True, "a"], 0, """expected a whole number, a string or {"d": n}, got True"""),
            ([1, None], 1, """expected a whole number, a string or {"d": n}, got None"""),
            ([1, ["a"]], 1, """expected a whole number, a string or {"d": n}, got ['a']"""),
            ([{}], 0, """expected a whole number, a string or {"d": n}, got {}"""),
            ([{"i": 1}], 0, """expected a whole number, a string or {"d": n}, got {'i': 1}"""),
            (
                [{"d": 1, "i": 1}],
                0,
                """expected a whole number, a string or {"d": n}, got {'d': 1, 'i': 1}""",
            ),
            ([1, 2, "a"], 1, "expected one component in place of two neighbours of one kind"),
            ([1, "a", "b"], 2, "expected one component in place of two neighbours of one kind"),
            (["a", {"d": 1}, {"d": 2}], 2, "expected one component in place of two neighbours of one kind"),
            ([4], 0, "expected no skip at the end"),
            (["a", {"d": 1}, 3], 2, "expected no skip at the end"),
            (["\ud83d"], 0, "expected an insert of Unicode text, got a lone surrogate"),
            ([1, "a\udc4d"], 1, "expected an insert of Unicode text, got a lone surrogate"),
        ],
    )
    def test_refuses_malformed_components(self, raw: list[object], index: int, reason: str) -> None:
        with pytest.raises(MalformedDelta) as caught:
            text.parse(raw)
        assert (caught.value.index, caught.value.reason) == (index, reason)
        assert str(caught.value) == f"component {index}: {reason}"

    def test_a_reason_shows_only_the_start_of_a_long_value(self) -> None:
        with pytest.raises(MalformedDelta, match=r"got \['x{35}\.\.\.$"):
            text.parse([["x" * 100_000]])
        with pytest.raises(MalformedDelta, match=r"got 'x{36}\.\.\.$"):
            text.parse("x" * 100_000)
        with pytest.raises(MalformedDelta, match=r"got 'x{36}\.\.\.$"):
            text.parse([{"d": "x" * 100_000}])


class TestApply:
    @pytest.mark.parametrize(
        ("before", "delta", "after"),
        [
            ("ABCDEFG", (1, " hi ", 2, Delete(3)), "A hi BCG"),
            ("", ("Blue Nile",), "Blue Nile"),
            ("Blue Nile", (), "Blue Nile"),
            ("Blue Nile", (Delete(9),), ""),
            ("tag", (3, " x3"), "tag x3"),
            (f"{THUMB}!", (2, "?", Delete(1)), f"{THUMB}?"),
            (f"{FAMILY}.", (5, " "), f"{FAMILY} ."),
            ("cafe", (4, "\N{COMBINING ACUTE ACCENT}"), "cafe\N{COMBINING ACUTE ACCENT}"),
        ],
    )
    def test_gives_the_text_after(self, before: str, delta: text.Delta, after: str) -> None:
        assert text.apply(before, delta) == after

    @pytest.mark.parametrize("delta", [(4, "x"), (3, Delete(1)), (Delete(4),), (1, "x", Delete(3))])
    def test_refuses_what_reaches_past_the_end(self, delta: text.Delta) -> None:
        with pytest.raises(DeltaTooLong, match="the delta reaches 4 characters into a text of 3") as caught:
            text.apply("abc", delta)
        assert (caught.value.reach, caught.value.length) == (text.reach(delta), 3) == (4, 3)
        with pytest.raises(DeltaTooLong, match="the delta reaches 4 characters into a text of 3"):
            text.invert(delta, "abc")

    def test_reach_counts_skips_and_deletes(self) -> None:
        assert text.reach(()) == 0
        assert text.reach((FAMILY,)) == 0
        assert text.reach((3, "hi", 5, Delete(8))) == 16


def test_invert_puts_back_what_was_deleted() -> None:
    assert text.invert((2, Delete(5)), "a hello") == (2, "hello")
    assert text.invert((THUMB, 1, Delete(2), "x"), "ABCD") == (Delete(2), 1, "BC", Delete(1))
    assert text.invert((1, "x", 2, Delete(1)), "ABCD") == (1, Delete(1), 2, "D")
    assert text.invert((), "ABCD") == ()


@pytest.mark.parametrize(
    ("first", "second", "composed"),
    [
        ((2, "hi there"), (2, Delete(8)), ()),
        (("👍",), (1, "!"), ("👍!",)),
        ((Delete(2),), ("x",), ("x", Delete(2))),
        (("x",), (1, Delete(2)), ("x", Delete(2))),
        ((Delete(2),), (Delete(3),), (Delete(5),)),
        (("abcd",), (1, Delete(2)), ("ad",)),
        ((1, "a"), (5, "b"), (1, "a", 3, "b")),
        ((3, "b"), (1, "a"), (1, "a", 2, "b")),
        (("ab",), ("x", 1, "y"), ("xayb",)),
        ((4, "a"), (4, Delete(1)), ()),
    ],
)
def test_two_deltas_make_one(first: text.Delta, second: text.Delta, composed: text.Delta) -> None:
    assert text.compose(first, second) == composed


@pytest.mark.parametrize(
    ("delta", "other", "left", "right"),
    [
        # Both insert at one place: the left one's stands first.
        (("mine",), ("other",), ("mine",), (5, "mine")),
        ((3, "mine"), ("👍",), (4, "mine"), (4, "mine")),
        (("mine",), (3, "👍"), ("mine",), ("mine",)),
        # What the other has deleted can't be deleted again, and an insert within it survives.
        ((Delete(3),), (1, Delete(1)), (Delete(2),), (Delete(2),)),
        ((1, Delete(1)), (Delete(3),), (), ()),
        ((2, "mine"), (Delete(3),), ("mine",), ("mine",)),
        (("mi", 1, "ne"), (Delete(2),), ("mine",), ("mine",)),
        # The other's insert within what is deleted survives.
        ((Delete(3),), (1, "other"), (Delete(1), 5, Delete(2)), (Delete(1), 5, Delete(2))),
        ((), ("other",), (), ()),
        (("mine",), (), ("mine",), ("mine",)),
    ],
)
def test_what_a_delta_becomes_after_another(
    delta: text.Delta, other: text.Delta, left: text.Delta, right: text.Delta
) -> None:
    assert text.transform(delta, other, "left") == left
    assert text.transform(delta, other, "right") == right


def test_transform_does_not_distribute_over_compose() -> None:
    delta: text.Delta = (1, "mine")
    first: text.Delta = (Delete(1),)
    second: text.Delta = ("other",)
    assert text.transform(text.transform(delta, first, "left"), second, "left") == ("mine",)
    assert text.transform(delta, text.compose(first, second), "left") == (5, "mine")


@pytest.mark.parametrize(
    ("position", "delta", "of_another", "own"),
    [
        (3, ("ab",), 5, 5),
        (3, (3, "ab"), 3, 5),
        (3, (4, "ab"), 3, 3),
        (3, (1, "👍"), 4, 4),
        (3, (2, "a", 2, "b"), 4, 4),
        (3, (Delete(2),), 1, 1),
        (3, (1, Delete(5)), 1, 1),
        (3, (3, Delete(5)), 3, 3),
        # A selection from 2 to 4 is typed over: both its ends come after the new text.
        (2, (2, Delete(2), "new"), 2, 5),
        (4, (2, Delete(2), "new"), 2, 5),
        (4, (2, "new", Delete(2)), 5, 5),
    ],
)
def test_where_a_position_is_after_a_delta(position: int, delta: text.Delta, of_another: int, own: int) -> None:
    assert text.transform_position(position, delta) == of_another
    assert text.transform_position(position, delta, is_own=True) == own


@pytest.mark.parametrize(
    ("before", "after", "delta"),
    [
        ("", "", ()),
        ("same", "same", ()),
        ("", "new", ("new",)),
        ("old", "", (Delete(3),)),
        ("tag x3", "tag x4", (5, "4", Delete(1))),
        ("aa", "aaa", (2, "a")),
        ("aaa", "aa", (2, Delete(1))),
        ("abab", "ab", (2, Delete(2))),
        ("doors at 8", "all doors at 9", ("all doors at 9", Delete(10))),
        ("👍🏽 ok", "👍🏿 ok", (1, "🏿", Delete(1))),
    ],
)
def test_replace_keeps_the_common_start_and_end(before: str, after: str, delta: text.Delta) -> None:
    assert text.replace(before, after) == delta
