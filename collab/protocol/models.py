"""Models of what the server sends. They make types and documents; events.py builds the payloads themselves."""

from typing import Any, Literal, TypeAlias

from pydantic import Field

from collab.domain.ot.edits import Reason as DropReason
from collab.domain.presence.roster import Status
from collab.protocol.base import Wire
from collab.protocol.ops import WireItem, WireOp

RoleName: TypeAlias = Literal["owner", "editor", "viewer"]


class User(Wire):
    id: str
    name: str
    color: str


class Author(Wire):
    id: str
    name: str


class Focus(Wire):
    item: str | None = None
    field: str | None = None
    anchor: int | None = None
    head: int | None = None
    lead: bool | None = None


class Presence(Wire):
    session_id: str
    user: User
    status: Status
    focus: Focus | None
    joined_at: str
    last_seen: str


class Summary(Wire):
    id: str
    kind: str
    title: str
    version: int
    updated_at: str
    updated_by: Author


class Document(Wire):
    id: str
    kind: str
    band_id: str
    version: int
    fields: dict[str, Any]
    items: list[WireItem]


class Edit(Wire):
    room_id: str
    edit_id: str
    version: int
    base_version: int
    author: Author
    session_id: str | None
    ops: list[WireOp]
    undoes: str | None = None
    at: str


class Dropped(Wire):
    index: int
    reason: DropReason


class Overwrite(Wire):
    index: int
    version: int
    author: Author
    value: Any


class Problem(Wire):
    code: str
    message: str
    details: Any = None


class Failed(Wire):
    ok: Literal[False]
    error: Problem


class Done(Wire):
    """The answer to an event that has nothing more to say."""

    ok: Literal[True]


class Shown(Wire):
    """The answer to `update_presence`. `focus` is there, and null, where the item is gone that it is about."""

    ok: Literal[True]
    focus: None = None


class Authenticated(Wire):
    ok: Literal[True]
    user: User
    expires_at: str


class EditAnswer(Wire):
    ok: Literal[True]
    edit_id: str
    version: int
    ops: list[WireOp]
    dropped: list[Dropped]
    overwrote: list[Overwrite]


class Joined(Wire):
    """What the answers to `join_room` have in common."""

    ok: Literal[True]
    room: str
    role: RoleName
    roster: list[Presence]


class BandJoined(Joined):
    contents: list[Summary]


class Missed(Wire):
    """With `content`, or with `version` and `edits` where `since` was given and the tail is short."""

    content: Document | None = None
    last_edit: str | None = None
    version: int | None = None
    edits: list[Edit] | None = None


class ContentJoined(Missed, Joined):
    """With `content`, or with `version` and `edits` where `since` was given and the tail is short."""


class Updated(Missed):
    """The answer to `request_update` with a room."""

    ok: Literal[True]


class Session(Wire):
    session_id: str
    user: User
    expires_at: str
    protocol: int
    max_message_bytes: int


class BatchUpdate(Wire):
    room_id: str
    edits: list[Edit]


class ContentUpdated(Wire):
    """`data` is a summary; a list of them for `refresh`; a membership where `type` is `membership`."""

    type: str
    action: Literal["add", "update", "remove", "restore", "refresh"]
    band_id: str
    data: Any


class UserJoined(Wire):
    room: str
    user_id: str
    user: User


class UserLeft(Wire):
    room: str
    user_id: str
    last_seen: str


class PresenceUpdated(Wire):
    room: str
    sessions: list[Presence]
    gone: list[str] | None = None


class SyncStatus(Wire):
    """How a job is doing, for the whole band."""

    job_id: str
    status: Literal["syncing", "completed", "error"]
    progress: int = Field(ge=0, le=100)
    message: str


class Progress(Wire):
    job_id: str
    percent: int = Field(ge=0, le=100)


class Complete(Wire):
    job_id: str
    result: dict[str, Any]


class TokenExpired(Wire):
    pass


class ServerRestarting(Wire):
    """`retry_in` is in seconds."""

    retry_in: float


class Part(Wire):
    """A piece of the JSON of a long payload, to who takes those in parts."""

    text: str
