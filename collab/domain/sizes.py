"""Sizes: what contents and edits take as JSON, in bytes of UTF-8, which is how they are sent and stored.

The size of a content is counted along with its edits. Of each edit only the items that it touches are measured, so that
a letter typed into a content of megabytes costs no more than one typed into a small one.
"""

from collections.abc import Sequence

import orjson

from collab.domain.errors import TooLarge
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Fields, Insert, Item, Op, Set, Text, Value
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

LETTERS_AS_OP = 1_000
"""So many letters weigh as much as an op."""


def json_bytes(value: Value) -> int:
    return len(orjson.dumps(value))


def content_bytes(document: Document) -> int:
    """What the fields and items of a content take: all of it that its members make. An item counts with its comma."""
    return json_bytes(document.fields) + sum(map(_item_bytes, document.items.values()))


def growth_bytes(before: Document, after: Document, ops: Sequence[Op]) -> int:
    """How much larger `ops`, which led from one to the other, made the content; negative where it is smaller."""
    if len(ops) == 1:
        return _growth_of(before, after, _subject(ops[0]))
    return sum(_growth_of(before, after, item_id) for item_id in {_subject(op) for op in ops})


def weight(edit: Edit, most_letters: int | None = None) -> int:
    """What it takes to hold an edit: its ops, and a thousand letters of them or of their inverses as one more. Letters
    are not counted where there are at most so few."""
    if most_letters is not None and most_letters < LETTERS_AS_OP:
        return len(edit.ops)
    letters = sum(map(_letters, edit.ops)) + sum(map(_letters, edit.inverse))
    return len(edit.ops) + letters // LETTERS_AS_OP


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


def _subject(op: Op) -> str | None:
    return op.item.id if isinstance(op, Insert) else op.item


def _growth_of(before: Document, after: Document, item_id: str | None) -> int:
    """The growth of one item, or of the content's own fields."""
    if item_id is None:
        return _fields_growth(before.fields, after.fields)
    was, now = before.items.get(item_id), after.items.get(item_id)
    if was is not None and now is not None and was.type == now.type:
        return _fields_growth(was.fields, now.fields) + len(now.position) - len(was.position)
    return (0 if now is None else _item_bytes(now)) - (0 if was is None else _item_bytes(was))


def _letters(op: Op) -> int:
    match op:
        case Set(_, _, value):
            return len(value) if isinstance(value, str) else 0
        case Text(_, _, delta):
            return sum(len(part) for part in delta if isinstance(part, str))
        case Insert(item):
            return sum(len(value) for value in item.fields.values() if isinstance(value, str))
    return 0


def _fields_growth(before: Fields, after: Fields) -> int:
    return 0 if before is after else json_bytes(after) - json_bytes(before)


def _item_bytes(item: Item) -> int:
    return json_bytes(item.to_json()) + len(",")
