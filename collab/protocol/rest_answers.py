"""Models of what the REST calls answer. They make the OpenAPI document; the routes build the answers themselves."""

from typing import Annotated, Any, Literal

from pydantic import Field

from collab.domain.bands import JobStatus
from collab.domain.presence.roster import Status
from collab.domain.songs.plan import State
from collab.protocol.base import Wire
from collab.protocol.models import Author, Dropped, Edit, Overwrite, Presence, RoleName, Summary, User
from collab.protocol.models import Problem as Error
from collab.protocol.ops import WireOp


class RestFailed(Wire):
    """Every error, whatever its HTTP status."""

    error: Error


class Health(Wire):
    status: Literal["ok"]


class Readiness(Wire):
    """`checks` says of each thing that the node uses `ok`, or what is wrong with it."""

    status: Literal["ok", "degraded"]
    checks: dict[str, str]


class BandOfMine(Wire):
    id: str
    name: str
    role: RoleName
    is_archived: bool


class Bands(Wire):
    bands: list[BandOfMine]


class Me(Wire):
    """`may_make_bands` says whether users make bands and change them here, and no host application does."""

    user: User
    may_make_bands: bool
    bands: list[BandOfMine]


class Member(Wire):
    user: User
    role: RoleName


class Members(Wire):
    members: list[Member]


class Contents(Wire):
    contents: list[Summary]


class Brief(Wire):
    """What a list shows of a content: its own fields but long texts, how many items, and the seconds that they take."""

    id: str
    version: int
    fields: dict[str, Any]
    items: int
    duration: float


class Briefs(Wire):
    briefs: list[Brief]


class PresenceSomewhere(Presence):
    room: str


class Person(Wire):
    user: User
    status: Status
    last_seen: str
    sessions: list[PresenceSomewhere]


class Visit(Wire):
    """A session's time in a room; `ended_at` is null while it lasts."""

    id: str
    session_id: str
    user: User
    room: str
    transport: str | None
    started_at: str
    last_seen: str
    ended_at: str | None
    end_reason: str | None


class Online(Wire):
    """`history` is there where it was asked for."""

    people: list[Person]
    history: list[Visit] | None = None


class OutlinedItem(Wire):
    id: str
    type: str
    fields: dict[str, Any]


class Outline(Wire):
    """A content's items in order, each with the fields that were asked for."""

    id: str
    kind: str
    version: int
    items: list[OutlinedItem]


class Edits(Wire):
    """`next_after` begins the next page; null at the end."""

    edits: list[Edit]
    head: int
    next_after: int | None


class _Change(Wire):
    """Of the content itself, `item`, `type` and `title` are null."""

    item: str | None
    type: str | None
    title: str | None
    author: Author | None
    version: int | None


class FieldSet(_Change):
    change: Literal["set"]
    field: str
    before: Any
    after: Any


class Added(_Change):
    """Places count from 1."""

    change: Literal["added"]
    to: int
    fields: dict[str, Any]


class Removed(_Change):
    change: Literal["removed"]
    from_: int = Field(alias="from")
    fields: dict[str, Any]


class Moved(_Change):
    change: Literal["moved"]
    from_: int = Field(alias="from")
    to: int


class Difference(Wire):
    from_: int = Field(alias="from")
    to: int
    changes: list[Annotated[FieldSet | Added | Removed | Moved, Field(discriminator="change")]]
    words: list[str]


class Stored(Wire):
    """An edit as it was stored; without ops, nothing had to be."""

    edit_id: str | None
    version: int
    ops: list[WireOp]
    dropped: list[Dropped]
    overwrote: list[Overwrite]


class Checkpoint(Wire):
    id: str
    version: int
    label: str
    created_at: str
    created_by: Author


class Checkpoints(Wire):
    checkpoints: list[Checkpoint]


class Started(Wire):
    job_id: str


class FieldChange(Wire):
    field: str
    before: Any
    after: Any


class ImportedSong(Wire):
    """A song of a file beside the repertoire. `number` names it in `choices`; `like` has the artists of those that it
    may be."""

    number: int
    file: str
    line: int
    title: str
    artist: str | None
    state: State
    changes: list[FieldChange]
    like: list[str]


class FileProblem(Wire):
    file: str
    line: int
    message: str


class ImportPreview(Wire):
    """What an import would do: `total` songs, so many of each state; the first 500, those first that need a look."""

    name: str
    kind: Literal["repertoire", "setlist"]
    total: int
    new: int
    changed: int
    same: int
    unsure: int
    songs: list[ImportedSong]
    problems: list[FileProblem]
    problem_count: int
    lost_count: int
    remarks: list[FileProblem]


class Job(Wire):
    """`total` and `done` count songs."""

    id: str
    band_id: str
    content_id: str
    name: str
    status: JobStatus
    total: int
    done: int
    progress: int
    result: dict[str, Any]
    started_by: Author
    created_at: str
    finished_at: str | None


class Imports(Wire):
    imports: list[Job]


class Invitation(Wire):
    """A link to a band, without its secret."""

    id: str
    role: RoleName
    uses: int
    max_uses: int
    created_at: str
    expires_at: str
    created_by: str | None


class NewInvitation(Invitation):
    """With its secret, which is never told again: the link is the page's URL and `#join=` and this."""

    secret: str


class Invitations(Wire):
    invitations: list[Invitation]


class DeviceLink(Wire):
    """What lets the user in on another device: once, and until then."""

    secret: str
    expires_at: str


class Device(Wire):
    """`is_this` says that it is the one that asks."""

    id: str
    label: str
    created_at: str
    last_seen: str
    is_this: bool


class Devices(Wire):
    devices: list[Device]


class OpenedLink(Wire):
    """What a link is for. `band` and `role` are of a band's, `user` is whom a device's lets in."""

    purpose: Literal["first", "band", "device"]
    band: str | None
    role: RoleName | None
    user: User | None
    expires_at: str


class SignedIn(Wire):
    """A token of ten minutes; the cookie that comes with it gets the next one. `band` is that of the link."""

    user: User
    token: str
    expires_at: str
    band: BandOfMine | None
