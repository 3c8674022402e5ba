"""The bodies of the REST calls."""

from typing import Annotated

from pydantic import Field, StringConstraints

from collab.domain.access import Role
from collab.domain.bands import Band, Member, User
from collab.domain.invitations import MAX_INVITATION_DAYS, MAX_USES
from collab.protocol.base import Body, EditId, Id, Name
from collab.protocol.events import Json
from collab.protocol.models import RoleName
from collab.protocol.ops import WireFields
from collab.protocol.requests import Version

Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]

MAX_SEED_ITEMS = 10_000
"""Items that a content begins with."""


class CreateBand(Body):
    name: Name


class ChangeBand(Body):
    """What is not given stays."""

    name: Name | None = None
    is_archived: bool | None = None


class PutMember(Body):
    """`name` is for somebody who has never connected; who has goes by their token's."""

    role: RoleName
    name: Name | None = None


class SeedItem(Body):
    """An item to begin with. Without an id it gets one; without a position it goes where the list has it."""

    id: Id | None = None
    type: str
    position: str | None = None
    fields: WireFields = Field(default_factory=dict)


class Seed(Body):
    fields: WireFields = Field(default_factory=dict)
    items: list[SeedItem] = Field(default_factory=list, max_length=MAX_SEED_ITEMS, fail_fast=True)


class CreateContent(Body):
    kind: str
    title: Name
    document: Seed | None = None


class Revert(Body):
    """With an `edit_id` the call may be repeated: it is carried out once."""

    version: Version
    edit_id: EditId | None = None


class CreateCheckpoint(Body):
    """Without a version: the one of the moment."""

    label: Name
    version: Version | None = None


class Invite(Body):
    """A link to a band: how often it lets somebody in, and for how long."""

    role: RoleName
    max_uses: int = Field(default=1, ge=1, le=MAX_USES)
    lasts_s: int = Field(default=7 * 86_400, ge=60, le=MAX_INVITATION_DAYS * 86_400)


class Look(Body):
    """The secret of a link."""

    secret: Secret


class Join(Body):
    """`name` is what somebody new is called; who shows a token comes in as themselves."""

    secret: Secret
    name: Name | None = None


def band_json(band: Band, role: Role) -> Json:
    return {"id": band.id, "name": band.name, "role": role, "is_archived": band.is_archived}


def member_json(member: Member) -> Json:
    return {"user": User(member.user_id, member.name).to_json(), "role": member.role}
