"""The contents of a band: made, listed, archived, brought back."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from collab.domain.bands import User
from collab.domain.ot import positions
from collab.domain.ot.ops import Item
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import Caller, LargeAnswerRoute
from collab.protocol import models, rest_answers
from collab.protocol.base import KnownId
from collab.protocol.events import Json
from collab.protocol.rest import CreateContent, Seed, SeedItem
from collab.services.bands.contents import ContentService
from collab.services.editing.briefs import BriefService


def contents_router(
    caller: Caller, contents: ContentService, briefs: BriefService, new_id: Callable[[], str]
) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["contents"], route_class=LargeAnswerRoute)
    Me = Annotated[User, Depends(caller)]

    @router.get("/bands/{band_id}/contents", **documented(rest_answers.Contents, *OF_A_BAND))
    async def list_contents(user: Me, band_id: KnownId, archived: bool = False) -> Json:
        """What the band shares, without what is archived; or what is."""
        found = await contents.contents_of(user, band_id, are_archived=archived)
        return {"contents": [content.to_json() for content in found]}

    @router.get("/bands/{band_id}/briefs", **documented(rest_answers.Briefs, *OF_A_BAND))
    async def list_briefs(user: Me, band_id: KnownId, kind: Annotated[str, Query(max_length=40)]) -> Json:
        """Of the hundred contents of a kind that were changed last what a list shows: fields, items, length."""
        return {"briefs": [brief.to_json() for brief in await briefs.of_band(user, band_id, kind)]}

    @router.post("/bands/{band_id}/contents", **documented(models.Document, *OF_A_BAND, status=201, body=CreateContent))
    async def create_content(user: Me, band_id: KnownId, body: CreateContent) -> Json:
        """Makes a content; `document` says what it begins with."""
        seed = body.document or Seed()
        items = _items(seed.items, new_id)
        document = await contents.create(user, band_id, body.kind, body.title, seed.fields, items)
        return document.to_json()

    @router.delete("/contents/{content_id}", **documented(None, *OF_A_BAND, status=204))
    async def archive(user: Me, content_id: KnownId) -> None:
        """Archives the content; nothing is deleted."""
        await contents.set_archived(user, content_id, is_archived=True)

    @router.post("/contents/{content_id}/unarchive", **documented(models.Summary, *OF_A_BAND))
    async def unarchive(user: Me, content_id: KnownId) -> Json:
        """Brings an archived content back."""
        return (await contents.set_archived(user, content_id, is_archived=False)).to_json()

    return router


def _items(seeds: Sequence[SeedItem], new_id: Callable[[], str]) -> list[Item]:
    keys = positions.spread(len(seeds))
    return [
        Item(seed.id or new_id(), seed.type, seed.position or key, seed.fields)
        for seed, key in zip(seeds, keys, strict=True)
    ]
