"""Every event of the protocol: its name, its models, and in a sentence what it is for.

The documents, the SDKs' types and the tests go through these two tables; an event that is in neither does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import models_json_schema

from collab.protocol import host, kinds, models, requests, rest, rest_answers
from collab.protocol.base import Wire


@dataclass(frozen=True, slots=True)
class Event:
    """`summary` says what a client asks for with it; or to whom the server sends it, and when."""

    payload: type[Wire]
    summary: str
    of_host: type[Wire] | None = None
    """What a host application tells by that name."""

    @property
    def payloads(self) -> tuple[type[Wire], ...]:
        return (self.payload,) if self.of_host is None else (self.payload, self.of_host)


@dataclass(frozen=True, slots=True)
class ClientEvent(Event):
    """One of the `answers` comes back where it was done."""

    answers: tuple[type[Wire], ...] = ()

    @property
    def all_answers(self) -> tuple[type[Wire], ...]:
        return (*self.answers, models.Failed)


SERVER_EVENTS: Mapping[str, Event] = {
    "session": Event(models.Session, "To a session, once its token was accepted."),
    "content_edited": Event(models.Edit, "To a content's room, but not to the sender: an edit was committed."),
    "batch_update": Event(
        models.BatchUpdate, "To a content's room: several edits of it were committed together, in this order."
    ),
    "content_updated": Event(
        models.ContentUpdated,
        "To a band's room: a content was made, retitled, archived or brought back. To a user's own sessions: a "
        "membership changed. To a session that asked with `request_update`: the list of a band's contents.",
        host.HostContentUpdated,
    ),
    "user_joined": Event(models.UserJoined, "To a room: a user's first session entered it."),
    "user_left": Event(models.UserLeft, "To a room: a user's last session has left it."),
    "presence_updated": Event(
        models.PresenceUpdated, "To a room, at most 20 times a second: sessions that are new, have changed or are gone."
    ),
    "sync_status": Event(models.SyncStatus, "To a band's room: how a job is doing.", host.HostSyncStatus),
    "progress": Event(models.Progress, "To the sessions of who started a job: how far it is.", host.HostProgress),
    "complete": Event(models.Complete, "To the sessions of who started a job: it is over.", host.HostComplete),
    "token_expired": Event(models.TokenExpired, "To a session, right before it is disconnected."),
    "server_restarting": Event(models.ServerRestarting, "To every session, right before it is disconnected."),
    "part": Event(models.Part, "A piece of a long payload comes, to who asked for parts."),
}

CLIENT_EVENTS: Mapping[str, ClientEvent] = {
    "authenticate": ClientEvent(
        requests.Authenticate,
        "Shows a token late, or a new one before the old one expires.",
        answers=(models.Authenticated,),
    ),
    "join_room": ClientEvent(
        requests.JoinRoom,
        "Enters a room; with `since`, a content's room answers with the edits after that version.",
        answers=(models.BandJoined, models.ContentJoined),
    ),
    "leave_room": ClientEvent(requests.LeaveRoom, "Leaves a room.", answers=(models.Done,)),
    "edit_content": ClientEvent(
        requests.EditContent,
        "Edits a content. Sent again with the same `edit_id`, it is answered again and applied once.",
        answers=(models.EditAnswer,),
    ),
    "undo_edit": ClientEvent(requests.UndoEdit, "Takes back the edit `target`.", answers=(models.EditAnswer,)),
    "request_update": ClientEvent(
        requests.RequestUpdate,
        "Asks for what was missed of a content; without a room, for the lists of contents.",
        answers=(models.Updated, models.Done),
    ),
    "update_presence": ClientEvent(
        requests.UpdatePresence, "Says what the session does in a room.", answers=(models.Shown,)
    ),
}


def events() -> dict[str, Event]:
    """Every event of either side, by its name."""
    return {**CLIENT_EVENTS, **SERVER_EVENTS}


def answers() -> list[type[Wire]]:
    """Every answer to an event of a client, once."""
    return list(dict.fromkeys(answer for event in CLIENT_EVENTS.values() for answer in event.all_answers))


def wire_schema() -> dict[str, Any]:
    """The JSON Schema of the whole wire, one definition a model; the TypeScript types are made from it."""
    bodies: list[type[Wire]] = [rest.CreateBand, rest.ChangeBand, rest.PutMember, rest.CreateContent, kinds.Kinds]
    told: list[type[Wire]] = [
        rest_answers.ImportPreview,
        rest_answers.Job,
        rest_answers.Checkpoints,
        rest_answers.Difference,
    ]
    shapes = [*(payload for event in events().values() for payload in event.payloads), *answers(), *bodies, *told]
    _, schema = models_json_schema([(model, "validation") for model in dict.fromkeys(shapes)])
    return {"title": "Wire", "type": "object", **schema}
