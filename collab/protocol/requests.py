"""The events that clients send, one model each."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter

from collab.domain.errors import Invalid
from collab.domain.presence.roster import Status
from collab.protocol.base import EditId, Wire, Word, validate
from collab.protocol.ops import WireOp

MAX_OPS = 1_000
"""Ops in one edit."""

Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Authenticate(Wire):
    token: str


class JoinRoom(Wire):
    """A bare string stands for `{room}`."""

    in_short = "string"
    room: str
    since: Version | None = None
    since_edit: EditId | None = None


class LeaveRoom(Wire):
    """A bare string stands for `{room}`."""

    in_short = "string"
    room: str


class EditContent(Wire):
    room_id: str
    edit_id: EditId
    base_version: int
    base_edit: EditId | None = None
    ops: list[WireOp] = Field(min_length=1, max_length=MAX_OPS)
    expect: Literal["unchanged"] | None = None
    rebased_to: Version | None = None


class UndoEdit(Wire):
    room_id: str
    edit_id: EditId
    target: EditId


class RequestUpdate(Wire):
    """Without a room: every band of the user."""

    in_short = "null"
    room_id: str | None = None
    since: Version | None = None
    since_edit: EditId | None = None


class WireFocus(Wire):
    item: Word | None = None
    field: Word | None = None
    anchor: Version | None = None
    head: Version | None = None
    lead: bool | None = None


class UpdatePresence(Wire):
    """What is left out stays as it is; `focus: null` says that the session is nowhere in particular."""

    room: str
    status: Status | None = None
    focus: WireFocus | None = None


def _room_object(payload: Any) -> Any:
    return {"room": payload} if isinstance(payload, str) else payload


def _empty_object(payload: Any) -> Any:
    return {} if payload is None else payload


AUTHENTICATE: TypeAdapter[Authenticate] = TypeAdapter(Authenticate)
JOIN_ROOM: TypeAdapter[JoinRoom] = TypeAdapter(Annotated[JoinRoom, BeforeValidator(_room_object)])
LEAVE_ROOM: TypeAdapter[LeaveRoom] = TypeAdapter(Annotated[LeaveRoom, BeforeValidator(_room_object)])
EDIT_CONTENT: TypeAdapter[EditContent] = TypeAdapter(EditContent)
UNDO_EDIT: TypeAdapter[UndoEdit] = TypeAdapter(UndoEdit)
REQUEST_UPDATE: TypeAdapter[RequestUpdate] = TypeAdapter(Annotated[RequestUpdate, BeforeValidator(_empty_object)])
UPDATE_PRESENCE: TypeAdapter[UpdatePresence] = TypeAdapter(UpdatePresence)

RequestT = TypeVar("RequestT")


def parse(adapter: TypeAdapter[RequestT], arguments: Sequence[Any]) -> RequestT:
    """The request in the arguments of an event; `Invalid` where there is more than one payload or it does not fit."""
    if len(arguments) > 1:
        raise Invalid.at("payload", f"expected one payload, got {len(arguments)}")
    return validate(adapter, arguments[0] if arguments else None)
