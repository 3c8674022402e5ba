"""What is done on nodes by others than the clients: an owner's REST calls that edit and that take members out.

A call is made again until it is answered, as a careful host does: with the same `edit_id`, on whichever node serves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from collab.domain.bands import User
from collab.domain.errors import CollabError, NotFound
from collab.domain.ot.ops import Op, Set, Text
from collab.domain.ot.rebase import Nothing
from collab.engine import Engine
from tests.simulation.chance import Chance
from tests.simulation.clock import now_s
from tests.simulation.loop import SimulatedLoop
from tests.simulation.node import Node

OWNER = User("ada", "Ada")
AGAIN_S = 0.3
PATIENCE_S = 2.0


class Host:
    """`sent` and `acknowledged` are as those of a `Person`; `removed` says when, and by which node's process, the
    removal of a user was answered."""

    def __init__(self, loop: SimulatedLoop, chance: Chance, nodes: list[Node], band_id: str) -> None:
        self.sent: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        self.acknowledged: dict[tuple[str, str], tuple[int, list[Any]]] = {}
        self.removed: dict[str, tuple[float, str]] = {}
        self._loop = loop
        self._chance = chance
        self._nodes = nodes
        self._band_id = band_id
        self._calls: list[asyncio.Task[Any]] = []

    @property
    def is_done(self) -> bool:
        """Whether all that was asked for was answered."""
        return all(call.done() for call in self._calls)

    def edit(self, content_id: str, word: str) -> None:
        """A member's program edits a content, knowing nothing of it but that it is there."""
        edit_id = self._chance.id("ids of the host")
        ops: tuple[Op, ...] = (Set(None, "venue", word), Text(None, "notes", (f"{word} ",)))
        payload = {"room_id": f"content_{content_id}", "edit_id": edit_id, "base_version": 0}
        self.sent[content_id, edit_id] = [("edit_content", {**payload, "ops": [op.to_json() for op in ops]})]

        async def edit(engine: Engine) -> None:
            stored = await engine.editing.edit(OWNER, None, content_id, edit_id=edit_id, base_version=0, ops=ops)
            if not isinstance(stored, Nothing):
                told = stored.edit.version, [op.to_json() for op in stored.edit.ops]
                self.acknowledged[content_id, edit_id] = told

        self._begin(edit)

    def remove(self, user_id: str) -> None:
        """The owner takes a member out of the band."""

        async def remove(engine: Engine) -> None:
            # Where it was done before, and the answer lost, there is nobody to be taken out any more.
            with suppress(NotFound):
                await engine.membership.remove_member(OWNER, self._band_id, user_id)
            node = next(node for node in self._nodes if node.engine is engine)
            self.removed[user_id] = now_s(), node.process.name

        self._begin(remove)

    def _begin(self, call: Callable[[Engine], Awaitable[None]]) -> None:
        self._calls.append(self._loop.spawn(self._loop.world, self._until_answered(call), "call"))

    async def _until_answered(self, call: Callable[[Engine], Awaitable[None]]) -> None:
        while True:
            if await self._is_answered(call):
                return
            await asyncio.sleep(AGAIN_S)

    async def _is_answered(self, call: Callable[[Engine], Awaitable[None]]) -> bool:
        serving = [node for node in self._nodes if node.takes_connections]
        if not serving:
            return False
        node = self._chance.of("host").choice(serving)
        engine = node.engine
        assert engine is not None

        async def carried_out() -> bool:
            try:
                await call(engine)
            except CollabError:
                return False
            return True

        task = self._loop.spawn(node.process, carried_out(), "call")
        done, _ = await asyncio.wait([task], timeout=PATIENCE_S)
        return bool(done) and not task.cancelled() and task.result()
