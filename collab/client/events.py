"""What a client tells its user: typed events. They arrive in the streams of stream.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from collab.client.wire import Session
from collab.domain.access import Role
from collab.domain.bands import Content as Summary
from collab.domain.errors import CollabError, TokenFault
from collab.domain.ot.edits import Author, Edit, Reason
from collab.domain.ot.ops import Op, Value
from collab.domain.presence.roster import Presence


@dataclass(frozen=True, slots=True)
class Edited:
    """The document has changed by an edit that was not made here. `ops` are the edit's, as they change the view;
    after them come the moves of one's own items that wait to be stored, where one gives way to another in its place."""

    edit: Edit
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


@dataclass(frozen=True, slots=True)
class HostTold:
    """The host application has told something by way of the engine: to the user, to a room that one is in, or to the
    session. `payload` is JSON of the host's own."""

    event: str
    payload: Any


ClientEvent: TypeAlias = Online | Offline | TokenRefused | MembershipChanged | HostTold


@dataclass(frozen=True, slots=True)
class Lagged:
    """So many events are missing here: the reader was so slow that newer ones took their place. What they led to is
    in the document, the roster and the lists all the same."""

    count: int
