"""JSON of strangers: read as anybody reads it, and refused where it is too deep."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.json_text import MAX_DEPTH, MAX_VALUES, TooDeep, Unfit, parse_json

VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_json_is_read_as_by_the_standard_module(value: object, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=True)
    assert parse_json(text.encode() if is_ascii else text) == value


@pytest.mark.parametrize("of", [("[", "", "]"), ('{"a":', "1", "}"), ('[1,{"a":[],"b":', "null", "}]")])
@pytest.mark.parametrize("depth", [1, MAX_DEPTH, MAX_DEPTH + 1, 1_000, 1_024, 100_000])
def test_what_is_deeper_than_may_be_is_refused(of: tuple[str, str, str], depth: int) -> None:
    begin, inside, end = of
    text = begin * depth + inside + end * depth
    is_too_deep = depth * begin.count(":") + depth * begin.startswith("[") > MAX_DEPTH
    for given_text in (text, text.encode(), text.replace("null", '"\\ud800"')):
        if is_too_deep:
            with pytest.raises(TooDeep):
                parse_json(given_text)
        else:
            parse_json(given_text)


@pytest.mark.parametrize("text", ["", "[", "[1,]", "{'a':1}", '"', "[" * 1_000, b"\xff"])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(text)


@pytest.mark.parametrize("one", ["1,", "[],", "{},", '"a":1,', '",,,",'])
def test_what_holds_more_values_than_anybody_reads_is_refused(one: str) -> None:
    each = one.count(",") + one.count("[") + one.count("{")
    begin, end = ('{"": [],', '"b":1}') if ":" in one else ("[", "1]")

    def text(values: int) -> str:
        return begin + one * (values // each) + end

    parse_json(text(MAX_VALUES - 10))
    for given_text in (text(MAX_VALUES + 10), text(MAX_VALUES + 10).encode()):
        with pytest.raises(Unfit, match=f"at most {MAX_VALUES} values"):
            parse_json(given_text)
    assert parse_json(text(MAX_VALUES + 10), max_values=2 * MAX_VALUES)
