"""Text deltas: how a text field is edited in place, and how two edits of one text meet.

The format and the results are those of npm's `ot-text-unicode` 4 (Joseph Gentle's text type), so that browser
and server come to the same text. A delta walks over the old text from its start: a number skips, a string is
inserted, a `Delete` takes out; what it doesn't reach stays. All is counted in Unicode code points, as in any
Python string. A well-formed delta has no empty component, no two neighbours of one kind and no skip at its
end: `parse` checks that, and every other function expects it and returns nothing else.

The laws, for a text `t`, deltas `a` and `b` of `t`, and `c` of `apply(t, a)`:

- The diamond: `a` and then `transform(b, a, "right")` lead to the same text as `b` and then
  `transform(a, b, "left")`.
- `apply(t, compose(a, c)) == apply(apply(t, a), c)`, and of three in a row either two may be composed first.
- `apply(apply(t, a), invert(a, t)) == t`, and the inverse of that inverse is `a` again.
- `apply(t, replace(t, u)) == u`.
- `transform_position(p, a)` is where an insert at `p` ends up, transformed over `a` as the left one.

`transform` does not distribute over `compose`: moved over two deltas one by one, a delta can end up elsewhere
than moved over the two composed. Whoever needs one result must always take the same way.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal, TypeAlias

from collab.domain.errors import shown
from collab.domain.record import record


@record
class Delete:
    """Takes out the next `n` characters of the old text, `n > 0`."""

    n: int


Component: TypeAlias = int | str | Delete
"""A skip, an insert or a delete."""

Delta: TypeAlias = tuple[Component, ...]

Side: TypeAlias = Literal["left", "right"]

_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedDelta(ValueError):
    """Not a well-formed delta. `index` is the component at fault, None where there isn't even a list."""

    def __init__(self, index: int | None, reason: str) -> None:
        super().__init__(reason if index is None else f"component {index}: {reason}")
        self.index = index
        self.reason = reason


class DeltaTooLong(ValueError):
    """A delta skips or deletes more characters than the text has: `reach` against `length`."""

    def __init__(self, reach: int, length: int) -> None:
        super().__init__(f"the delta reaches {reach} characters into a text of {length}")
        self.reach = reach
        self.length = length


def parse(raw: object) -> Delta:
    """The delta that decoded JSON stands for: a list of skips `n`, inserts `"text"` and deletes `{"d": n}`.

    Repairs nothing: raises `MalformedDelta` for all that `ot-text-unicode` refuses, and also for fractions,
    booleans, deletes that carry their text, neighbours of one kind and lone surrogates, which it lets pass.
    """
    if not isinstance(raw, list):
        raise MalformedDelta(None, f"expected a list of components, got {shown(raw, 40)}")
    delta: list[Component] = []
    last: type[Component] | None = None
    for index, item in enumerate(raw):
        component = _parse_component(index, item)
        if type(component) is last:
            raise MalformedDelta(index, "expected one component in place of two neighbours of one kind")
        last = type(component)
        delta.append(component)
    if last is int:
        raise MalformedDelta(len(delta) - 1, "expected no skip at the end")
    return tuple(delta)


def to_json(delta: Delta) -> list[int | str | dict[str, int]]:
    """The delta as JSON-ready values, which `parse` reads back."""
    return [{"d": part.n} if isinstance(part, Delete) else part for part in delta]


def apply(text: str, delta: Delta) -> str:
    """The text after the delta. Raises `DeltaTooLong`."""
    parts: list[str] = []
    at = 0
    for part in delta:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, int):
            parts.append(text[at : at + part])
            at += part
        else:
            at += part.n
    if at > len(text):
        raise DeltaTooLong(at, len(text))
    parts.append(text[at:])
    return "".join(parts)


def reach(delta: Delta) -> int:
    """How many characters of the old text the delta skips or deletes: the shortest text that it fits."""
    return sum(length(part) for part in delta if not isinstance(part, str))


def invert(delta: Delta, text_before: str) -> Delta:
    """The delta that takes the text after `delta` back to `text_before`. Raises `DeltaTooLong`."""
    inverse: list[Component] = []
    at = 0
    for part in delta:
        if isinstance(part, str):
            inverse.append(Delete(len(part)))
        elif isinstance(part, int):
            inverse.append(part)
            at += part
        else:
            inverse.append(text_before[at : at + part.n])
            at += part.n
    if at > len(text_before):
        raise DeltaTooLong(at, len(text_before))
    return tuple(inverse)


def compose(first: Delta, second: Delta) -> Delta:
    """The one delta that does what `first` and then `second` do; `second` is of the text after `first`."""
    ahead = list(reversed(first))
    composed: list[Component] = []
    for part in second:
        if isinstance(part, str):
            _append(composed, part)
            continue
        left = length(part)
        while left > 0:
            # What `first` deleted, `second` never sees: it costs nothing and is taken whole.
            below = _take(ahead, left, whole=Delete)
            if isinstance(below, Delete):
                _append(composed, below)
                continue
            left -= length(below)
            if isinstance(part, int):
                _append(composed, below)
            elif isinstance(below, int):
                _append(composed, Delete(below))
    return _finish(composed, ahead)


def transform(delta: Delta, other: Delta, side: Side) -> Delta:
    """The delta as it must be to follow `other`, where both were made on the same text.

    `side` is this delta's own: where both insert at one place the left one's insert stands first.
    """
    ahead = list(reversed(delta))
    moved: list[Component] = []
    for part in other:
        if isinstance(part, str):
            if side == "left" and ahead and isinstance(ahead[-1], str):
                _append(moved, ahead.pop())
            _append(moved, len(part))
            continue
        left = length(part)
        while left > 0:
            # An insert takes up none of the old text: it costs nothing and is taken whole.
            above = _take(ahead, left, whole=str)
            if isinstance(above, str):
                _append(moved, above)
                continue
            left -= length(above)
            # What `other` deleted is neither there to be skipped nor to be deleted again.
            if isinstance(part, int):
                _append(moved, above)
    return _finish(moved, ahead)


def transform_position(position: int, delta: Delta, *, is_own: bool = False) -> int:
    """Where a cursor at `position` of the old text stands after the delta.

    An insert right at the cursor leaves it before the new text (as in `ot-text-unicode`), or after it where
    `is_own`: who types goes along with what they type. A cursor in deleted text ends where that was.
    """
    at = 0
    for part in delta:
        if position < at or (position == at and not is_own):
            break
        if isinstance(part, int):
            at += part
        elif isinstance(part, str):
            at += len(part)
            position += len(part)
        else:
            position -= min(part.n, position - at)
    return position


def replace(before: str, after: str) -> Delta:
    """The delta that turns `before` into `after` and leaves their common start and end alone."""
    start = _common_start(before, after)
    end = _common_start(before[start:][::-1], after[start:][::-1])
    # The insert goes first, as `compose` puts it where text is deleted and inserted at one place.
    parts = (start, after[start : len(after) - end], Delete(len(before) - end - start))
    return delta_of(part for part in parts if length(part))


def delta_of(parts: Iterable[Component]) -> Delta:
    """The well-formed delta of components that follow each other; none of them is empty."""
    delta: list[Component] = []
    for part in parts:
        _append(delta, part)
    return _finish(delta, [])


def length(part: Component) -> int:
    """How many characters a component skips, inserts or deletes."""
    if isinstance(part, int):
        return part
    return len(part) if isinstance(part, str) else part.n


def _append(delta: list[Component], part: Component) -> None:
    """Adds a component to a delta in the making, merged with a neighbour of its kind."""
    last = delta[-1] if delta else None
    if isinstance(part, int) and isinstance(last, int):
        delta[-1] = last + part
    elif isinstance(part, Delete) and isinstance(last, Delete):
        delta[-1] = Delete(last.n + part.n)
    elif isinstance(part, str) and isinstance(last, str):
        delta[-1] = last + part
    else:
        delta.append(part)


def _take(ahead: list[Component], most: int, whole: type[Component]) -> Component:
    """Takes the next component off a reversed delta, at most `most` characters of it unless it is of the kind
    that is taken whole. After its end a delta skips for ever."""
    if not ahead:
        return most
    part = ahead.pop()
    if isinstance(part, whole) or length(part) <= most:
        return part
    if isinstance(part, str):
        ahead.append(part[most:])
        return part[:most]
    if isinstance(part, int):
        ahead.append(part - most)
        return most
    ahead.append(Delete(part.n - most))
    return Delete(most)


def _finish(delta: list[Component], ahead: list[Component]) -> Delta:
    """The delta with what has not been taken of another at its end, and without a skip there."""
    while ahead:
        _append(delta, ahead.pop())
    if delta and isinstance(delta[-1], int):
        delta.pop()
    return tuple(delta)


def _parse_component(index: int, item: object) -> Component:
    # The exact type: a bool is an int to `isinstance`.
    if type(item) is int:
        if item > 0:
            return item
        raise MalformedDelta(index, f"expected a skip above 0, got {item}")
    if isinstance(item, str):
        if not item:
            raise MalformedDelta(index, "expected an insert of at least one character")
        if _SURROGATE.search(item):
            raise MalformedDelta(index, "expected an insert of Unicode text, got a lone surrogate")
        return item
    if isinstance(item, dict) and item.keys() == {"d"}:
        n = item["d"]
        if type(n) is int and n > 0:
            return Delete(n)
        raise MalformedDelta(index, f"expected a delete of a whole number above 0, got {shown(n, 40)}")
    raise MalformedDelta(index, f'expected a whole number, a string or {{"d": n}}, got {shown(item, 40)}')


def _common_start(a: str, b: str) -> int:
    """How many characters both begin with; whole slices are compared, which is far faster than characters."""
    limit = min(len(a), len(b))
    return bisect_left(range(1, limit + 1), True, key=lambda n: a[:n] != b[:n])
