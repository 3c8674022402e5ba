"""Replica: one content as a client sees it, pure. What the server has confirmed, and one's own edits on top of it.

One edit is in flight at a time; what is made meanwhile waits. An edit stays in flight until it is both answered
and in its place among the confirmed versions, in whichever order the two come. Sent again, it is sent as it was
the first time: the server, which knows it by its `edit_id`, either answers as it did or rebases it from the
version that it was made on. Everything goes by version, nothing by the order of arrival.

What waits is kept moved over what comes in (queue.py). It is sent with the version that its author saw, from which on
the server finds what it overwrites, and with the version that it has been moved to, on which its texts are counted.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from collab.client.events import Edited, Notice, Refused, Reloaded
from collab.client.foresight import Past
from collab.client.notice import OwnWrites, told_by_answer
from collab.client.pending import Pending, applied, checked, correction, gave_way, places_set
from collab.client.queue import Queue
from collab.client.request import Request, request_of
from collab.client.wire import Answer
from collab.domain.errors import CollabError, VersionUnknown
from collab.domain.ot.difference import hold_text, ops_between
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Op


class Replica:
    """Methods that take something in return what there is to tell the user about it, in order."""

    def __init__(self, document: Document, user_id: str, last_edit: str | None = None) -> None:
        self.confirmed = document
        self.last_edit = last_edit
        """The id of the edit that made `confirmed`: with it the server knows whether its history is the same. None
        where that is not known."""
        self._user_id = user_id
        self._queue = Queue()
        self._request: Request | None = None
        self._answer: Answer | None = None
        self._arrived: dict[int, Edit] = {}
        self._late: tuple[Document, str | None] | None = None
        self._past = Past()
        self._own_writes = OwnWrites()
        self._view: Document | None = None

    @property
    def view(self) -> Document:
        """The document with one's own edits in it; its version is that of the confirmed one."""
        if self._view is None:
            ops = self.pending_ops
            self._view = applied(self.confirmed, ops) if ops else self.confirmed
        return self._view

    @property
    def pending_count(self) -> int:
        """How many of one's own edits and undos are not done yet."""
        return (self._queue.flight is not None) + self._queue.awake

    @property
    def pending_ops(self) -> tuple[Op, ...]:
        """The ops of one's own edits that are not done yet."""
        return tuple(op for edit in self._queue.pending for op in edit.ops)

    @property
    def is_behind(self) -> bool:
        """Whether versions are missing and have to be asked for: those after `confirmed.version`."""
        return self._late is None and (bool(self._arrived) or self._answer is not None)

    def edit(
        self, edit_id: str, ops: Sequence[Op], *, group: int | None = None, is_unchanged_expected: bool = False
    ) -> str:
        """Makes an edit, in the view at once. Returns the `edit_id` under which it will be stored.

        That is an earlier one where the edit only goes on with a text that still waits. Edits of one `group` are undone
        together, and no others; None leaves that open. `Invalid` where an op does not fit the view; nothing has changed
        then.
        """
        seen = self.view
        fitting, self._view = checked(seen, ops)
        edit = Pending(edit_id, fitting, made_on=self.confirmed.version)
        if is_unchanged_expected:
            edit.expected = {place: seen.value(*place) for place in places_set(fitting)}
        return self._queue.add(edit, group).edit_id

    def undo(self, new_id: Callable[[], str]) -> bool:
        """Takes back one's own latest group of edits, in the view at once where that can be foretold. False where there
        is none."""
        return self._step("undo", new_id)

    def redo(self, new_id: Callable[[], str]) -> bool:
        """Brings back what was undone last, until one makes another edit. False where there is nothing."""
        return self._step("redo", new_id)

    def send(self, max_bytes: int | None = None, new_id: Callable[[], str] | None = None) -> Request | None:
        """What to send now, in a message of at most `max_bytes`: the edit in flight, again, where its answer is still
        missing; else the next one, or with ids for the rest of it as much as fits."""
        queue = self._queue
        while queue.flight is None and queue.awake:
            if max_bytes is not None and new_id is not None and queue.cut(self.confirmed, max_bytes, new_id):
                self._transform_pending(())
            flight = queue.take_off()
            self._request = request_of(flight, self.confirmed, max_bytes)
            if self._request.refusal is not None and queue.undo_of(flight) is not None:
                # It can't be stored, and its author has taken it back: nothing is left to be told.
                queue.forget(flight.edit_id)
                self._take_out(flight)
                self._land()
            flight.was_sent = True
        return self._request if self._answer is None else None

    def receive(self, edits: Iterable[Edit]) -> list[Notice]:
        """Takes in edits of the history, in any order and any number of times."""
        self._arrived.update((edit.version, edit) for edit in edits)
        return self._settle()

    def answer(self, answer: Answer) -> list[Notice]:
        """Takes in the answer to the edit in flight. An answer to any other edit is an old one, and nothing."""
        flight = self._queue.flight
        if flight is None or flight.edit_id != answer.edit_id or self._answer is not None:
            return []
        self._answer = answer
        told = told_by_answer(answer, flight)
        if not answer.ops:
            self._queue.forget(flight.edit_id)
        return [*told, *self._reset_late(), *self._settle()]

    def refuse(self, edit_id: str, error: CollabError) -> list[Notice]:
        """The edit in flight can't be stored: takes it back from the view, and what builds on it.

        Where the server only does not know its `base_version`, it is made anew. Take in what is missing before it is
        sent again.
        """
        flight = self._queue.flight
        if flight is None or flight.edit_id != edit_id or self._answer is not None:
            return []
        told: list[Notice] = []
        if isinstance(error, VersionUnknown) and flight.target is None and not flight.is_in_place:
            # The server, which finds what it has stored by its `edit_id` before it looks at a version, has not stored
            # this.
            self._put_back()
            return [*self._reset_late(), *self._settle()]
        if not flight.is_in_place:
            told.append(Refused(edit_id, error, flight.ops_as_sent))
            self._queue.forget(edit_id)
        told += self._take_out(flight)
        self._land()
        return [*told, *self._reset_late(), *self._settle()]

    def reset(self, document: Document, last_edit: str | None = None) -> list[Notice]:
        """Goes on from a whole document, where the edits since `confirmed` are not to be had; `last_edit` made it."""
        if document.version <= self.confirmed.version:
            self._late = None
            return []
        flight, before = self._queue.flight, self.confirmed
        if flight is not None and not flight.is_in_place:
            if self._answer is None:
                # Whether this document holds the edit in flight, only its answer tells.
                self._late = document, last_edit
                return []
            if self._answer.version <= document.version:
                before = applied(before, flight.settle())
        return [*self._replace(before, document, last_edit), *self._settle()]

    def restart(self, document: Document, last_edit: str | None = None) -> list[Notice]:
        """As `reset`, with a document of another history than the one known here, such as that of a restored backup:
        tells what one had written and it does not have."""
        self._arrived.clear()
        self._put_back()
        for edit in self._queue.waiting:
            edit.made_on = None
        lost = self._own_writes.lost(self.confirmed, document)
        return [*self._replace(self.confirmed, document, last_edit), *lost]

    def _settle(self) -> list[Notice]:
        """Puts in place what has arrived and is next; lets the edit in flight land once it is done."""
        told: list[Notice] = []
        flight, answer = self._queue.flight, self._answer
        while True:
            version = self.confirmed.version + 1
            if flight and answer and answer.ops and answer.version == version and not flight.is_in_place:
                told += self._put_in_place(flight, version, answer.ops)
            elif (edit := self._arrived.get(version)) is not None:
                told += self._take(edit)
            else:
                break
        self._arrived = {later: edit for later, edit in self._arrived.items() if later >= version}
        if flight and answer and answer.version < version:
            told += self._take_out(flight)
            self._land()
        return told

    def _take(self, edit: Edit) -> list[Notice]:
        if self._queue.flight is not None and edit.edit_id == self._queue.flight.edit_id:
            return self._put_in_place(self._queue.flight, edit.version, edit.ops)
        overwritten: list[Notice] = []
        if edit.author.id == self._user_id:
            self._own_writes.stored(edit.version, edit.ops)
        else:
            overwritten = self._own_writes.overwritten(edit, self.confirmed)
        seen = self.view
        self.confirmed = self._past.add(self.confirmed, edit.edit_id, edit.ops, edit.undoes)
        self.last_edit = edit.edit_id
        ops, told = self._transform_pending(edit.ops)
        return [Edited(edit, (*ops, *gave_way(seen, self.view, self.pending_ops))), *overwritten, *told]

    def _put_in_place(self, flight: Pending, version: int, ops: tuple[Op, ...]) -> list[Notice]:
        over = correction(self.confirmed, flight.settle(), ops)
        self.confirmed = self._past.add(self.confirmed, flight.edit_id, ops, flight.undoes or flight.target)
        self.last_edit = flight.edit_id
        told = self._transform_pending(over)[1]
        self._own_writes.stored(version, ops)
        self._queue.follow(version)
        return told

    def _take_out(self, flight: Pending) -> list[Notice]:
        """Takes the edit in flight out of the view, where it is not stored."""
        return self._transform_pending(correction(self.confirmed, flight.settle(), ()))[1]

    def _replace(self, before: Document, after: Document, last_edit: str | None) -> list[Notice]:
        self._late = None
        self._own_writes.clear()
        self._past.clear()
        self.confirmed, self.last_edit = after, last_edit
        told = self._transform_pending([*ops_between(before, after, hold_text)])[1]
        return [Reloaded(after.version), *told]

    def _reset_late(self) -> list[Notice]:
        return [] if self._late is None else self.reset(*self._late)

    def _transform_pending(self, over: Sequence[Op]) -> tuple[tuple[Op, ...], list[Notice]]:
        """Moves all that is pending over ops that are confirmed by now; returns those as they change the view."""
        self._view = None
        return self._queue.transform(over, self.confirmed, self._past)

    def _step(self, side: Literal["undo", "redo"], new_id: Callable[[], str]) -> bool:
        is_done = self._queue.step(side, new_id)
        self._transform_pending(())
        return is_done

    def _land(self) -> None:
        self._queue.land()
        self._request = self._answer = None

    def _put_back(self) -> None:
        self._queue.put_back()
        self._request = self._answer = None
