"""The history of a content: its edits, what changed between two versions, the way back, named versions."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator

from collab.domain.bands import User
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import Caller, LargeAnswerRoute
from collab.protocol import models, rest_answers
from collab.protocol.base import KnownId
from collab.protocol.events import Json, edits_json, outcome_json
from collab.protocol.requests import Version
from collab.protocol.rest import CreateCheckpoint, Revert
from collab.services.editing.history import HistoryService
from collab.services.ports import EditFilter


def _in_utc(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError("expected a time of the years 1 to 9999 in UTC") from None


Time = Annotated[datetime, AfterValidator(_in_utc)]
"""RFC 3339; UTC where no zone is given."""


def history_router(caller: Caller, history: HistoryService) -> APIRouter:
    router = APIRouter(prefix="/api/contents/{content_id}", tags=["history"], route_class=LargeAnswerRoute)
    Me = Annotated[User, Depends(caller)]

    @router.get("", **documented(models.Document, *OF_A_BAND, "not_found"))
    async def content(user: Me, content_id: KnownId, version: Version | None = None, at: Time | None = None) -> Json:
        """The document, as it is or as it was at a version or a time."""
        return (await history.document(user, content_id, version, at)).to_json()

    @router.get("/edits", **documented(rest_answers.Edits, *OF_A_BAND))
    async def edits(
        user: Me,
        content_id: KnownId,
        after: Version = 0,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        author: KnownId | None = None,
        item: KnownId | None = None,
        since: Time | None = None,
        until: Time | None = None,
    ) -> Json:
        """The history, oldest first: all of it, or one author's, about one item, of a time."""
        page = await history.edits(user, content_id, after, limit, EditFilter(author, item, since, until))
        return {"edits": edits_json(page.edits), "head": page.head, "next_after": page.next_after}

    @router.get("/diff", **documented(rest_answers.Difference, *OF_A_BAND, "not_found"))
    async def difference(
        user: Me,
        content_id: KnownId,
        before: Annotated[Version, Query(alias="from")],
        after: Annotated[Version | None, Query(alias="to")] = None,
    ) -> Json:
        """What changed between two versions, as data and in words."""
        found = await history.difference(user, content_id, before, after)
        changes = [made.to_json() for made in found.changes]
        return {"from": found.before, "to": found.after, "changes": changes, "words": found.words}

    @router.post("/revert", **documented(rest_answers.Stored, *OF_A_BAND, "not_found", body=Revert))
    async def revert(user: Me, content_id: KnownId, body: Revert) -> Json:
        """A new edit that brings the document back to what it was; it can itself be undone."""
        outcome = await history.revert(user, content_id, body.version, body.edit_id)
        return outcome_json(body.edit_id, outcome)

    @router.get("/checkpoints", **documented(rest_answers.Checkpoints, *OF_A_BAND))
    async def checkpoints(user: Me, content_id: KnownId) -> Json:
        """The named versions, the newest first."""
        return {"checkpoints": [entry.to_json() for entry in await history.checkpoints(user, content_id)]}

    @router.post(
        "/checkpoints",
        **documented(rest_answers.Checkpoint, *OF_A_BAND, "not_found", status=201, body=CreateCheckpoint),
    )
    async def create_checkpoint(user: Me, content_id: KnownId, body: CreateCheckpoint) -> Json:
        """Gives a version a name."""
        return (await history.create_checkpoint(user, content_id, body.label, body.version)).to_json()

    return router
