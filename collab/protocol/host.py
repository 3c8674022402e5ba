"""What a host application tells by way of the engine: four of the protocol's events, and events of its own.

Their shapes are wider than the engine's own by the same names: a host's job has no id here, and what it says of its
contents is its own. `from_host` tells clients the two apart.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import orjson
from pydantic import Field, TypeAdapter

from collab.domain.addressee import addressee
from collab.domain.errors import Invalid, TooLarge, shown
from collab.domain.json_text import Unfit, parse_json
from collab.protocol.base import Body, Wire, Word, validate

OWN_PREFIX: Final = "host_"
"""How the names of a host's own events begin; no version of the protocol has an event that does."""

_OWN = re.compile(r"host_[A-Za-z0-9_.:-]{1,95}")


class _FromHost(Wire):
    from_host: Literal[True] = True


class HostContentUpdated(_FromHost):
    """Something of the host's own has changed: `type` says of what sort, `data` is as the host has it."""

    type: Word
    action: Word
    data: Any = None


class HostSyncStatus(_FromHost):
    """How a job of the host's is doing."""

    status: Literal["syncing", "completed", "error"]
    progress: int = Field(ge=0, le=100)
    message: str = ""
    job_id: Word | None = None


class HostProgress(_FromHost):
    """How far a job of the host's is."""

    percent: int = Field(ge=0, le=100)
    job_id: Word | None = None


class HostComplete(_FromHost):
    """A job of the host's is over."""

    result: Any = None
    job_id: Word | None = None


HOST_EVENTS: Mapping[str, type[Wire]] = {
    "content_updated": HostContentUpdated,
    "sync_status": HostSyncStatus,
    "progress": HostProgress,
    "complete": HostComplete,
}
"""Events of the protocol that a host may tell as well."""

_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {event: TypeAdapter(model) for event, model in HOST_EVENTS.items()}


class Tell(Body):
    """One of the five says whom; `room` is a room by its name, `band_<id>`, `content_<id>` or `user_<id>`."""

    event: str
    payload: Any = None
    user: str | None = None
    band: str | None = None
    content: str | None = None
    session: str | None = None
    room: str | None = None

    @property
    def to(self) -> str:
        """As `domain.addressee.addressee` has it."""
        return addressee(user=self.user, band=self.band, content=self.content, session=self.session, room=self.room)


def host_json(event: str, payload: Any, max_bytes: int) -> bytes:
    """What is told, as JSON. `Invalid` where it is none, or does not fit the event, or a host has no such event;
    `TooLarge` where it would be longer than a message may be."""
    told = _plain(payload, max_bytes)
    if (adapter := _ADAPTERS.get(event)) is not None:
        validate(adapter, told)
        return orjson.dumps({**told, "from_host": True})
    if _OWN.fullmatch(event) is None:
        raise Invalid.at(
            "event", f"expected {', '.join(HOST_EVENTS)}, or a name that begins with '{OWN_PREFIX}', got {shown(event)}"
        )
    if isinstance(told, dict) and "in_parts" in told:
        raise Invalid.at("payload.in_parts", "expected another key: this one stands for a payload that comes in parts")
    return orjson.dumps(told)


def _plain(payload: Any, max_bytes: int) -> Any:
    """The payload as whoever hears it will have it: dates and ids are texts by then."""
    try:
        text = orjson.dumps(payload)
    except orjson.JSONEncodeError as error:
        raise Invalid.at("payload", f"expected what JSON can say: {error}") from None
    if len(text) > max_bytes:
        raise TooLarge(
            f"expected a payload of at most {max_bytes} bytes, got {len(text)}: tell where it can be fetched"
        )
    try:
        return parse_json(text)
    except Unfit as error:
        raise Invalid.at("payload", error.msg) from None
