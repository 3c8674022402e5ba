"""What a client tells its user: typed events, and the streams in which they arrive."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar
from weakref import WeakSet

from collab.client.wire import Session, StoredEdit
from collab.domain.access import Role
from collab.domain.bands import Content as Summary
from collab.domain.errors import CollabError, TokenFault
from collab.domain.ot.edits import Author, Reason
from collab.domain.ot.ops import Op, Value
from collab.domain.presence.roster import Presence


@dataclass(frozen=True, slots=True)
class Edited:
    """The document has changed by an edit that was not made here. `ops` are the edit's, as they change the view."""

    edit: StoredEdit
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The document was replaced whole: more was missed than could be told edit by edit."""

    version: int


@dataclass(frozen=True, slots=True)
class Saved:
    """An edit of one's own is stored, for good, as `version`."""

    edit_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Overwrote:
    """One's own edit set a field over what `by` had given it meanwhile: `mine` stands now, `theirs` stood before."""

    edit_id: str
    item: str | None
    field: str
    mine: Value
    theirs: Value
    by: Author
    version: int


@dataclass(frozen=True, slots=True)
class Overwritten:
    """`by` set a field without having seen what one had written there: `mine` stood before, `theirs` stands now."""

    item: str | None
    field: str
    mine: Value
    theirs: Value
    by: Author
    version: int


@dataclass(frozen=True, slots=True)
class OpDropped:
    """An op of one's own edit had nothing left to act on. `op` is None for an op of an edit to be undone."""

    edit_id: str
    op: Op | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Refused:
    """One's own edit is not stored and has been taken back from the document; asking again unchanged won't help."""

    edit_id: str
    error: CollabError
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The server has another history by now, as after a backup was put back, and not what one had written in a field:
    `mine` stood there, `now` does. Of an item that one had added `field` is None and `mine` its fields."""

    item: str | None
    field: str | None
    mine: Value
    now: Value


Notice: TypeAlias = Edited | Reloaded | Lost | Saved | Overwrote | Overwritten | OpDropped | Refused
"""What a `Replica` has to tell."""


@dataclass(frozen=True, slots=True)
class RosterChanged:
    """Somebody came, went, or moved: who is in the room now, by session id."""

    roster: Mapping[str, Presence]


@dataclass(frozen=True, slots=True)
class RoomLost:
    """The room can't be entered any more, mostly because a membership has ended. Should that change, open it again.
    `ops` are those of one's own edits that were not known to be stored. `Broken`: the SDK failed in it."""

    error: CollabError
    ops: tuple[Op, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentListed:
    """A content was added, retitled or brought back."""

    content: Summary


@dataclass(frozen=True, slots=True)
class ContentUnlisted:
    """A content was archived."""

    content: Summary


@dataclass(frozen=True, slots=True)
class Online:
    """Connected, for the first time or again."""

    session: Session


@dataclass(frozen=True, slots=True)
class Offline:
    """The connection has ended. With an `error` it stays so; else a new one is being tried."""

    error: CollabError | None


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """A token from the client's function was refused. The function is asked for another, after longer each time."""

    error: TokenFault


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """One's own role in a band; None: not a member any more."""

    band_id: str
    role: Role | None


ClientEvent: TypeAlias = Online | Offline | TokenRefused | MembershipChanged

EventT = TypeVar("EventT")


MAX_WAITING = 10_000
"""Events that wait in a stream for its reader."""


@dataclass(frozen=True, slots=True)
class Lagged:
    """So many events are missing here: the reader was so slow that newer ones took their place. What they led to is
    in the document, the roster and the lists all the same."""

    count: int


class Stream(AsyncIterator[EventT | Lagged]):
    """The events since it was made, in order, for one reader: `async for event in stream`. Ends with its source.

    Of more than `MAX_WAITING` that wait the oldest are missed; the reader is told `Lagged` in their place.
    """

    def __init__(self, source: "Source[EventT]") -> None:
        self._source = source  # as long as somebody reads, the source is needed
        self._waiting: deque[EventT] = deque()
        self._missed = 0
        self._is_over = False
        self._has_news = asyncio.Event()

    async def __anext__(self) -> EventT | Lagged:
        while not (self._waiting or self._is_over):
            self._has_news.clear()
            await self._has_news.wait()
        if self._missed:
            lagged, self._missed = Lagged(self._missed), 0
            return lagged
        if not self._waiting:
            raise StopAsyncIteration
        return self._waiting.popleft()

    def put(self, event: EventT) -> None:
        if len(self._waiting) == MAX_WAITING:
            self._waiting.popleft()
            self._missed += 1
        self._waiting.append(event)
        self._has_news.set()

    def end(self) -> None:
        """Nothing more comes; what waits can still be read."""
        self._is_over = True
        self._has_news.set()


class Source(Generic[EventT]):
    """Where events come from. A stream that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        self._streams: WeakSet[Stream[EventT]] = WeakSet()
        self._is_closed = False

    def stream(self) -> Stream[EventT]:
        stream = Stream(self)
        if self._is_closed:
            stream.end()
        self._streams.add(stream)
        return stream

    def publish(self, *events: EventT) -> None:
        for stream in list(self._streams):
            for event in events:
                stream.put(event)

    def close(self) -> None:
        self._is_closed = True
        for stream in list(self._streams):
            stream.end()
