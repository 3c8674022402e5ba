"""Invitations: what a link lets somebody do, how often and until when. The time is an argument.

There are three sorts. The first link of an installation lets its opener in, who then names the first band. A band's
lets people into a band, in a role. A device's lets one person in on another device of theirs, once and soon.
Whoever holds the secret of a link may use it; only a digest of it is stored, and which one a secret is of nobody can
find but by the secret.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from collab.domain.access import Role
from collab.domain.errors import Invalid, NotFound
from collab.domain.record import record
from collab.domain.times import rfc3339

MAX_USES = 500
MAX_INVITATION_DAYS = 365
FIRST_LINK_FOR = timedelta(days=1)
DEVICE_LINK_FOR = timedelta(minutes=10)

_RANK = {Role.VIEWER: 1, Role.EDITOR: 2, Role.OWNER: 3}


class Purpose(StrEnum):
    FIRST = "first"
    BAND = "band"
    DEVICE = "device"


@record
class Invitation:
    """`band_id` and `role` are of a band's link, `user_id` is whom a device's lets in; all others are None."""

    id: str
    purpose: Purpose
    created_at: datetime
    expires_at: datetime
    max_uses: int = 1
    uses: int = 0
    band_id: str | None = None
    role: Role | None = None
    user_id: str | None = None
    created_by: str | None = None
    revoked_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at and self.uses < self.max_uses

    def require_open(self, now: datetime) -> None:
        """`NotFound`, with what became of the link, where it lets nobody in any more."""
        if self.revoked_at is not None:
            raise NotFound("this link was taken back: ask for another")
        if now >= self.expires_at:
            raise NotFound("this link has run out: ask for another")
        if self.uses >= self.max_uses:
            raise NotFound("this link was used up: ask for another")

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "role": self.role,
            "uses": self.uses,
            "max_uses": self.max_uses,
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
            "created_by": self.created_by,
        }


def band_invitation(
    invitation_id: str, band_id: str, role: Role, by: str | None, *, max_uses: int, lasts: timedelta, now: datetime
) -> Invitation:
    """A band's link. `Invalid` where it could be used too often or for too long."""
    if not 1 <= max_uses <= MAX_USES:
        raise Invalid.at("max_uses", f"expected 1 to {MAX_USES}, got {max_uses}")
    if not timedelta(0) < lasts <= timedelta(days=MAX_INVITATION_DAYS):
        raise Invalid.at("lasts_s", f"expected a time up to {MAX_INVITATION_DAYS} days, got {lasts}")
    return Invitation(invitation_id, Purpose.BAND, now, now + lasts, max_uses, 0, band_id, role, created_by=by)


def first_link(invitation_id: str, now: datetime) -> Invitation:
    return Invitation(invitation_id, Purpose.FIRST, now, now + FIRST_LINK_FOR)


def device_link(invitation_id: str, user_id: str, now: datetime) -> Invitation:
    until = now + DEVICE_LINK_FOR
    return Invitation(invitation_id, Purpose.DEVICE, now, until, user_id=user_id, created_by=user_id)


def role_after(has: Role | None, offered: Role) -> Role:
    """The role of who opens a link: nobody loses one by it."""
    return offered if has is None or _RANK[offered] > _RANK[has] else has
