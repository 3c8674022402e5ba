"""A model client, as small as PROTOCOL.md lets it be: what a real client has to agree with."""

from collections.abc import Iterable, Sequence

from collab.domain.ot import text
from collab.domain.ot.document import Document, Draft
from collab.domain.ot.ops import Insert, Op, Remove, Set, Text


def moved_over(pending: Sequence[Op], remote: Sequence[Op]) -> list[Op]:
    """A client's own pending ops as they follow the ops of a remote edit (How edits meet, 2)."""
    ops = list(pending)
    for theirs in remote:
        ops = list(_over_one(ops, theirs))
    return ops


def _over_one(pending: Sequence[Op], theirs: Op | None) -> Iterable[Op]:
    for op in pending:
        if isinstance(theirs, Remove) and not isinstance(op, Insert) and op.item == theirs.item:
            continue
        if isinstance(op, Set | Text) and isinstance(theirs, Set | Text) and _place(op) == _place(theirs):
            if isinstance(op, Set):
                # It hides what they wrote from all that follows.
                yield op
                theirs = None
            elif isinstance(theirs, Text):
                yield Text(op.item, op.field, text.transform(op.delta, theirs.delta, "right"))
                theirs = Text(op.item, op.field, text.transform(theirs.delta, op.delta, "left"))
        else:
            yield op


def _place(op: Set | Text) -> tuple[str | None, str]:
    return op.item, op.field


def stored(ops: Iterable[Op], document: Document) -> tuple[tuple[Op, ...], tuple[Op, ...], Document]:
    """Ops that are applied to a document as they are, with what takes them back and the document after them."""
    draft = Draft(document)
    done = tuple(ops)
    inverse = tuple(reversed([draft.apply(op) for op in done]))
    return done, inverse, draft.finish()
