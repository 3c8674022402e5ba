"""After a commit: who is told what, and in which order.

1. Whoever waits for an answer is written to first, whatever else the commit tells: a room of thousands takes its time.
2. The edits, to every room: each version once and in order. An author is one of the room. What others did in the same
   commit, or on another node before it, comes before their answer, without which there would be a gap before their own.
3. The answers.
4. Where the edits moved a focus: a receiver knows the text by then that an offset is in.
5. What the edits took, and that there are some: those who are charged, the host, the webhook.
"""

from collections.abc import Callable, Sequence

import structlog

from collab.domain.errors import CollabError
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.rebase import Accepted, Stored
from collab.services.editing.hooks import Hook
from collab.services.ports import EditRooms
from collab.services.presence.service import PresenceService
from collab.services.rates import Rates
from collab.services.ticket import Ticket

log = structlog.get_logger(__name__)


class Commit:
    """A commit that stands: the edits that it added, in order, and the answers to all that was in it, which are to be
    given. `authors` are the sessions that wait for those answers, in the order of their edits; so long did it take."""

    def __init__(
        self,
        answers: Sequence[tuple[Ticket[Stored], Stored | CollabError]],
        authors: Sequence[str | None],
        took_s: float = 0.0,
    ) -> None:
        self.took_s = took_s
        self.accepted = [outcome for _, outcome in answers if isinstance(outcome, Accepted)]
        self.authors = tuple(dict.fromkeys(session_id for session_id in authors if session_id is not None))
        self._answers = answers

    def answer(self) -> None:
        """Gives the answers that have not been given yet."""
        for ticket, outcome in self._answers:
            if isinstance(outcome, CollabError):
                # The traceback holds the batch, and the batch the error: only the garbage collector would free them.
                outcome.__traceback__ = None
            ticket.settle(outcome)


class AfterCommit:
    """`tell_rooms` tells the edits, here and on other nodes, and returns those that it gave out here and now. `wake` is
    for whoever reads the edits in the database. `is_telling` logs each of them."""

    def __init__(
        self,
        rooms: EditRooms,
        tell_rooms: Callable[[Sequence[Accepted]], Sequence[Accepted]],
        presence: PresenceService,
        rates: Rates,
        hook: Hook[Edit, Document],
        wake: Callable[[], None] | None,
        *,
        is_telling: bool,
    ) -> None:
        self._rooms = rooms
        self._tell_rooms = tell_rooms
        self._presence = presence
        self._rates = rates
        self._hook = hook
        self._wake = wake
        self._is_telling = is_telling

    def tell(self, commit: Commit) -> None:
        """Answers the edits of a commit, and tells everybody else of them."""
        self._rooms.serve_first(commit.authors)
        given_out = self._tell_rooms(commit.accepted) if commit.accepted else ()
        commit.answer()
        self._presence.edited([entry.edit for entry in given_out])
        for entry in commit.accepted:
            self._rates.charge_edit(entry, self._rooms.listeners)
            self._hook.notify(entry.edit, entry.document)
        if commit.accepted and self._wake is not None:
            self._wake()
        if self._is_telling:
            self._log(commit)

    def _log(self, commit: Commit) -> None:
        # `note_committed` logs those that came by REST, together with the id of the request.
        for edit in (entry.edit for entry in commit.accepted if entry.edit.session_id is not None):
            log.debug("committed", session_id=edit.session_id, edit_id=edit.edit_id, version=edit.version)
