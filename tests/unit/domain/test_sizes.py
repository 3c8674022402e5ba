"""Sizes: counted along with the edits, they are what the whole takes."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given

from collab.domain.errors import TooLarge
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Insert, Item, Op, Remove, Set, Text
from collab.domain.sizes import check_content, check_message, content_bytes, growth_bytes, weight
from tests.property.test_rebase_laws import histories
from tests.support.rooms import START, History


def _whole(document: Document) -> int:
    """What clients get of a document, but for its own name and version."""
    body = document.to_json()
    return len(orjson.dumps(body["fields"])) + len(orjson.dumps(body["items"])) + len(",") - len("[]")


def test_a_content_takes_what_its_fields_and_items_take() -> None:
    assert content_bytes(START) == _whole(START)


@given(histories())
def test_what_edits_add_and_take_away_adds_up(history: History) -> None:
    size = content_bytes(START)
    for (before, after), edit in zip(pairwise(history.versions), history.edits, strict=True):
        size += growth_bytes(before, after, edit.ops)
    assert size == content_bytes(history.head)


@pytest.mark.parametrize(("size", "growth"), [(0, 100), (90, 10), (150, 0), (150, -1), (150, -100)])
def test_there_is_room_up_to_the_bound_and_what_is_beyond_it_may_shrink(size: int, growth: int) -> None:
    check_content(size, growth, 100)


@pytest.mark.parametrize(("size", "growth", "fits"), [(0, 101, 100), (90, 11, 10), (150, 1, 0)])
def test_beyond_the_bound_it_says_what_there_is_and_what_would_fit(size: int, growth: int, fits: int) -> None:
    with pytest.raises(TooLarge, match=f"it holds {size}, {fits} more would fit, and this adds {growth};"):
        check_content(size, growth, 100)


def test_an_edit_may_be_as_long_as_a_message() -> None:
    check_message(100, 100)
    with pytest.raises(TooLarge, match=r"at most 100 bytes .* takes 101"):
        check_message(101, 100)


@pytest.mark.parametrize(
    ("ops", "expected"),
    [
        ([Set("iko", "key", "G")], 1),
        ([Set("iko", "key", "G"), Remove("saints")], 2),
        ([Set("iko", "notes", "x" * 3_500)], 1 + 3),
        ([Text("iko", "notes", ("x" * 2_000, "y" * 1_000))], 1 + 3),
        ([Insert(Item("n", "song", "a5", {"title": "x", "tempo": 120, "notes": "x" * 5_000}))], 1 + 5),
    ],
)
def test_an_edit_weighs_its_ops_and_its_letters(ops: list[Op], expected: int) -> None:
    history = History()
    history.edit(ops)
    assert weight(history.edits[0]) == expected


def test_what_takes_an_edit_back_weighs_as_well() -> None:
    history = History()
    history.edit([Set("iko", "notes", "x" * 5_000)])
    history.edit([Remove("iko")])
    assert weight(history.edits[1]) == 1 + 5
