"""The events as an AsyncAPI 3 document, made from the wire models (https://www.asyncapi.com/docs/reference)."""

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from pydantic.json_schema import models_json_schema

from collab.protocol.base import Wire
from collab.protocol.events import PROTOCOL_VERSION
from collab.protocol.examples import EXAMPLES
from collab.protocol.models import CLIENT_EVENTS, SERVER_EVENTS, Failed

Json: TypeAlias = dict[str, Any]

_ABOUT = """\
Plain JSON over Socket.IO 5 (Engine.IO 4): an event's name and one payload. Every event of a client is acknowledged,
with `ok: true` or with an error. The rules by which edits meet are in the protocol's own document, PROTOCOL.md.
"""

_SENT_WHEN: Mapping[str, str] = {
    "session": "To a session, once its token was accepted.",
    "content_edited": "To a content's room, but not to the sender: an edit was committed.",
    "batch_update": "To a content's room: several edits of it were committed together, in this order.",
    "content_updated": "To a band's room: a content was made, retitled, archived or brought back. To a user's own "
    "sessions: a membership changed. To a session that asked with `request_update`: the list of a band's contents.",
    "user_joined": "To a room: a user's first session entered it.",
    "user_left": "To a room: a user's last session has left it.",
    "presence_updated": "To a room, at most 20 times a second: sessions that are new, have changed or are gone.",
    "sync_status": "To a band's room: how a job is doing.",
    "progress": "To the sessions of who started a job: how far it is.",
    "complete": "To the sessions of who started a job: it is over.",
    "token_expired": "To a session, right before it is disconnected.",
    "server_restarting": "To every session, right before it is disconnected.",
    "part": "A piece of a long payload comes, to who asked for parts.",
}

_ASKS_FOR: Mapping[str, str] = {
    "authenticate": "Shows a token late, or a new one before the old one expires.",
    "join_room": "Enters a room; with `since`, a content's room answers with the edits after that version.",
    "leave_room": "Leaves a room.",
    "edit_content": "Edits a content. Sent again with the same `edit_id`, it is answered again and applied once.",
    "undo_edit": "Takes back the edit `target`.",
    "request_update": "Asks for what was missed of a content; without a room, for the lists of contents.",
    "update_presence": "Says what the session does in a room.",
}

_IN_SHORT: Mapping[str, str] = {"join_room": "string", "leave_room": "string", "request_update": "null"}
"""What may stand for the payload: a bare room name, or nothing."""


def asyncapi_document(host: str, *, is_secure: bool, version: str) -> Json:
    """The AsyncAPI 3.0 document of a server that clients reach at `host` (`name:port`)."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "collab",
            "version": version,
            "description": f"{_ABOUT}\nVersion {PROTOCOL_VERSION} of the protocol.\n",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": host,
                "pathname": "/socket.io/",
                "protocol": "wss" if is_secure else "ws",
                "protocolVersion": "Socket.IO 5",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            "socket": {
                "address": "/",
                "description": "The one namespace of the server.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages()},
            }
        },
        "operations": {**_received(), **_sent()},
        "components": {"messages": _messages(), "schemas": _schemas(), "securitySchemes": {"token": _TOKEN}},
    }


_TOKEN: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A JWT with `sub` and `exp`. AsyncAPI has no word for where it travels: in the auth of Socket.IO's "
    "CONNECT packet, `{token}`, or later in `authenticate`.",
}


def _received() -> Json:
    return {
        event: {
            "action": "receive",
            "channel": {"$ref": "#/channels/socket"},
            "summary": _ASKS_FOR[event],
            "messages": [_reference(event)],
            "reply": {
                "channel": {"$ref": "#/channels/socket"},
                "messages": [_reference(f"answer.{answer.__name__}") for answer in _answers_to(event)],
            },
        }
        for event in CLIENT_EVENTS
    }


def _sent() -> Json:
    return {
        event: {
            "action": "send",
            "channel": {"$ref": "#/channels/socket"},
            "summary": _SENT_WHEN[event],
            "messages": [_reference(event)],
        }
        for event in SERVER_EVENTS
    }


def _reference(message: str) -> Json:
    return {"$ref": f"#/channels/socket/messages/{message}"}


@cache
def _messages() -> Json:
    asked = {event: _message(event, model) for event, (model, _) in CLIENT_EVENTS.items()}
    told = {event: _message(event, model) for event, model in SERVER_EVENTS.items()}
    return {**asked, **told, **{f"answer.{model.__name__}": _message("answer", model) for model in _answers()}}


def _message(name: str, model: type[Wire]) -> Json:
    payload: Json = {"$ref": f"#/components/schemas/{model.__name__}"}
    if (short := _IN_SHORT.get(name)) is not None:
        payload = {"anyOf": [payload, {"type": short}]}
    message = {"name": name, "title": model.__name__, "payload": payload}
    if about := inspect.cleandoc(model.__doc__ or ""):
        message["description"] = about
    return {**message, "examples": [{"payload": EXAMPLES[model]}]}


def _answers_to(event: str) -> tuple[type[Wire], ...]:
    return (*CLIENT_EVENTS[event][1], Failed)


def _answers() -> Sequence[type[Wire]]:
    return list(dict.fromkeys(answer for event in CLIENT_EVENTS for answer in _answers_to(event)))


@cache
def _schemas() -> Json:
    models = [*(model for model, _ in CLIENT_EVENTS.values()), *SERVER_EVENTS.values(), *_answers()]
    _, found = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)], ref_template="#/components/schemas/{model}"
    )
    schemas: Json = _plain(found["$defs"])
    return schemas


def _plain(schema: Any) -> Any:
    """A schema of pydantic's as AsyncAPI has it: a discriminator is the name of the property alone."""
    if isinstance(schema, list):
        return [_plain(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value["propertyName"] if key == "discriminator" and isinstance(value, dict) else _plain(value)
        for key, value in schema.items()
    }
