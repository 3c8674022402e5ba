"""Restore: the edit that brings a document back to what it was, made of the same five ops as any other edit."""

from collab.domain.kinds import Kind
from collab.domain.ot.difference import ops_between, texts_of
from collab.domain.ot.document import Document, Draft
from collab.domain.ot.edits import Edit, Restore
from collab.domain.ot.rebase import Accepted, Nothing


def restore(request: Restore, document: Document, kind: Kind) -> Accepted | Nothing:
    """The edit that turns the head `document` into `request.wanted`; `Nothing` where it is just that already.

    It is computed on the head itself, so that there is nothing to rebase; undone like any other edit.
    """
    draft = Draft(document)
    ops = tuple(ops_between(document, request.wanted, texts_of(kind)))
    if not ops:
        return Nothing(document.version, ())
    inverse = [draft.apply(op) for op in ops]
    made = draft.finish()
    edit = Edit(
        content_id=document.id,
        version=made.version,
        edit_id=request.edit_id,
        base_version=document.version,
        author=request.author,
        session_id=request.session_id,
        ops=ops,
        inverse=tuple(reversed(inverse)),
        at=request.at,
    )
    return Accepted(edit, made)
