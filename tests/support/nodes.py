"""Several nodes in one test, and what somebody who is connected to one of them hears, in the order of arrival."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from collab.services.ports import Clock
from tests.conftest import Gig
from tests.support.buses import Exchange
from tests.support.members import Json, Member, member
from tests.support.serving import RunningEngine, serving, settings_for


@asynccontextmanager
async def nodes(
    count: int, database_url: str, bus: str | Exchange, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[list[RunningEngine]]:
    """So many nodes on one database, on a bus with a URL or on one in memory."""
    async with AsyncExitStack() as stack:
        running: list[RunningEngine] = []
        for _ in range(count):
            if isinstance(bus, str):
                node = serving(settings_for(database_url, bus_url=bus, **settings), clock)
            else:
                node = serving(settings_for(database_url, **settings), clock, bus=bus.bus())
            running.append(await stack.enter_async_context(node))
        yield running


class Listener:
    """A member in the gig's setlist, and the edits that they hear."""

    def __init__(self, someone: Member, opened: Json) -> None:
        self.member = someone
        self.opened = opened
        self.edits: list[Json] = []
        someone.client.on("content_edited", self._edited)
        someone.client.on("batch_update", self._updated)

    @property
    def versions(self) -> list[int]:
        return [edit["version"] for edit in self.edits]

    async def _edited(self, edit: Json) -> None:
        self.edits.append(edit)

    async def _updated(self, update: Json) -> None:
        self.edits += update["edits"]


@asynccontextmanager
async def listener(node: RunningEngine, user_id: str, gig: Gig) -> AsyncIterator[Listener]:
    async with member(node, user_id) as someone:
        heard = Listener(someone, {})
        heard.opened = await someone.ok("join_room", gig.room)
        yield heard


def up_to(head: int) -> Sequence[int]:
    """Every version of a content, in order."""
    return list(range(1, head + 1))
