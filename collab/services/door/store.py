"""What the door needs of the database: storage implements this."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from collab.domain.access import Role
from collab.domain.bands import Band, User
from collab.domain.devices import Device
from collab.domain.invitations import Invitation

DoorEvent: TypeAlias = Literal[
    "invited", "invitation revoked", "joined", "came in", "device linked", "signed out", "device revoked", "copied"
]


@dataclass(frozen=True, slots=True)
class Logged:
    """A row of the door's log: what happened, to whom, and from where."""

    id: str
    at: datetime
    event: DoorEvent
    user_id: str | None = None
    band_id: str | None = None
    invitation_id: str | None = None
    device_id: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An invitation, with the band that it is to, and the person that it lets in, where it names one."""

    invitation: Invitation
    band: Band | None
    person: User | None


@dataclass(frozen=True, slots=True)
class LetIn:
    """Who came in; the role that they have in the band of the link, None where it has none, and whether it is new."""

    user: User
    band: Band | None
    role: Role | None
    is_new_role: bool


class DoorStore(Protocol):
    async def add_invitation(self, invitation: Invitation, digest: str, log: Logged) -> None:
        """`TooLarge` where too many of the band are open."""
        ...

    async def add_first_link(self, invitation: Invitation, digest: str) -> bool:
        """In place of any first link before. False, and nothing is added, where there is a band already."""
        ...

    async def find(self, digest: str) -> Found | None: ...

    async def open_invitations(self, band_id: str, now: datetime) -> list[Invitation]:
        """Those of a band that still let somebody in, the newest first."""
        ...

    async def revoke_invitation(self, band_id: str, invitation_id: str, log: Logged) -> None:
        """`NotFound` where the band has no such invitation that is open."""
        ...

    async def let_in(self, digest: str, user: User | None, device: Device | None, log: Logged) -> LetIn:
        """Uses a link once: who opens it is `user`, whom it may make known, or for a device's link the one whom it
        names. The device is theirs from now on. `NotFound` where the link lets nobody in."""
        ...

    async def show(self, device_id: str, step: Callable[[Device], Device], log: Logged) -> tuple[Device, User] | None:
        """Changes a device that is signed in by `step`, in one transaction; logs it where that ends it. None where
        there is no such device, or it has been signed out."""
        ...

    async def devices(self, user_id: str) -> Sequence[Device]:
        """Those of a user that were not signed out, the one seen last first."""
        ...
