"""A lean node: what becomes of an edit between a session and everybody else, without what carries it."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

from collab.domain.access import Right, Role
from collab.domain.bands import ContentRef, User
from collab.domain.errors import CollabError
from collab.domain.kinds import KINDS
from collab.domain.ot.edits import Edit
from collab.domain.ot.rebase import Accepted
from collab.domain.sizes import SizeLimits
from collab.protocol import requests
from collab.protocol.events import edits_json, outcome_json
from collab.protocol.ops import to_domain
from collab.services.bands.directory import Directory
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.cluster import Cluster
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.following import Following
from collab.services.cluster.lease import Lease
from collab.services.cluster.publisher import Publisher
from collab.services.editing.after_commit import Commit
from collab.services.editing.service import EditingService
from collab.services.ports import HistoryReader
from collab.services.presence.peers import PresencePeers
from collab.storage.journal import Journal
from collab.storage.writer import Writer
from tests.simulation.bus import Channel, SimulatedBus
from tests.simulation.chance import Chance
from tests.simulation.clock import NodeClock
from tests.simulation.lean.store import LeanReader, LeanWriter, Store
from tests.simulation.loop import Process, SimulatedLoop

BAND = "band"
OWNER = "ada"
SIZES = SizeLimits(1_000_000, 1_000_000)


class Seat:
    """A session at its node. `tell` hears its events and `reply` its answers, in the order in which they are given."""

    def __init__(self, session_id: str, user: User, tell: Callable[[str, Any], None], is_over: Callable[[], bool]):
        self.session_id = session_id
        self.user = user
        self.tell = tell
        self.is_over = is_over


class LeanNode:
    """Killed and started again; `seats` are those in the rooms of contents."""

    def __init__(self, loop: SimulatedLoop, chance: Chance, store: Store, channel: Channel, name: str) -> None:
        self.name = name
        self.process = Process(name)
        self.clock = NodeClock(timedelta(0))
        self.bus: SimulatedBus | None = None
        self.seats: dict[str, list[Seat]] = {}
        self.on_gone: Callable[[], None] = lambda: None
        """Hears that its connections are over."""
        self._loop = loop
        self._chance = chance
        self._store = store
        self._channel = channel
        self._starts = 0
        self.start()

    @property
    def takes_connections(self) -> bool:
        return not self.process.is_dead and not self.process.is_paused and self.bus is not None

    def start(self) -> None:
        self._starts += 1
        self.process = Process(f"{self.name}.{self._starts}")
        self.seats = {content_id: [] for content_id in self._store.documents}
        self._loop.call_soon(self._begin, context=self.process.context)

    def kill(self) -> None:
        self._loop.kill(self.process)
        if self.bus is not None:
            self.bus.gone()
        self.bus = None
        self.on_gone()

    def _begin(self) -> None:
        new_id = partial(self._chance.id, f"ids of {self.name}")
        stream = self._chance.of(f"database of {self.name}")
        self.bus = SimulatedBus(self._channel, self.name)
        lease = Lease(self.clock, new_id, self.name, timedelta(seconds=3))
        publisher = Publisher(self.bus, lease, self.clock, timedelta(0), lambda _: BAND)
        self.journal = Journal(
            cast(Writer, LeanWriter(self._store, stream)),
            KINDS,
            max_waiting=1_000,
            max_live=100,
            max_base_edits=1_000,
            band_of=lambda _: BAND,
            sizes=SIZES,
            now_s=self.clock.monotonic_s,
        )
        reader = cast(HistoryReader, LeanReader(self._store, stream))
        following = Following(self.bus, lambda _: BAND)
        nobody = lambda _: None  # noqa: E731  # of no use to name
        relay = EditRelay(self, reader, self.journal.recall, following, publisher.edits, nobody, self.clock)
        others = cast(BandRelay, _NoBands()), cast(PresencePeers, _NoPresence())
        self.cluster = Cluster(publisher, lease, relay, *others, self.clock)
        directory = cast(Directory, _Directory())
        self._editing = EditingService(directory, self.journal, reader, self.clock, self.cluster.opened)
        self.cluster.start()
        self.journal.start(self._committed)

    def _committed(self, commit: Commit) -> None:
        """As `services/editing/after_commit.py`."""
        if commit.accepted:
            self.cluster.committed(commit.accepted)
        commit.answer()

    def ask(self, seat: Seat, event: str, payload: Any, reply: Callable[[Any], None]) -> None:
        """A session asks for something; `reply` is given the answer, or an error."""
        try:
            match event:
                case "join_room" | "request_update":
                    self._loop.create_task(self._open(seat, event, payload, reply))
                case "edit_content":
                    request = requests.parse(requests.EDIT_CONTENT, (payload,))
                    ticket = self._editing.take_edit(
                        seat.user,
                        seat.session_id,
                        request.room_id.removeprefix("content_"),
                        edit_id=request.edit_id,
                        base_version=request.base_version,
                        ops=to_domain(request.ops),
                        is_unchanged_expected=request.expect == "unchanged",
                        base_edit=request.base_edit,
                        rebased_to=request.rebased_to,
                    )
                    ticket.then(partial(_answer, payload, reply))
                case "undo_edit":
                    content_id = payload["room_id"].removeprefix("content_")
                    wish = {"edit_id": payload["edit_id"], "target": payload["target"]}
                    self._editing.take_undo(seat.user, seat.session_id, content_id, **wish).then(
                        partial(_answer, payload, reply)
                    )
        except CollabError as error:
            reply(error)

    async def _open(self, seat: Seat, event: str, payload: Any, reply: Callable[[Any], None]) -> None:
        asked = payload if isinstance(payload, dict) else {"room": payload}
        room = asked.get("room") or asked["room_id"]
        content_id = room.removeprefix("content_")
        if event == "join_room" and not seat.is_over() and seat not in self.seats[content_id]:
            self.seats[content_id].append(seat)
        try:
            opened = await self._editing.open(content_id, asked.get("since"), asked.get("since_edit"))
        except CollabError as error:
            reply(error)
            return
        answer = (
            {"version": opened.version, "edits": edits_json(opened.edits)}
            if opened.document is None
            else {"content": opened.document.to_json(), "last_edit": opened.last_edit}
        )
        reply({"ok": True, "room": room, "role": "editor", "roster": [], **answer})

    # What a relay asks of rooms (`services.ports.EditRooms`).

    def listeners(self, content_id: str) -> int:
        return len(self.seats[content_id])

    def serve_first(self, session_ids: Collection[str]) -> None:
        """Everybody's delay is their own."""

    def committed(self, accepted: Sequence[Accepted]) -> None:
        self._tell([entry.edit for entry in accepted], is_ours=True)

    def retitled(self, accepted: Sequence[Accepted]) -> None:
        """Nobody is in a band's room."""

    def edits(self, edits: Sequence[Edit]) -> None:
        self._tell(edits, is_ours=False)

    def _tell(self, edits: Sequence[Edit], *, is_ours: bool) -> None:
        for content_id in dict.fromkeys(edit.content_id for edit in edits):
            bodies = [(edit.session_id, edit.to_json()) for edit in edits if edit.content_id == content_id]
            for seat in self.seats[content_id]:
                told = [body for session_id, body in bodies if session_id != seat.session_id or not is_ours]
                if told:
                    seat.tell("batch_update", {"room_id": f"content_{content_id}", "edits": told})


def _answer(payload: Any, reply: Callable[[Any], None], outcome: Any) -> None:
    if isinstance(outcome, Exception):
        reply(outcome)
    else:
        reply({"ok": True, **outcome_json(payload["edit_id"], outcome)})


class _Directory:
    """Everybody may edit, and one of them is the owner."""

    def require_content(self, user: User, content_id: str, _right: Right) -> tuple[ContentRef, Role]:
        return ContentRef(content_id, BAND, "setlist", False), Role.EDITOR

    def may(self, user: User, _band_id: str, _right: Right) -> bool:
        return user.id == OWNER


class _NoBands:
    """Bands that do not change."""

    async def refresh(self, _band_ids: Sequence[str] | None = None) -> None:
        await asyncio.sleep(0)

    async def make_up(self) -> None:
        await asyncio.sleep(0)


class _NoPresence:
    """Presence of which there is no news."""

    def state(self) -> dict[str, Any]:
        return {}

    def speakers(self, *_: object) -> set[str]:
        return set()

    def heard_state(self, *_: object) -> None:
        """Nobody is there."""

    def stopped(self, _node: str) -> None:
        """Nobody was there."""
