"""Messages: what nodes tell each other, and its JSON on the bus.

Nodes are replaced one by one, so that each reads what those of the version before and after it say:

- A field may be added: a reader passes over what it does not know, and has a default for what an older node does not
  say. A kind may be added: to a node that does not know it, it says nothing.
- Whatever changes the sense of what is there takes another `VERSION`. A message of a later version is not read; what it
  said counts as lost, and is looked for in the database. Where `v` is missing, a message is of version 1.

`lease` is a node's id in the database. It is the same as its id on the bus, but not for nodes older than `v`, whose
readers want both.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeAlias, TypedDict

import orjson

from collab.domain.bands import User
from collab.domain.json_text import parse_json
from collab.domain.ot.edits import Edit
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Presence
from collab.domain.record import record

VERSION = 1

_BEGIN = orjson.dumps({"v": VERSION, "node": ""})[:-2]
"""What every message of a node of today begins with; the id of its node follows."""

Json: TypeAlias = dict[str, Any]


class RoomChange(TypedDict):
    """What became of some sessions of a room: how those of the sender's now are, and which of anybody's are gone."""

    updated: list[Json]
    gone: list[str]


@record
class Edits:
    """The sender has committed these."""

    kind: ClassVar = "edits"
    edits: list[Edit]


@record
class Heads:
    """Contents have reached these versions."""

    kind: ClassVar = "heads"
    heads: Mapping[str, int]


@record
class Beat:
    """How far the sender is: the number of its last numbered message, and the heads that are new."""

    kind: ClassVar = "beat"
    last: int
    lease: str
    heads: Mapping[str, int]


@record
class Ask:
    """Asks a node, or all, for their `State`."""

    kind: ClassVar = "ask"
    of: str | None


@record
class State:
    """The sender's sessions by room, as they were after its last numbered message."""

    kind: ClassVar = "state"
    last: int
    lease: str
    rooms: Mapping[str, list[Json]]


@record
class Bye:
    """The sender ends."""

    kind: ClassVar = "bye"


@record
class PresenceChanged:
    """Sessions have changed, by room."""

    kind: ClassVar = "presence"
    number: int
    lease: str
    rooms: Mapping[str, RoomChange]


@record
class BandChanged:
    """The members of a band have changed in the database."""

    kind: ClassVar = "band"
    number: int
    lease: str
    band_id: str


@record
class Told:
    """The room of a band or user is told something, wherever it has listeners."""

    kind: ClassVar = "tell"
    number: int
    lease: str
    room: str
    event: str
    payload: Json


@record
class HostTold:
    """The host application has told a room, or a session, something: wherever it is, it hears of it."""

    kind: ClassVar = "host"
    number: int
    lease: str
    to: str
    event: str
    payload: Any


@record
class Unknown:
    """Something that only later nodes say; `number` where it is numbered."""

    kind: ClassVar = "unknown"
    number: int | None
    lease: str


Numbered: TypeAlias = PresenceChanged | BandChanged | Told | HostTold
Message: TypeAlias = Edits | Heads | Beat | Ask | State | Bye | Numbered | Unknown

_KINDS: Mapping[str, type[Message]] = {
    message.kind: message
    for message in (Edits, Heads, Beat, Ask, State, Bye, PresenceChanged, BandChanged, Told, HostTold)
}


@record
class Sent:
    """A message as it came: which node sent it, and when by that node's clock; and whether that node follows bands. One
    that does not is told all edits on the channel of all."""

    node: str
    at_s: float
    message: Message
    follows_bands: bool


class LaterVersion(Exception):
    """A message of a version that this node can't read."""


def to_json(message: Message, node: str, at_s: float) -> bytes:
    body = {field.name: getattr(message, field.name) for field in fields(message)}
    sent = {"v": VERSION, "node": node, "kind": message.kind, "sent_at_s": at_s, "follows_bands": True, **body}
    return orjson.dumps(sent, default=Edit.to_json, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def sender(data: bytes) -> str | None:
    """The id of the node that sent a message, without reading it; None where it does not begin with that."""
    if not data.startswith(_BEGIN):
        return None
    return data[len(_BEGIN) : data.index(b'"', len(_BEGIN))].decode()


def from_json(data: bytes) -> Sent:
    """Raises `LaterVersion`; and whatever comes about where it is none of these messages."""
    body: Json = parse_json(data)
    if body.get("v", VERSION) > VERSION:
        raise LaterVersion
    return Sent(body["node"], body["sent_at_s"], _message(body), body.get("follows_bands", False))


def _message(body: Json) -> Message:
    kind = _KINDS.get(body["kind"])
    if kind is None:
        return Unknown(body.get("number"), body["lease"] if "lease" in body else body["node"])
    if kind is Edits:
        return Edits([*map(Edit.from_json, body["edits"])])
    return kind(**{field.name: body[field.name] for field in fields(kind)})


def presence_to_json(presence: Presence, now: datetime) -> Json:
    """A session. Its grace is told as the time that is left: the clocks of two nodes need not agree."""
    lingers_until = presence.lingers_until
    return {
        "session_id": presence.session_id,
        "user": [presence.user.id, presence.user.name],
        "joined_at": presence.joined_at.isoformat(),
        "last_seen": presence.last_seen.isoformat(),
        "status": presence.status,
        "focus": None if presence.focus is None else presence.focus.to_json(),
        "lingers_s": None if lingers_until is None else (lingers_until - now).total_seconds(),
    }


def presence_from_json(body: Json, node: str, now: datetime) -> Presence:
    """A session of another node."""
    lingers_s = body["lingers_s"]
    return Presence(
        session_id=body["session_id"],
        user=User(*body["user"]),
        joined_at=datetime.fromisoformat(body["joined_at"]),
        last_seen=datetime.fromisoformat(body["last_seen"]),
        status=body["status"],
        focus=None if body["focus"] is None else Focus.from_json(body["focus"]),
        lingers_until=None if lingers_s is None else now + timedelta(seconds=lingers_s),
        node=node,
    )
