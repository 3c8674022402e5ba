"""Words: changes as a musician would tell them. "Ben moved 'Iko Iko' from 4 to 1, set its key from F to G"."""

from collections.abc import Sequence
from itertools import groupby

from collab.domain.fields import DURATION, Line, TextField
from collab.domain.kinds import Kind
from collab.domain.ot.diff import Added, Change, FieldSet, Made, Moved, Removed, diff
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item, Value

_MAX_SHOWN = 60
"""A text of more characters, or of several lines, is said to be edited and is not quoted."""


def tell(changes: Sequence[Made], kind: Kind) -> list[str]:
    """A sentence for each item and author, in the order of the changes."""
    sentences: list[str] = []
    for _, of_item in groupby(changes, key=lambda made: _item_id(made.change)):
        by_author: dict[str, list[Change]] = {}
        for made in of_item:
            by_author.setdefault(made.edit.author.name if made.edit else "Somebody", []).append(made.change)
        sentences += (f"{author} {_clauses(theirs, kind)}" for author, theirs in by_author.items())
    return sentences


def tell_edit(before: Document, after: Document, kind: Kind) -> list[str]:
    """What one edit did, without its author: a clause for each item."""
    changes = groupby(diff(before, after), key=_item_id)
    return [_clauses(list(of_item), kind) for _, of_item in changes]


def clock(seconds: float) -> str:
    """A length of time, to the second, as it stands on a setlist: `3:45`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _clauses(changes: Sequence[Change], kind: Kind) -> str:
    """What happened to one item, or to the content itself: the first clause names it, the others say "its"."""
    return ", ".join(_clause(change, kind, is_first=index == 0) for index, change in enumerate(changes))


def _clause(change: Change, kind: Kind, *, is_first: bool) -> str:
    match change:
        case Added(item, place):
            return f"added {_name(item)} at {place}"
        case Removed(item, place):
            return f"removed {_name(item)} from {place}"
        case Moved(item, before, after):
            way = f"to {after}" if before == after else f"from {before} to {after}"
            return f"moved {_name(item) if is_first else 'it'} {way}"
        case FieldSet():
            return _field_clause(change, kind, is_first=is_first)


def _field_clause(change: FieldSet, kind: Kind, *, is_first: bool) -> str:
    item, name = change.item, change.field
    if name == "title":
        called = f"the {kind.name}" if item is None else _name(item) if is_first else "it"
        if item is None and change.before is not None:
            called += f" from '{change.before}'"
        return f"renamed {called} to '{change.after or ''}'"
    label = name.replace("_", " ")
    what = f"the {label}" if item is None else f"the {label} of {_name(item)}" if is_first else f"its {label}"
    before, after = (_shown(value, change, kind) for value in (change.before, change.after))
    if change.after is None:
        return f"cleared {what} (was {before})" if before else f"cleared {what}"
    if not before or not after:
        return f"edited {what}"
    return f"set {what} to {after}" if change.before is None else f"set {what} from {before} to {after}"


def _shown(value: Value, change: FieldSet, kind: Kind) -> str:
    """A value as it is read; empty where it is a text that is too long to be quoted."""
    if value is None:
        return "nothing"
    item = change.item
    types = kind.fields if item is None else kind.item_types.get(item.type, {})
    field_type = types.get(change.field)
    if field_type == DURATION:
        return clock(value)
    if isinstance(field_type, TextField) and (len(value) > _MAX_SHOWN or "\n" in value):
        return ""
    if isinstance(field_type, TextField | Line):
        return f"'{value}'"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def _name(item: Item) -> str:
    title = item.fields.get("title")
    return f"'{title}'" if title else f"a {item.type}"


def _item_id(change: Change) -> str | None:
    return change.item.id if change.item else None
