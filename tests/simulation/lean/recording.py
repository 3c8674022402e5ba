"""A replica of the Python SDK that notes what it was asked, and what it showed then, to be played in TypeScript."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from collab.client.events import Notice
from collab.client.replica import Replica
from collab.client.request import Request
from collab.client.wire import Answer
from collab.domain.errors import CollabError
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Op


class Recording(Replica):
    def __init__(self, document: Document, user_id: str, last_edit: str | None = None) -> None:
        super().__init__(document, user_id, last_edit)
        self.script: list[list[Any]] = []

    def edit(
        self, edit_id: str, ops: Sequence[Op], *, group: int | None = None, is_unchanged_expected: bool = False
    ) -> str:
        made = super().edit(edit_id, ops, group=group, is_unchanged_expected=is_unchanged_expected)
        self._note("edit", edit_id, [op.to_json() for op in ops], group, is_unchanged_expected)
        return made

    def _step(self, side: Literal["undo", "redo"], new_id: Callable[[], str]) -> bool:
        ids: list[str] = []

        def noted() -> str:
            ids.append(new_id())
            return ids[-1]

        is_done = super()._step(side, noted)
        self._note(side, ids)
        return is_done

    def send(self, max_bytes: int | None = None, new_id: Callable[[], str] | None = None) -> Request | None:
        request = super().send(max_bytes, new_id)
        if request is not None:
            self._note("send", None if request.refusal is not None else request.payload)
        return request

    def receive(self, edits: Iterable[Edit]) -> list[Notice]:
        taken = list(edits)
        told = super().receive(taken)
        self._note("receive", [edit.to_json() for edit in taken])
        return told

    def answer(self, answer: Answer) -> list[Notice]:
        told = super().answer(answer)
        body = {"edit_id": answer.edit_id, "version": answer.version, "ops": [op.to_json() for op in answer.ops]}
        dropped = [entry.to_json() for entry in answer.dropped]
        self._note("answer", {**body, "dropped": dropped, "overwrote": [entry.to_json() for entry in answer.overwrote]})
        return told

    def refuse(self, edit_id: str, error: CollabError) -> list[Notice]:
        told = super().refuse(edit_id, error)
        self._note("refuse", error.to_json())
        return told

    def reset(self, document: Document, last_edit: str | None = None) -> list[Notice]:
        told = super().reset(document, last_edit)
        self._note("reset", document.to_json(), last_edit)
        return told

    def _note(self, *step: Any) -> None:
        self.script.append([*step, self.view.to_json()])
