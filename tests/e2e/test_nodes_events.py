"""Whatever is sent to a room is heard by its members on every node: each event of the protocol, by each cause."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import pytest

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.ot.ops import Set
from collab.protocol.catalogue import SERVER_EVENTS
from tests.conftest import Gig, make_gig
from tests.support.buses import Exchange
from tests.support.members import Member, member, new_edit_id, set_
from tests.support.nodes import nodes
from tests.support.serving import RunningEngine

ADA = User("ada", "Ada")

OF_ONE_SESSION = {"session", "token_expired", "server_restarting", "part"}
"""Sent to sessions of the node itself, and to no room."""


class Scene:
    """ben is on the node where things happen; someone who is to hear of them is in the gig's rooms on another."""

    def __init__(self, node: RunningEngine, gig: Gig, ben: Member, someone: Member) -> None:
        self.gig = gig
        self.ben = ben
        self.someone = someone
        self.engine = node.engine

    async def edit(self) -> None:
        await self.ben.edit(self.gig.setlist_id, 0, set_("iko", "key", "G"))

    async def edit_twice_at_once(self) -> None:
        editing, setlist_id = self.engine.editing, self.gig.setlist_id
        await asyncio.gather(
            *(
                editing.edit(
                    ADA, None, setlist_id, edit_id=new_edit_id(), base_version=0, ops=(Set("iko", "tempo", tempo),)
                )
                for tempo in (100, 101)
            )
        )

    async def retitle(self) -> None:
        await self.ben.edit(self.gig.setlist_id, 0, set_(None, "title", "Saturday"))

    async def create(self) -> None:
        await self.engine.contents.create(ADA, self.gig.band_id, "setlist", "Sunday")

    async def archive(self) -> None:
        await self.engine.contents.set_archived(ADA, self.gig.setlist_id, True)

    async def unarchive(self) -> None:
        await self.engine.contents.set_archived(ADA, self.gig.setlist_id, True)
        await self.engine.contents.set_archived(ADA, self.gig.setlist_id, False)

    async def add_member(self) -> None:
        await self.remove_member()
        # Else the other node may look for the first time once both are done, and find nothing changed.
        while not _is_of(await self.someone.next("content_updated"), "membership", "remove"):
            pass
        await self.engine.membership.put_member(ADA, self.gig.band_id, "dex", Role.VIEWER, None)

    async def change_role(self) -> None:
        await self.engine.membership.put_member(ADA, self.gig.band_id, "dex", Role.EDITOR, None)

    async def remove_member(self) -> None:
        await self.engine.membership.remove_member(ADA, self.gig.band_id, "dex")

    async def come(self) -> None:
        await self.ben.ok("join_room", self.gig.room)

    async def come_and_go(self) -> None:
        await self.come()
        await self.someone.next("user_joined")
        await self.ben.ok("leave_room", self.gig.room)

    async def move_focus(self) -> None:
        await self.come()
        await self.ben.ok("update_presence", {"room": self.gig.room, "focus": {"item": "iko", "field": "key"}})

    async def import_songs(self) -> None:
        await self.engine.imports.start(ADA, self.gig.band_id, "songs.csv", b"title,key\nTiger Rag,Ab\n")


Cause: TypeAlias = Callable[[Scene], Awaitable[None]]

CAUSES: Mapping[tuple[str, str, str], Cause] = {
    ("content_edited", "", ""): Scene.edit,
    ("batch_update", "", ""): Scene.edit_twice_at_once,
    ("content_updated", "setlist", "add"): Scene.create,
    ("content_updated", "setlist", "update"): Scene.retitle,
    ("content_updated", "setlist", "remove"): Scene.archive,
    ("content_updated", "setlist", "restore"): Scene.unarchive,
    ("content_updated", "membership", "add"): Scene.add_member,
    ("content_updated", "membership", "update"): Scene.change_role,
    ("content_updated", "membership", "remove"): Scene.remove_member,
    ("user_joined", "", ""): Scene.come,
    ("user_left", "", ""): Scene.come_and_go,
    ("presence_updated", "", ""): Scene.move_focus,
    ("sync_status", "", ""): Scene.import_songs,
    ("progress", "", ""): Scene.import_songs,
    ("complete", "", ""): Scene.import_songs,
}
"""By the event, and where it says so by what was done with what."""


def test_every_event_to_a_room_has_a_cause_here() -> None:
    assert {event for event, _, _ in CAUSES} == set(SERVER_EVENTS) - OF_ONE_SESSION


@pytest.mark.asyncio
@pytest.mark.usefixtures("whole_commits")
@pytest.mark.parametrize("told", CAUSES, ids=lambda told: " ".join(filter(None, told)))
async def test_what_a_room_is_told_is_heard_on_other_nodes(told: tuple[str, str, str], database_url: str) -> None:
    event, kind, action = told
    async with nodes(2, database_url, Exchange()) as [a, b]:
        gig = await make_gig(a)
        # Who is told of a membership is its member; of a job who started it.
        listening = "dex" if kind == "membership" else "ada"
        async with member(a, "ben") as ben, member(b, listening) as someone:
            await someone.ok("join_room", gig.band_room)
            await someone.ok("join_room", gig.room)
            await CAUSES[told](Scene(a, gig, ben, someone))
            heard: dict[str, Any] = {}
            while not _is_of(heard, kind, action):
                heard = await someone.next(event)
            SERVER_EVENTS[event].payload.model_validate(heard)


def _is_of(heard: Mapping[str, Any], kind: str, action: str) -> bool:
    return bool(heard) and (not kind or (heard["type"], heard["action"]) == (kind, action))
