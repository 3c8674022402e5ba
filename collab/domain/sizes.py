"""Sizes: what contents and edits take as JSON, in bytes of UTF-8, which is how they are sent and stored.

The size of a content is counted along with its edits. Of each edit only the items that it touches are measured, so that
a letter typed into a content of megabytes costs no more than one typed into a small one.
"""

from collections.abc import Sequence

import orjson

from collab.domain.document import Document
from collab.domain.errors import TooLarge
from collab.domain.ops import Fields, Insert, Item, Op, Value
from collab.domain.record import record


@record
class SizeLimits:
    """How large a content may be, and a message to a client."""

    content_bytes: int
    message_bytes: int


@record
class Sizes:
    """What the content takes with an edit, what telling the edit takes, and what storing it takes."""

    content_bytes: int
    told_bytes: int
    stored_bytes: int


UNMEASURED = Sizes(0, 0, 0)


def json_bytes(value: Value) -> int:
    return len(orjson.dumps(value))


def content_bytes(document: Document) -> int:
    """What the fields and items of a content take: all of it that its members make. An item counts with its comma."""
    return _fields_bytes(document.fields) + sum(map(_item_bytes, document.items.values()))


def growth_bytes(before: Document, after: Document, ops: Sequence[Op]) -> int:
    """By how much `ops`, which led from one to the other, made the content larger; negative where it is smaller."""
    touched = {op.item.id if isinstance(op, Insert) else op.item for op in ops}
    return sum(_touched_bytes(after, item_id) - _touched_bytes(before, item_id) for item_id in touched)


def check_content(size_bytes: int, growth_bytes: int, max_bytes: int) -> None:
    """Raises `TooLarge` where the content has no room for that. What is too large already may be made smaller."""
    if growth_bytes > 0 and size_bytes + growth_bytes > max_bytes:
        raise TooLarge(
            f"expected a content of at most {max_bytes} bytes of JSON: it holds {size_bytes}, "
            f"{max(0, max_bytes - size_bytes)} more would fit, and this adds {growth_bytes}; remove something first"
        )


def check_message(size_bytes: int, max_bytes: int) -> None:
    """Raises `TooLarge` where an edit, or its answer, is too long to be told."""
    if size_bytes > max_bytes:
        raise TooLarge(
            f"expected an edit that takes at most {max_bytes} bytes of JSON to tell, with what it overwrites: "
            f"this one takes {size_bytes}; do it in parts"
        )


def _touched_bytes(document: Document, item_id: str | None) -> int:
    if item_id is None:
        return _fields_bytes(document.fields)
    item = document.items.get(item_id)
    return 0 if item is None else _item_bytes(item)


def _fields_bytes(fields: Fields) -> int:
    return json_bytes(fields)


def _item_bytes(item: Item) -> int:
    return json_bytes(item.to_json()) + len(",")
