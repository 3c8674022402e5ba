"""What is stored of a content at the end, read without the product's own readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from collab.domain.errors import CollabError
from collab.domain.kinds import KINDS
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.edits import Edit, Proposal, Undo
from collab.domain.ot.rebase import Accepted, rebase
from collab.domain.ot.undoing import undo
from collab.protocol import requests
from collab.protocol.ops import to_domain
from collab.storage.rows import SELECT_EDITS, document_of, edit_of
from collab.storage.tables import contents, edits, snapshots

OWNER = "ada"


@dataclass(frozen=True)
class History:
    """`documents[n]` is what the first n edits made, whatever else is stored."""

    content_id: str
    head: int
    edits: Sequence[Edit]
    documents: Sequence[Document]
    snapshots: Sequence[Document]

    @classmethod
    def read(cls, connection: Connection, content_id: str) -> "History":
        head = connection.execute(select(contents.c.version).where(contents.c.id == content_id)).scalar_one()
        of_content = SELECT_EDITS.where(edits.c.content_id == content_id).order_by(edits.c.version)
        stored = [edit_of(row) for row in connection.execute(of_content)]
        kept = select(snapshots.c.document).where(snapshots.c.content_id == content_id).order_by(snapshots.c.version)
        taken = [document_of(document) for document in connection.execute(kept).scalars()]
        documents = [taken[0]]
        for edit in stored:
            documents.append(apply_stored(documents[-1], edit.ops))
        return cls(content_id, head, stored, documents, taken)

    def rules_say(self, edit: Edit, event: str, payload: Any) -> Edit | None:
        """What the pure rules make of an edit that was sent, on all that came before it; None where they refuse it."""
        document, before = self.documents[edit.version - 1], self.edits[: edit.version - 1]
        kind = KINDS.get(document.kind)
        try:
            if event == "undo_edit":
                target = next((other for other in before if other.edit_id == payload["target"]), None)
                if target is None:
                    return None
                may_undo_others = edit.author.id == OWNER
                wish = Undo(edit.edit_id, target.edit_id, edit.author, edit.session_id, edit.at, may_undo_others)
                outcome: object = undo(wish, target, document, before, kind)
            else:
                request = requests.parse(requests.EDIT_CONTENT, (payload,))
                proposal = Proposal(
                    edit.edit_id,
                    request.base_version,
                    to_domain(request.ops),
                    edit.author,
                    edit.session_id,
                    edit.at,
                    request.expect,
                    request.base_edit,
                    request.rebased_to,
                )
                outcome = rebase(proposal, document, before[request.base_version :], kind)
        except CollabError:
            return None
        return outcome.edit if isinstance(outcome, Accepted) else None
