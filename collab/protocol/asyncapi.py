"""The events as an AsyncAPI 3 document, made from the wire models (https://www.asyncapi.com/docs/reference)."""

import inspect
from functools import cache
from typing import Any, TypeAlias

from pydantic.json_schema import models_json_schema

from collab.protocol.base import Wire
from collab.protocol.catalogue import CLIENT_EVENTS, SERVER_EVENTS, answers, events
from collab.protocol.events import PROTOCOL_VERSION
from collab.protocol.examples import EXAMPLES

Json: TypeAlias = dict[str, Any]

_ABOUT = """\
Plain JSON over Socket.IO 5 (Engine.IO 4): an event's name and one payload. Every event of a client is acknowledged,
with `ok: true` or with an error. The rules by which edits meet are in the protocol's own document, PROTOCOL.md.
"""


def asyncapi_document(host: str, *, is_secure: bool, version: str, socket_path: str = "/socket.io") -> Json:
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
                "pathname": f"{socket_path}/",
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
            "summary": asked.summary,
            "messages": [_reference(event)],
            "reply": {
                "channel": {"$ref": "#/channels/socket"},
                "messages": [_reference(f"answer.{answer.__name__}") for answer in asked.all_answers],
            },
        }
        for event, asked in CLIENT_EVENTS.items()
    }


def _sent() -> Json:
    return {
        event: {
            "action": "send",
            "channel": {"$ref": "#/channels/socket"},
            "summary": sent.summary,
            "messages": [_reference(event)],
        }
        for event, sent in SERVER_EVENTS.items()
    }


def _reference(message: str) -> Json:
    return {"$ref": f"#/channels/socket/messages/{message}"}


@cache
def _messages() -> Json:
    named = {name: _message(name, *event.payloads) for name, event in events().items()}
    return {**named, **{f"answer.{model.__name__}": _message("answer", model) for model in answers()}}


def _message(name: str, model: type[Wire], of_host: type[Wire] | None = None) -> Json:
    payload: Json = {"$ref": f"#/components/schemas/{model.__name__}"}
    if model.in_short is not None:
        payload = {"anyOf": [payload, {"type": model.in_short}]}
    if of_host is not None:
        payload = {"anyOf": [payload, {"$ref": f"#/components/schemas/{of_host.__name__}"}]}
    message = {"name": name, "title": model.__name__, "payload": payload}
    if about := inspect.cleandoc(model.__doc__ or ""):
        message["description"] = about
    shown = [model] if of_host is None else [model, of_host]
    return {**message, "examples": [{"payload": EXAMPLES[shape]} for shape in shown]}


@cache
def _schemas() -> Json:
    models = [*(payload for event in events().values() for payload in event.payloads), *answers()]
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
