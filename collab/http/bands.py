"""Bands and their members."""

from typing import Annotated

from fastapi import APIRouter, Depends

from collab.domain.access import Role
from collab.domain.bands import User
from collab.http.openapi import OF_A_BAND, SIGNED_IN, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.protocol import rest_answers
from collab.protocol.base import KnownId, OldId
from collab.protocol.events import Json
from collab.protocol.rest import ChangeBand, CreateBand, PutMember, band_json, member_json
from collab.services.bands.membership import MembershipService


def bands_router(caller: Caller, membership: MembershipService) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["bands"], route_class=AnsweringRoute)
    Me = Annotated[User, Depends(caller)]

    @router.get("/me", **documented(rest_answers.Me, *SIGNED_IN))
    async def me(user: Me) -> Json:
        """The user, their bands and roles."""
        theirs = [band_json(*entry) for entry in await membership.bands_of(user)]
        return {"user": user.to_json(), "may_make_bands": membership.may_make_bands, "bands": theirs}

    @router.get("/bands", **documented(rest_answers.Bands, *SIGNED_IN))
    async def bands(user: Me) -> Json:
        """The bands of the user."""
        return {"bands": [band_json(*entry) for entry in await membership.bands_of(user)]}

    @router.post("/bands", **documented(rest_answers.BandOfMine, *SIGNED_IN, "invalid", status=201, body=CreateBand))
    async def create_band(user: Me, body: CreateBand) -> Json:
        """Makes a band; the caller owns it."""
        return band_json(await membership.create_band(user, body.name), Role.OWNER)

    @router.patch("/bands/{band_id}", **documented(rest_answers.BandOfMine, *OF_A_BAND, body=ChangeBand))
    async def change_band(user: Me, band_id: KnownId, body: ChangeBand) -> Json:
        """Renames a band, archives it or brings it back."""
        return band_json(*await membership.change_band(user, band_id, body.name, body.is_archived))

    @router.get("/bands/{band_id}/members", **documented(rest_answers.Members, *OF_A_BAND))
    async def members(user: Me, band_id: KnownId) -> Json:
        """Who belongs to the band."""
        return {"members": [member_json(member) for member in await membership.members(user, band_id)]}

    @router.put(
        "/bands/{band_id}/members/{user_id}", **documented(rest_answers.Member, *OF_A_BAND, "conflict", body=PutMember)
    )
    async def put_member(user: Me, band_id: KnownId, user_id: KnownId, body: PutMember) -> Json:
        """Gives somebody a role in the band, also somebody who has never connected."""
        return member_json(await membership.put_member(user, band_id, user_id, Role(body.role), body.name))

    @router.delete(
        "/bands/{band_id}/members/{user_id}", **documented(None, *OF_A_BAND, "not_found", "conflict", status=204)
    )
    async def remove_member(user: Me, band_id: KnownId, user_id: OldId) -> None:
        """Takes somebody out of the band, and their sessions out of its rooms before this returns."""
        await membership.remove_member(user, band_id, user_id)

    return router
