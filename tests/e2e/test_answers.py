"""Whatever a client sends, it gets an answer, and its session goes on."""

import json
from typing import Any

import pytest

from tests.conftest import Gig
from tests.support.members import edit, member, new_edit_id, set_, text
from tests.support.serving import Running

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

EVENTS = (
    "authenticate",
    "join_room",
    "leave_room",
    "edit_content",
    "undo_edit",
    "request_update",
    "update_presence",
    "no_such_event",
)

JUNK: tuple[Any, ...] = (
    True,
    0,
    -1.5,
    10**30,
    "",
    "content_",
    "room",
    "\ud800",
    "x" * 10_000,
    [],
    [1, 2],
    b"bytes",
    {"room": b"band_x"},
    {"room": None},
    {"room": ["band_x"]},
    {"room_id": 7, "since": "now"},
    {"room": "band_x", "extra": 1},
    {"token": {}},
    {"__proto__": {}, "constructor": "x"},
    {"a": {"b": {"c": [[[[]]]]}}},
)


@pytest.mark.parametrize("event", EVENTS)
async def test_junk_is_answered(server: Running, gig: Gig, event: str) -> None:
    async with member(server, "ada") as ada:
        for payload in JUNK:
            error = await ada.refused(event, payload)
            assert error["code"] in {"invalid", "forbidden", "token_invalid", "token_missing"}, (payload, error)
            assert error["message"]
        if event not in {"request_update"}:
            assert (await ada.refused(event))["code"] == "invalid"
        # Several payloads are not one.
        answer = await ada.client.call(event, ("a", "b"), timeout=5)
        assert answer["error"]["code"] == "invalid"
        await ada.ok("join_room", gig.room)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"edit_id": "7"}, "edit_id"),
        ({"edit_id": 7}, "edit_id"),
        ({"base_version": "0"}, "base_version"),
        ({"base_version": True}, "base_version"),
        ({"base_version": 0.0}, "base_version"),
        ({"ops": []}, "ops"),
        ({"ops": {}}, "ops"),
        ({"ops": [None]}, "ops.0"),
        ({"ops": [{"op": "zap"}]}, "ops.0"),
        ({"ops": [{"op": "set", "item": "iko", "field": "key"}]}, "ops.0.value"),
        ({"ops": [{"op": "set", "item": 1, "field": "key", "value": "G"}]}, "ops.0.item"),
        ({"ops": [{**set_("iko", "key", "G"), "extra": 1}]}, "ops.0.extra"),
        ({"ops": [text(None, "notes", "a", {"d": 0})]}, "ops.0.delta.1"),
        ({"ops": [text(None, "notes", -1)]}, "ops.0.delta.0"),
        ({"ops": [{"op": "insert", "item": {"id": "a b", "type": "song", "position": "a0"}}]}, "ops.0.item.id"),
        ({"expect": "changed"}, "expect"),
        ({"room_id": "band_x"}, "room_id"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_malformed_edit_says_where(server: Running, gig: Gig, change: dict[str, Any], path: str) -> None:
    async with member(server, "ada") as ada:
        error = await ada.refused("edit_content", {**edit(gig.setlist_id, 0, set_("iko", "key", "G")), **change})

    assert error["code"] == "invalid"
    assert [problem["path"] for problem in error["details"]] == [path]


async def test_a_value_that_can_not_be_shown_as_it_is_comes_back_escaped(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada:
        lone = edit(gig.setlist_id, 0, set_("iko", "title", "\ud83c"))
        error = await ada.refused("edit_content", lone)

    assert error["code"] == "invalid"
    json.dumps(error)


async def test_a_payload_over_the_limit_ends_the_connection_and_nothing_else(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.client.emit("edit_content", {"blob": "x" * 1_100_000})
        await ada.next("disconnect")
        await ben.ok("join_room", gig.room)


async def test_an_undo_needs_ids(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada:
        body = {"room_id": gig.room, "edit_id": new_edit_id(), "target": "first"}
        assert (await ada.refused("undo_edit", body))["details"][0]["path"] == "target"
