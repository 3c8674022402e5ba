"""The laws of collab/domain/ot/text.py, on texts with characters of two UTF-16 units or several code points."""

from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.ot import text
from collab.domain.ot.text import Delete, Delta
from tests.support.examples import examples

# Few distinct characters, so that texts have much in common; the ones that go wrong where a character is not
# a code point; and then any that UTF-8 can store.
_CHARACTERS = st.one_of(
    st.sampled_from("ab\n\N{COMBINING ACUTE ACCENT}\N{ZERO WIDTH JOINER}é日😀👍🏽👨👩🇫\u2028\U0010ffff"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.text(_CHARACTERS, max_size=12)
INSERTS = st.text(_CHARACTERS, min_size=1, max_size=4)


@st.composite
def deltas_of(draw: st.DrawFn, before: str, inserts: st.SearchStrategy[str] = INSERTS) -> Delta:
    """Well-formed deltas of a text, whose kinds follow each other in any order."""
    delta: list[text.Component] = []
    left = len(before)
    while draw(st.integers(0, 4)):
        kinds = [str, int, Delete] if left else [str]
        if delta:
            kinds = [kind for kind in kinds if kind is not type(delta[-1])]
        if not kinds:
            break
        kind = draw(st.sampled_from(kinds))
        if kind is str:
            delta.append(draw(inserts))
            continue
        n = draw(st.integers(1, left))
        left -= n
        delta.append(n if kind is int else Delete(n))
    if delta and isinstance(delta[-1], int):
        delta.pop()
    return tuple(delta)


Chain: TypeAlias = tuple[str, Delta, Delta, Delta]


@st.composite
def forks(draw: st.DrawFn) -> tuple[str, Delta, Delta]:
    """A text and two deltas of it."""
    before = draw(TEXTS)
    return before, draw(deltas_of(before)), draw(deltas_of(before))


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """A text and three deltas, each of the text after the one before it."""
    before = at = draw(TEXTS)
    deltas: list[Delta] = []
    for _ in range(3):
        deltas.append(draw(deltas_of(at)))
        at = text.apply(at, deltas[-1])
    return before, deltas[0], deltas[1], deltas[2]


def is_well_formed(delta: Delta) -> bool:
    return text.parse(text.to_json(delta)) == delta


laws = examples(500)


@laws
@given(forks())
def test_two_edits_lead_to_one_text_in_either_order(fork: tuple[str, Delta, Delta]) -> None:
    before, a, b = fork
    a_first = text.apply(text.apply(before, a), text.transform(b, a, "right"))
    b_first = text.apply(text.apply(before, b), text.transform(a, b, "left"))
    assert a_first == b_first

    a_first = text.apply(text.apply(before, a), text.transform(b, a, "left"))
    b_first = text.apply(text.apply(before, b), text.transform(a, b, "right"))
    assert a_first == b_first


@laws
@given(TEXTS, st.data())
def test_the_left_insert_stands_first(before: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(before)))
    mine, other = data.draw(INSERTS), data.draw(INSERTS)
    skip: Delta = (at,) if at else ()
    after = text.apply(before, (*skip, other))
    moved = text.transform((*skip, mine), (*skip, other), "left")
    assert text.apply(after, moved) == before[:at] + mine + other + before[at:]


@laws
@given(chains())
def test_composed_is_applied_in_turn(chain: Chain) -> None:
    before, a, b, _ = chain
    assert text.apply(before, text.compose(a, b)) == text.apply(text.apply(before, a), b)


@laws
@given(chains())
def test_composing_is_associative(chain: Chain) -> None:
    _, a, b, c = chain
    assert text.compose(text.compose(a, b), c) == text.compose(a, text.compose(b, c))


@laws
@given(chains())
def test_inverting_undoes_and_is_undone(chain: Chain) -> None:
    before, delta, _, _ = chain
    after = text.apply(before, delta)
    inverse = text.invert(delta, before)
    assert text.apply(after, inverse) == before
    assert text.invert(inverse, after) == delta


@laws
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_replacing_turns_one_text_into_another(start: str, before: str, after: str, end: str) -> None:
    delta = text.replace(start + before + end, start + after + end)
    assert text.apply(start + before + end, delta) == start + after + end
    assert is_well_formed(delta)
    inserted = sum(len(part) for part in delta if isinstance(part, str))
    deleted = sum(part.n for part in delta if isinstance(part, Delete))
    assert inserted <= len(after)
    assert deleted <= len(before)


@laws
@given(chains())
def test_every_result_is_well_formed_and_fits(chain: Chain) -> None:
    before, a, b, _ = chain
    after = text.apply(before, a)
    inverse = text.invert(a, before)
    for delta, of in (
        (text.compose(a, b), before),
        (inverse, after),
        (text.transform(b, inverse, "left"), before),
        (text.transform(inverse, b, "right"), text.apply(after, b)),
    ):
        assert is_well_formed(delta)
        assert text.reach(delta) <= len(of)


@laws
@given(forks(), st.data())
def test_a_cursor_moves_like_a_left_insert(fork: tuple[str, Delta, Delta], data: st.DataObject) -> None:
    before, delta, _ = fork
    position = data.draw(st.integers(0, len(before)))
    mark: Delta = (position, "|") if position else ("|",)
    moved = text.transform(mark, delta, "left")
    assert text.transform_position(position, delta) == sum(part for part in moved if isinstance(part, int))
    assert 0 <= text.transform_position(position, delta) <= len(text.apply(before, delta))
    assert 0 <= text.transform_position(position, delta, is_own=True) <= len(text.apply(before, delta))
