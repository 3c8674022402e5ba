"""Hostile events: whatever is sent is answered, the session goes on, and nobody hears or changes what is not theirs."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from websockets.sync.client import ClientConnection, connect

from collab.domain.errors import HTTP_STATUS
from collab.protocol import requests
from collab.protocol.ops import WireInsert, WireItem, WireMove, WireRemove, WireSet, WireText
from tests.fuzz.conftest import SECRET_SONG, Bands, budget
from tests.support.hosted import Hosted
from tests.support.log import Log

Json = Any
Path = tuple[str | int, ...]

# The server runs in a thread of this process, and draws on `random` while Hypothesis looks.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
    pytest.mark.long,
]

CODES = frozenset(HTTP_STATUS) - {"unavailable", "rate_limited", "unauthenticated"}
SENTINEL = 424_242

TEXT = st.text(st.characters(), max_size=20)
"""With lone surrogates and control characters."""

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**40), 10**40) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def _deep(depth: int, is_list: bool) -> Json:
    value: Json = 0
    for _ in range(depth):
        value = [value] if is_list else {"a": value}
    return value


HOSTILE = (
    VALUES
    | st.builds(_deep, st.integers(1, 900), st.booleans())
    | st.integers(0, 100_000).map(lambda length: "x" * length)
)


def _ops(ids: list[str]) -> st.SearchStrategy[Json]:
    items = st.sampled_from([*ids, "no-such-item"])
    item = st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "type": st.sampled_from(["song", "break"]),
            "position": st.sampled_from(["a0", "a1V", "Zz"]),
        },
        optional={"fields": st.fixed_dictionaries({}, optional={"title": TEXT, "tempo": st.integers(20, 400)})},
    )
    deltas = st.lists(
        st.integers(1, 12) | TEXT.filter(bool) | st.builds(lambda n: {"d": n}, st.integers(1, 5)), max_size=4
    )
    return st.one_of(
        st.fixed_dictionaries(
            {"op": st.just("set"), "item": items, "field": st.sampled_from(["key", "title", "notes"]), "value": TEXT}
        ),
        st.fixed_dictionaries({"op": st.just("insert"), "item": item}),
        st.fixed_dictionaries({"op": st.just("move"), "item": items, "position": st.sampled_from(["a0", "a1V", "zz"])}),
        st.fixed_dictionaries({"op": st.just("remove"), "item": items}),
        st.fixed_dictionaries(
            {"op": st.just("text"), "item": st.none() | items, "field": st.just("notes"), "delta": deltas}
        ),
    )


def _sound(bands: Bands, edit_ids: list[str]) -> dict[str, st.SearchStrategy[Json]]:
    """A payload of each event as it ought to be, about one's own band, another's and none."""
    contents = st.sampled_from([bands.mine.room, bands.mine.room, bands.foreign.room, f"content_{uuid.UUID(int=7)}"])
    rooms = contents | st.sampled_from([bands.mine.band_room, bands.foreign.band_room, "user_eve", "user_ada"])
    versions = st.integers(0, 3) | st.integers(0, 2**31 - 1)
    known = st.sampled_from(edit_ids)
    focus = st.fixed_dictionaries(
        {},
        optional={
            "item": st.sampled_from(["iko", "x"]),
            "field": st.just("notes"),
            "anchor": versions,
            "head": versions,
            "lead": st.booleans(),
        },
    )
    return {
        "authenticate": st.fixed_dictionaries({"token": TEXT}),
        "join_room": rooms | st.fixed_dictionaries({"room": rooms, "since": versions}, optional={"since_edit": known}),
        "leave_room": rooms | st.fixed_dictionaries({"room": rooms}),
        "edit_content": st.fixed_dictionaries(
            {
                "room_id": contents,
                "edit_id": st.uuids().map(str) | known,
                "base_version": st.integers(-1, 5) | versions,
                "ops": st.lists(_ops(["iko", "rest", "saints"]), min_size=1, max_size=5),
            },
            optional={"expect": st.just("unchanged"), "base_edit": known, "rebased_to": st.integers(-1, 5) | versions},
        ),
        "undo_edit": st.fixed_dictionaries(
            {"room_id": contents, "edit_id": st.uuids().map(str) | known, "target": known}
        ),
        "request_update": st.none()
        | st.fixed_dictionaries({"room_id": contents, "since": versions}, optional={"since_edit": known}),
        "update_presence": st.fixed_dictionaries(
            {"room": rooms}, optional={"status": st.sampled_from(["active", "idle"]), "focus": st.none() | focus}
        ),
    }


def _paths(value: Json, at: Path = ()) -> Iterator[Path]:
    yield at
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _paths(entry, (*at, key))


def _changed(value: Json, path: Path, how: str, by: Json) -> Json:
    """The value with something else, nothing, or something more at a path."""
    if not path:
        return {**value, "extra": by} if how == "add" and isinstance(value, dict) else by
    key, *rest = path
    copy: Json = dict(value) if isinstance(value, dict) else list(value)
    if how == "drop" and not rest:
        del copy[key]
    else:
        copy[key] = _changed(copy[key], tuple(rest), how, by)
    return copy


@st.composite
def _near_sound(draw: st.DrawFn, sound: st.SearchStrategy[Json]) -> Json:
    payload = draw(sound)
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from([*_paths(payload)]))
        payload = _changed(payload, path, draw(st.sampled_from(["put", "drop", "add"])), draw(HOSTILE))
    return payload


class Session:
    """A websocket on which anything can be sent, and that keeps all it hears."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[str] = []

    def wait_for(self, beginning: str) -> str:
        while not (message := str(self.socket.recv(timeout=10))).startswith(beginning):
            if message == "2":
                self.socket.send("3")
            self.heard.append(message)
        return message

    def call(self, event: Json, *arguments: Json, number: int = 1) -> Json:
        """The answer to an event."""
        self.socket.send(f"42{number}{json.dumps([event, *arguments])}")
        beginning = f"43{number}["
        return json.loads(self.wait_for(beginning)[len(beginning) - 1 :])[0]


@contextmanager
def _session(server: Hosted, user_id: str) -> Iterator[Session]:
    url = f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    with connect(url, compression=None, max_size=None) as socket:
        session = Session(socket)
        session.wait_for("0")
        socket.send("40" + json.dumps({"token": server.token(user_id)}))
        session.wait_for('42["session"')
        yield session


@pytest.fixture(scope="module")
def ada(server: Hosted, bands: Bands) -> Iterator[Session]:
    with _session(server, "ada") as session:
        yield session


@pytest.fixture(scope="module")
def eve(server: Hosted, bands: Bands) -> Iterator[Session]:
    with _session(server, "eve") as session:
        for room in (bands.foreign.room, bands.foreign.band_room):
            assert session.call("join_room", room)["ok"]
        yield session


def test_the_payloads_of_the_fuzz_know_every_field() -> None:
    gig: Any = type("Gig", (), {"room": "content_x", "band_room": "band_x"})
    sound = _sound(Bands(gig, gig), [str(uuid.UUID(int=1))])
    adapters: dict[str, TypeAdapter[Any]] = {
        "authenticate": requests.AUTHENTICATE, "join_room": requests.JOIN_ROOM, "leave_room": requests.LEAVE_ROOM,
        "edit_content": requests.EDIT_CONTENT, "undo_edit": requests.UNDO_EDIT,
        "request_update": requests.REQUEST_UPDATE, "update_presence": requests.UPDATE_PRESENCE,
    }  # fmt: skip
    assert {name for name in vars(requests) if name.isupper() and name != "MAX_OPS"} == {name.upper() for name in sound}
    fields = {
        "room",
        "token",
        "since",
        "since_edit",
        "base_edit",
        "rebased_to",
        "room_id",
        "edit_id",
        "base_version",
        "ops",
        "expect",
        "target",
        "status",
        "focus",
    }
    fields |= {"item", "field", "anchor", "head", "lead"}
    for adapter in adapters.values():
        schema = adapter.json_schema()
        assert set(schema["properties"]) <= fields
    assert set(requests.WireFocus.model_fields) <= fields
    ops = {model: set(model.model_fields) for model in (WireSet, WireInsert, WireMove, WireRemove, WireText, WireItem)}
    assert set.union(*ops.values()) == {"op", "item", "field", "value", "position", "delta", "id", "type", "fields"}


def test_whatever_is_sent_is_answered_and_stays_in_its_band(
    server: Hosted, bands: Bands, ada: Session, eve: Session, log: Log
) -> None:
    edit_ids = [str(uuid.UUID(int=n)) for n in range(1, 6)]
    sound = _sound(bands, edit_ids)
    before = eve.call("join_room", bands.foreign.room)["content"]

    @budget(600)
    @given(
        data=st.data(),
        event=st.sampled_from([*sound, "no_such_event", "connect", "disconnect", "*", ""]),
        is_asking=st.booleans(),
    )
    def hostile(data: st.DataObject, event: str, is_asking: bool) -> None:
        payload = _near_sound(sound[event]) if event in sound else VALUES
        arguments = data.draw(st.lists(payload, min_size=1, max_size=1) | st.lists(payload | HOSTILE, max_size=3))
        if is_asking:
            answer = ada.call(event, *arguments)
            assert answer["ok"] or answer["error"]["code"] in CODES, answer
            assert SECRET_SONG not in json.dumps(answer)
        else:
            ada.socket.send(f"42{json.dumps([event, *arguments])}")
        assert ada.call("join_room", bands.mine.room, number=SENTINEL)["ok"], "the same session still answers"

    hostile()
    assert "Traceback" not in log.text
    assert eve.call("join_room", bands.foreign.room)["content"] == before
    strangers = [bands.mine.band_id, bands.mine.setlist_id, '"ada"']
    assert [message for message in eve.heard if any(name in message for name in strangers)] == []
    theirs = [bands.foreign.band_id, bands.foreign.setlist_id, SECRET_SONG]
    assert [message for message in ada.heard if any(name in message for name in theirs)] == []


def test_what_is_somebody_elses_and_what_does_not_exist_answer_alike(bands: Bands, ada: Session) -> None:
    nobodys = str(uuid.uuid4())

    def answers(band_id: str, content_id: str) -> list[str]:
        edit = {"room_id": f"content_{content_id}", "edit_id": str(uuid.UUID(int=9)), "base_version": 0}
        found = [
            ada.call("join_room", f"band_{band_id}"),
            ada.call("join_room", f"content_{content_id}"),
            ada.call("join_room", {"room": f"content_{content_id}", "since": 0}),
            ada.call("leave_room", f"band_{band_id}"),
            ada.call("leave_room", f"content_{content_id}"),
            ada.call("edit_content", {**edit, "ops": [{"op": "remove", "item": "secret"}]}),
            ada.call("edit_content", {**edit, "base_version": 10**6, "ops": [{"op": "remove", "item": "secret"}]}),
            ada.call("undo_edit", {"room_id": edit["room_id"], "edit_id": edit["edit_id"], "target": edit["edit_id"]}),
            ada.call("request_update", {"room_id": f"content_{content_id}", "since": 0}),
            ada.call("update_presence", {"room": f"band_{band_id}", "status": "active"}),
            ada.call("update_presence", {"room": f"content_{content_id}", "focus": None}),
        ]
        return [json.dumps(answer).replace(band_id, "B").replace(content_id, "C") for answer in found]

    foreign = answers(bands.foreign.band_id, bands.foreign.setlist_id)
    assert foreign == answers(nobodys, nobodys[::-1].replace("-", "0"))
    assert all('"forbidden"' in answer for index, answer in enumerate(foreign) if index not in (3, 4))
