"""The AsyncAPI document: as the specification has it, and about the events of the code, all of them and no other."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

import collab
from collab.engine import Engine
from collab.protocol.asyncapi import asyncapi_document
from collab.protocol.base import Wire
from collab.protocol.catalogue import CLIENT_EVENTS, SERVER_EVENTS
from collab.protocol.examples import EXAMPLES
from tests.javascript import run_node
from tests.support.serving import settings_for

DOCUMENT = asyncapi_document("localhost:8000", is_secure=False, version="1.2.3")

EVENT_ARGUMENT = {"event_message": 0, "_put": 0, "_tell_everywhere": 0, "emit": 0, "tell": 1}
"""Calls that send, and which of their arguments is the event."""


def _operations(action: str) -> set[str]:
    return {name for name, operation in DOCUMENT["operations"].items() if operation["action"] == action}


@pytest.mark.timeout(180)  # npm may have to install first
def test_the_document_fits_the_schema_of_asyncapi() -> None:
    assert json.loads(run_node("asyncapi.mjs", stdin=json.dumps(DOCUMENT))) == []


@pytest.mark.timeout(180)
def test_the_schema_of_asyncapi_finds_what_is_wrong() -> None:
    broken = {**DOCUMENT, "operations": {"x": {"action": "shout", "channel": {"$ref": "#/channels/socket"}}}}
    assert json.loads(run_node("asyncapi.mjs", stdin=json.dumps(broken))) != []


def test_every_event_that_is_handled_is_told_and_the_other_way_round(tmp_path: Path) -> None:
    engine = Engine(settings_for(f"sqlite+aiosqlite:///{tmp_path / 'collab.db'}"))
    handled = set(engine._server.events)  # noqa: SLF001  # there is no other way to ask
    assert handled == _operations("receive") == set(CLIENT_EVENTS)


def test_every_event_that_is_sent_is_told_and_the_other_way_round() -> None:
    assert set(_sent_by_the_code()) == _operations("send") == set(SERVER_EVENTS)


def test_every_reference_leads_somewhere() -> None:
    references = list(_references(DOCUMENT))
    assert references
    for reference in references:
        found: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_every_example_fits_its_model(model: type[Wire]) -> None:
    TypeAdapter(model).validate_json(json.dumps(EXAMPLES[model]))


def _sent_by_the_code() -> Iterator[str]:
    """The event's name in each call that sends one. It has to stand there, but where an argument is handed on."""
    package = Path(collab.__file__).parent
    for file in [package / "engine.py", *(package / "realtime").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            for event in _events_of(node):
                if isinstance(event, ast.Constant):
                    yield str(event.value)
                else:
                    is_handed_on = isinstance(event, ast.Name) and event.id == "event"
                    assert is_handed_on, f"{file}:{event.lineno} sends an event without a name"


def _events_of(node: ast.AST) -> Iterator[ast.expr]:
    """The argument that is the event, where this is a call that sends, or one that has such a call made later."""
    if isinstance(node, ast.Call):
        for index, called in enumerate([node.func, *node.args]):
            name = getattr(called, "attr", getattr(called, "id", ""))
            at = index + EVENT_ARGUMENT.get(name, len(node.args))
            # What is handed on alone, such as a listener, is called with its event elsewhere.
            yield from node.args[at : at + 1]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for entry in value.values():
            yield from _references(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _references(entry)
