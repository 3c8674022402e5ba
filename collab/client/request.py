"""Requests: pending edits as they are sent, and those that can't be (PROTOCOL.md, An edit that is too large).

What is larger than a message may be would end the connection, and on the next one again, and all that waits behind it
would wait for ever: it is cut where that keeps its meaning, and else refused here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collab.client.pending import Pending
from collab.domain.access import ContentRoom
from collab.domain.errors import CollabError, Conflicting, TooLarge
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Insert, Op
from collab.protocol.requests import MAX_OPS

_ENVELOPE_BYTES = 32
"""What stands around an event's JSON: the types of the packets, and the number by which it is answered."""


@dataclass(frozen=True, slots=True)
class Request:
    """An event to send to the server; with a `refusal` it is refused here, and not sent."""

    edit_id: str
    event: str
    payload: dict[str, Any]
    refusal: CollabError | None = None

    @property
    def size_bytes(self) -> int:
        """The size of the message that it makes, as python-socketio writes it."""
        return _json_bytes([self.event, self.payload]) + _ENVELOPE_BYTES


def request_of(edit: Pending, confirmed: Document, max_bytes: int | None = None) -> Request:
    """What to send for an edit, now and whenever it is sent again. A message has at most `max_bytes`, where that is
    known."""
    payload: dict[str, Any] = {"room_id": ContentRoom(confirmed.id).name, "edit_id": edit.edit_id}
    if edit.target is not None:
        return Request(edit.edit_id, "undo_edit", {**payload, "target": edit.target})
    edit.ops_as_sent = edit.ops
    base_version = confirmed.version if edit.made_on is None else edit.made_on
    payload |= {"base_version": base_version, "ops": [op.to_json() for op in edit.ops]}
    if base_version != confirmed.version:
        payload["rebased_to"] = confirmed.version
    if edit.expected is not None:
        payload["expect"] = "unchanged"
    request = Request(edit.edit_id, "edit_content", payload)
    refusal = _conflict(edit, confirmed) or _excess(request, max_bytes)
    return request if refusal is None else Request(edit.edit_id, "edit_content", payload, refusal)


def cut(edit: Pending, confirmed: Document, max_bytes: int) -> list[tuple[Op, ...]]:
    """The ops of an edit, in as many edits as it takes for each to fit into a message: one where it does already, or
    must not be cut.

    An item stands for itself, so that one may come after another. All else that somebody does in one edit is meant
    to be there together or not at all.
    """
    request = request_of(edit, confirmed)
    is_fitting = len(edit.ops) <= MAX_OPS and request.size_bytes <= max_bytes
    if is_fitting or edit.expected is not None or not all(isinstance(op, Insert) for op in edit.ops):
        return [edit.ops]
    free_bytes = max_bytes - Request(edit.edit_id, request.event, {**request.payload, "ops": []}).size_bytes
    return _packed(edit.ops, free_bytes)


def _packed(ops: Sequence[Op], free_bytes: int) -> list[tuple[Op, ...]]:
    packed: list[list[Op]] = [[]]
    filled = 0
    for op in ops:
        size = _json_bytes(op.to_json()) + len(",")
        if packed[-1] and (filled + size > free_bytes or len(packed[-1]) == MAX_OPS):
            packed.append([])
            filled = 0
        packed[-1].append(op)
        filled += size
    return [*map(tuple, packed)]


def _conflict(edit: Pending, confirmed: Document) -> CollabError | None:
    """The conflict of an edit made anew: what its author saw is no version of the server's, which could find it."""
    if edit.made_on is not None or edit.is_as_expected(confirmed):
        return None
    return Conflicting("expected fields that nobody changed since the edit was made; look at what is there now")


def _excess(request: Request, max_bytes: int | None) -> CollabError | None:
    if max_bytes is None or request.size_bytes <= max_bytes:
        return None
    return TooLarge(
        f"expected an edit of at most {max_bytes} bytes as JSON, got one of {request.size_bytes}: "
        "make it smaller, or several of it"
    )


def _json_bytes(value: Any) -> int:
    """The size of a value as JSON, which is ASCII."""
    return len(json.dumps(value, separators=(",", ":")))
