"""What the services need of the outside: storage, realtime and the clock implement these."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from collab.domain.access import BandRoom, Role, SharedRoom, UserRoom
from collab.domain.bands import Content, Job, User
from collab.domain.errors import CollabError
from collab.domain.kinds import FieldTypes
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Asked, Edit
from collab.domain.ot.rebase import Accepted, Stored
from collab.domain.presence.roster import Diff
from collab.domain.songs.found import Songs
from collab.services.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, and until when that is known: as their token says, and how long it is really taken."""

    user: User
    expires_at: datetime
    good_until: datetime


class DeliveryFailed(Exception):
    """A receiver did not say that it has an edit; the message says what it said."""


NO_HEADERS: Mapping[str, str] = {}


class Tokens(Protocol):
    """Checks tokens; `headers` are those of the request or handshake that showed one, named in small letters."""

    async def verify(self, token: str | None, headers: Mapping[str, str] = NO_HEADERS, /) -> Identity:
        """Raises `TokenMissing`, `TokenInvalid`, `TokenExpired`, or `Unavailable` where it can't be checked now."""
        ...


class Timer(Protocol):
    """A call that is due; `cancel` may be called at any time."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The time, and calls that become due. Tests move it by hand."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only run on, whatever the time is set to: durations are measured by them."""
        ...

    def call_at(self, at: datetime, callback: Callable[[], None]) -> Timer:
        """Calls back once, at that time or as soon as it has passed."""
        ...


class SongParser(Protocol):
    """Reads the files that strangers send, without holding anything else up."""

    async def parse(self, name: str, data: bytes, types: FieldTypes) -> Songs:
        """The songs of a file. `TooLarge` where it has too many, or takes too much time or memory; `Unavailable` where
        the node ends meanwhile."""
        ...


Require: TypeAlias = Callable[[], object]
"""Raises a `CollabError` where something is not allowed."""


class Journal(Protocol):
    """Orders edits and makes them durable."""

    def submit(self, content_id: str, asked: Asked, require: Require = lambda: None) -> Ticket[Stored]:
        """Queued before this returns; the ticket is settled once the edit is durable, or refused. `require` is called
        when its turn to be stored has come, and raises what refuses it: whoever waited may have lost their role."""
        ...


@dataclass(frozen=True, slots=True)
class EditFilter:
    """Which edits somebody wants to see; None lets all pass. Times are both included."""

    author_id: str | None = None
    item_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY_EDIT = EditFilter()


class HistoryReader(Protocol):
    """Reads documents and edits; never waits behind the journal."""

    async def document(self, content_id: str, version: int | None = None) -> Document:
        """The document at a version, or at the head. `NotFound` where there is no such version."""
        ...

    async def version_at(self, content_id: str, at: datetime) -> int:
        """The version that a content had at a time: the highest made by then, as the clock showed it. `NotFound` where
        it did not exist yet."""
        ...

    async def edits(
        self,
        content_id: str,
        after: int,
        limit: int,
        *,
        max_bytes: int | None = None,
    ) -> list[Edit]:
        """At most `limit` edits after a version, oldest first.

        With `max_bytes` no more are read than those whose ops, inverses included, take so much as JSON, and the next
        one: a page is never empty for being long.
        """
        ...

    async def edit_id_at(self, content_id: str, version: int) -> str | None:
        """The `edit_id` of the edit that made a version; None where none did (0), or it was folded away."""
        ...

    async def heads(self, content_ids: Sequence[str]) -> dict[str, int]:
        """The versions that these contents have reached."""
        ...

    async def edits_by_id(self, content_id: str, edit_ids: Sequence[str]) -> list[Edit]:
        """Those of these edits that are stored, oldest first."""
        ...


class HistoryPages(HistoryReader, Protocol):
    """Reads histories of which one does not know how large they are."""

    async def page(
        self, content_id: str, after: int, limit: int, max_bytes: int, only: EditFilter = EVERY_EDIT
    ) -> tuple[list[Edit], bool]:
        """As `edits`, of those that the filter lets pass, without what is told to nobody, until their ops come to so
        many bytes of JSON, but one at least; and whether more follow."""
        ...

    async def earliest(self, content_id: str, after: int, version: int, max_bytes: int) -> int:
        """The version, `after` or a later one, from which on the ops of the edits up to another version come to at most
        so many bytes of JSON, but one edit at least."""
        ...


class EditReceiver(Protocol):
    """Where edits are delivered to."""

    async def post(self, edit: Edit) -> None:
        """Delivers an edit; `DeliveryFailed` where that is not certain."""
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """Carries messages between nodes. It may lose them, double them and change their order; it keeps nobody waiting."""

    @property
    def is_connected(self) -> bool: ...

    def start(
        self,
        on_message: Callable[[bytes], None],
        on_connected: Callable[[], None],
        on_followed: Callable[[str], None],
    ) -> None:
        """Begins to listen. `on_message` hears every node's messages, this one's too; `on_connected` is called each
        time that this node hears the others again, and `on_followed` once it hears those of a band."""
        ...

    def publish(self, message: bytes, band_id: str | None = None) -> None:
        """Sends a message as soon as that is possible: to all nodes, or to those that follow a band."""
        ...

    def follow(self, band_id: str) -> None:
        """Hears what is said to those who follow a band. What comes before `on_followed` is called is not heard, or
        while the bus is away: when it is back, `on_connected` tells of that for all bands."""
        ...

    def leave(self, band_id: str) -> None:
        """Hears it no more. For a moment it may still come."""
        ...

    async def close(self) -> None:
        """Sends what is waiting, where that is possible, then ends."""
        ...


class EditRooms(Protocol):
    """The rooms of contents on this node."""

    def listeners(self, content_id: str) -> int:
        """How many sessions are in the room of a content."""
        ...

    def serve_first(self, session_ids: Collection[str]) -> None:
        """Whatever is told in this turn of the event loop, these sessions are sent what is theirs before all others
        are; each in the order in which it was told."""
        ...

    def committed(self, accepted: Sequence[Accepted]) -> None:
        """Tells the rooms of a commit of this node, and the bands' rooms everywhere of new titles in it."""
        ...

    def retitled(self, accepted: Sequence[Accepted]) -> None:
        """Tells the bands' rooms everywhere of new titles."""
        ...

    def edits(self, edits: Sequence[Edit]) -> None:
        """Tells the room of a content of adjacent edits."""
        ...


class BandRooms(Protocol):
    """The rooms of bands and users on this node: nothing is passed on to other nodes."""

    def tell(self, session_or_room: str, event: str, payload: dict[str, Any]) -> None: ...

    def membership_updated(self, user: UserRoom, action: str, band_id: str, role: Role | None) -> None: ...

    def refresh(self, session_or_room: str, band_id: str, contents: Sequence[Content]) -> object:
        """Sends the list of a band's contents."""
        ...


class Announcer(Protocol):
    """Tells the rooms, of contents and jobs on every node. Everything leaves in the order in which it was announced."""

    def content_updated(self, band: BandRoom, action: str, content: Content) -> None: ...

    def membership_updated(self, user: UserRoom, action: str, band_id: str, role: Role | None) -> None:
        """On this node alone: each other one takes a membership over from the database."""
        ...

    def job_status(self, band: BandRoom, job: Job, status: str, message: str) -> None:
        """`status` is `syncing`, `completed` or `error`."""
        ...

    def job_progress(self, user: UserRoom, job: Job) -> None: ...

    def job_complete(self, user: UserRoom, job: Job) -> None: ...

    def presence(self, room: SharedRoom, diff: Diff, skip_session: str | None) -> None: ...


class Meter(Protocol):
    """Counts what happens, for those who operate the engine. Every call returns at once and comes from the loop."""

    def committed(self, outcomes: Sequence[Stored | CollabError], seconds: float) -> None:
        """The journal settled a batch, with these outcomes; so long did its transaction take."""
        ...

    def not_committed(self, edits: int) -> None:
        """A batch of so many edits could not be stored."""
        ...

    def answered(self, event: str, code: str, seconds: float) -> None:
        """An event of a client got its answer, `ok` or the code of an error, so long after it came."""
        ...

    def called(self, call: str, status: int, seconds: float) -> None:
        """A REST call, by its method and the template of its path, was answered with a status after so long."""
        ...

    def delivered(self, event: str, recipients: int) -> None:
        """A message was put on its way to so many sessions."""
        ...

    def evicted(self) -> None:
        """A session was ended because its client did not keep up."""
        ...

    def rate_limited(self, what: str) -> None:
        """Something was refused for being too much. `what` is one of a few words, such as an event's name."""
        ...

    def pruned(self, what: str, rows: int) -> None:
        """So many rows were deleted that had been kept for long enough. `what` is their table."""
        ...

    def bus_lag(self, seconds: float) -> None:
        """A message of another node arrived, so long after it was sent."""
        ...


class Unmetered:
    """The meter of an engine that nobody measures."""

    def committed(self, outcomes: Sequence[Stored | CollabError], seconds: float) -> None: ...

    def not_committed(self, edits: int) -> None: ...

    def answered(self, event: str, code: str, seconds: float) -> None: ...

    def called(self, call: str, status: int, seconds: float) -> None: ...

    def delivered(self, event: str, recipients: int) -> None: ...

    def evicted(self) -> None: ...

    def rate_limited(self, what: str) -> None: ...

    def pruned(self, what: str, rows: int) -> None: ...

    def bus_lag(self, seconds: float) -> None: ...


UNMETERED: Meter = Unmetered()
