"""The TypeScript types, the models and what the server really sends are one."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from collab.protocol import models
from collab.protocol.base import Wire
from collab.protocol.catalogue import SERVER_EVENTS
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.members import member, set_
from tests.support.serving import Running
from tests.web.wire_types import FILE, wire_types


def test_the_sdk_s_types_are_those_of_the_wire_models() -> None:
    assert FILE.read_text() == wire_types(), "run `uv run poe wire-types`"


@pytest.mark.asyncio
async def test_what_the_server_sends_fits_the_models(server: Running, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        fits(models.BandJoined, await ada.ok("join_room", gig.band_room))
        fits(models.ContentJoined, await ada.ok("join_room", gig.room))
        await ben.ok("join_room", gig.room)
        fits(models.EditAnswer, await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G")))
        fits(models.EditAnswer, await ada.edit(gig.setlist_id, 0, set_("iko", "key", "C"), set_(None, "title", "Sat")))
        fits(models.ContentJoined, await ada.ok("join_room", {"room": gig.room, "since": 1}))
        fits(models.Updated, await ada.ok("request_update", {"room_id": gig.room, "since": 0}))
        fits(models.Updated, await ada.ok("request_update", {"room_id": gig.room}))
        focus = {"item": "iko", "field": "notes", "anchor": 0, "head": 2, "lead": True}
        await ben.ok("update_presence", {"room": gig.room, "focus": focus})
        clock.advance(1)
        told = [await ada.next("presence_updated")]
        while not any(entry["focus"] == focus for entry in told[-1]["sessions"]):
            told.append(await ada.next("presence_updated"))
        await ada.ok("request_update")
        await ada.next("content_updated")
        await ben.ok("leave_room", gig.room)
        await ada.next("user_left")
        fits(models.Failed, await ben.call("join_room", "band_nowhere"))
        async with server.rest("ada") as rest:
            fits(models.Document, (await rest.get(f"/api/contents/{gig.setlist_id}")).json())
        heard_events = {**ada.heard, **ben.heard}
    for event, payloads in heard_events.items():
        for payload in payloads if event in SERVER_EVENTS else []:
            fits(SERVER_EVENTS[event].payload, payload)
    assert {"session", "content_edited", "presence_updated", "user_joined", "user_left"} <= heard_events.keys()


def fits(model: type[Wire], payload: Any) -> None:
    TypeAdapter(model).validate_python(payload)
