"""Positions: fractional-index keys, base 62 (David Greenspan's scheme, as in `fractional-indexing` on PyPI and npm)."""

import re
from collections.abc import Iterable

from fractional_indexing import FIError, generate_key_between, generate_n_keys_between, validate_order_key

MAX_LENGTH = 500
"""A key grows by one character with each five or six items that are put into the same gap: 2,490 items fit into one,
each put right beside the last. The library's way between two keys is recursive, which is why there has to be an end
at all. At the end of a list keys are short, so that items which move there make room for others."""

_DIGITS = re.compile(r"[0-9A-Za-z]+")


def problem(position: str) -> str | None:
    """What is wrong with a position that came from outside, or None."""
    if len(position) > MAX_LENGTH:
        return (
            f"expected a fractional-index key of at most {MAX_LENGTH} characters, got {len(position)}: this gap is "
            "full; move the items that follow it to the end, in their order, and there is room again"
        )
    try:
        # The library takes any characters and trips over an empty key: both are refused first.
        if _DIGITS.fullmatch(position):
            validate_order_key(position)
            return None
    except FIError:
        pass
    return f"expected a base-62 fractional-index key such as 'a0', got {position!r}"


def next_free(position: str, taken: Iterable[str]) -> str:
    """The key halfway between a taken position and the next one that is taken after it."""
    following = min((other for other in taken if other > position), default=None)
    return str(generate_key_between(position, following))


def after(last: str | None) -> str:
    """The key that follows the last one of a list; `None` for an empty list."""
    return str(generate_key_between(last, None))


def between(left: str | None, right: str | None) -> str:
    """The key halfway between two; `None` stands for the start or the end of a list."""
    return str(generate_key_between(left, right))


def spread(count: int) -> list[str]:
    """`count` keys in order, for a list made at once."""
    return spread_after(None, count)


def spread_after(last: str | None, count: int) -> list[str]:
    """`count` keys in order, all after the last one of a list; `None` for an empty list."""
    return [str(key) for key in generate_n_keys_between(last, None, count)]
