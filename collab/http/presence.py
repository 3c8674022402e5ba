"""Who is online in a band, and who was."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from collab.domain.bands import User
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import Caller, LargeAnswerRoute
from collab.protocol import rest_answers
from collab.protocol.base import KnownId
from collab.protocol.events import Json
from collab.services.presence.reader import PresenceReader


def presence_router(caller: Caller, presence_reader: PresenceReader) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["presence"], route_class=LargeAnswerRoute)
    Me = Annotated[User, Depends(caller)]

    @router.get("/bands/{band_id}/presence", **documented(rest_answers.Online, *OF_A_BAND))
    async def presence(
        user: Me,
        band_id: KnownId,
        history: bool = False,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        before: KnownId | None = None,
    ) -> Json:
        """Who is in the band's rooms now. With `history`, past and present visits too, latest first.

        `before` is the `id` of the last visit of the page before.
        """
        answer: Json = {"people": [person.to_json() for person in await presence_reader.online(user, band_id)]}
        if history:
            page = await presence_reader.visits(user, band_id, limit, before)
            answer["history"] = [visit.to_json() for visit in page]
        return answer

    return router
