"""What the services need of the database: storage implements these. What they need of anything else is in ports.py."""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from collab.domain.access import Role
from collab.domain.bands import Band, BandFacts, Checkpoint, Content, Job, JobStatus, Member, User
from collab.domain.errors import RateLimited
from collab.domain.ot.document import Document
from collab.domain.outbox import Backlog, Failing, Waiting
from collab.domain.presence.visits import Departed, Node, Visit


class Outbox(Protocol):
    """How far each content has been delivered to a webhook."""

    async def open(self, webhook_id: str, at: datetime) -> None:
        """Notes a webhook that is new. It is sent what follows the version that each content has by then, whatever any
        clock says; and of contents that are made later, everything."""
        ...

    async def advance(self, webhook_id: str, versions: Mapping[str, int]) -> None:
        """Notes the version up to which each of these contents was delivered; never backwards."""
        ...

    async def fail(self, webhook_id: str, content: Waiting, retry_at: datetime, error: str) -> None:
        """Notes that the edits after a version could not be delivered. Changes nothing where they were meanwhile."""
        ...

    async def waiting(self, webhook_id: str, now: datetime, limit: int) -> list[Waiting]:
        """Contents with edits to deliver: up to `limit` that have not failed, and up to `limit` whose next try is due.
        Bands take turns: first the content of each band that has waited longest, then the second of each."""
        ...

    async def backlog(self, webhook_id: str) -> Backlog:
        """What is still to be delivered."""
        ...

    async def failing(self, webhook_id: str) -> Failing:
        """How many contents could not be delivered at the last try, and why."""
        ...


@dataclass(frozen=True, slots=True)
class CountLimits:
    """How many of each thing users may make; `TooLarge` beyond it. A store counts in the transaction that adds one, so
    that the limit holds on any number of nodes. Operators may make any number of bands."""

    user_bands: int
    user_memberships: int
    band_members: int
    band_contents: int
    content_checkpoints: int


UNLIMITED = CountLimits(sys.maxsize, sys.maxsize, sys.maxsize, sys.maxsize, sys.maxsize)


class CheckpointStore(Protocol):
    """Named versions."""

    async def add(self, checkpoint: Checkpoint) -> Checkpoint:
        """Adds it, and returns it; or the one of that version and label where there is one, so that a call whose answer
        was lost may be repeated."""
        ...

    async def of_content(self, content_id: str) -> list[Checkpoint]:
        """By version, the newest first."""
        ...


class BandStore(Protocol):
    """Users, bands, memberships and the list of contents, in the database."""

    async def bands_of(self, user_id: str) -> list[tuple[Band, Role]]: ...

    async def band_within_reach(
        self, user: User, *, band_id: str | None = None, content_id: str | None = None
    ) -> str | None:
        """The id of that band, or of that content's, where the user is a member or an operator; else None. One query,
        whether it exists or not, so that both take the same time."""
        ...

    async def members(self, band_id: str) -> list[Member]: ...

    async def contents(self, band_id: str) -> list[Content]:
        """Archived ones too."""
        ...

    async def content(self, content_id: str) -> Content | None: ...

    async def facts(self, band_ids: Collection[str]) -> dict[str, BandFacts]:
        """Of those of these bands that there are, whatever their number."""
        ...

    async def user(self, user_id: str) -> tuple[str | None, list[str]]:
        """What a user is called, and the bands that they belong to; None, and none, where they are not known.
        `TokenInvalid` where they were forgotten less than a day ago: so do all that may make a user known."""
        ...

    async def changed(self, revisions: Mapping[str, int], user_ids: Collection[str]) -> list[str]:
        """Those of these bands that are not at these revisions any more, and the others that these users belong to."""
        ...

    async def save_user(self, user: User, at: datetime) -> None:
        """Writes, and may wait for whoever keeps that row: not for a user whose name is the same."""
        ...

    async def set_bands_of(self, user_id: str, wanted: Mapping[Band, Role], at: datetime) -> list[str]:
        """Puts a user into these bands, in these roles, and out of all others. Returns the ids of those of which
        something has changed: nothing, where no such user is known. `TooLarge`."""
        ...

    async def create_band(self, band: Band, owner: User, at: datetime) -> None: ...

    async def change_band(self, band_id: str, name: str | None, is_archived: bool | None, at: datetime) -> Band:
        """Changes what is not None, of a band that there is."""
        ...

    async def put_member(self, band_id: str, member: Member, at: datetime) -> Member:
        """Adds or changes; the name is for a user who is not known yet, and the member that is returned has the one
        that stands. `Conflicting` where no owner would be left."""
        ...

    async def remove_member(self, band_id: str, user_id: str) -> None:
        """`NotFound` where there is none; `Conflicting` where no owner would be left."""
        ...

    async def create_content(self, document: Document, author: User, at: datetime) -> Content: ...

    async def first_content(self, document: Document, author: User, at: datetime) -> tuple[Content, bool]:
        """The first content of the document's band and kind that is not archived, and False; where there is none the
        document is added, and True."""
        ...

    async def set_archived(self, content_id: str, is_archived: bool, at: datetime) -> Content: ...


class PresenceStore(Protocol):
    """Visits and nodes, in the database."""

    async def record(self, node: Node, visits: Sequence[Visit]) -> list[Visit] | None:
        """Renews the node's lease and puts down its visits, each as it now is. A visit that has ended is not opened.

        Returns those that have to wait, since somebody else keeps the row of their user; None, with nothing stored,
        where the node has been declared dead meanwhile. Those of users whose row is gone are not put down.
        """
        ...

    async def end_dead(self, now: datetime, asking: str) -> list[Departed]:
        """Ends the open visits of every node but the one that asks whose lease is over, once, and returns them."""
        ...

    async def living(self, now: datetime) -> set[str]:
        """The nodes whose lease is not over."""
        ...

    async def visits(self, band_id: str, limit: int, before: str | None) -> list[Visit]:
        """The visits in a band's rooms, latest first: at most `limit`, those that began before the visit `before`."""
        ...


def too_many_running(most: int) -> RateLimited:
    """The refusal of one import more than a band may have at a time."""
    return RateLimited(f"expected at most {most} imports of a band at a time; wait for one to end", 5.0)


class JobStore(Protocol):
    """Jobs, and which node runs each: a lease, which it renews with every step."""

    async def add(self, job: Job, runner: str, lease_until: datetime, *, max_running: int) -> None:
        """`RateLimited` where so many of the band are running, on any node. Of those that are over only the latest are
        kept."""
        ...

    async def get(self, job_id: str) -> Job | None:
        """A job, without its work."""
        ...

    async def of_band(self, band_id: str) -> list[Job]:
        """The latest ones, the newest first, without their work."""
        ...

    async def claim(self, runner: str, now: datetime, lease_until: datetime) -> list[Job]:
        """The running jobs that nobody holds, with their work; from now on this runner holds them."""
        ...

    async def advance(self, job_id: str, runner: str, done: int, lease_until: datetime) -> bool:
        """Notes a step and renews the lease; False where the job is not this runner's any more, or is over."""
        ...

    async def finish(self, job_id: str, status: JobStatus, result: Mapping[str, Any], at: datetime) -> bool:
        """Ends a running job; False where it is over already."""
        ...

    async def release(self, runner: str) -> None:
        """Lets go of the jobs that this runner holds."""
        ...
