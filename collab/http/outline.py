"""An outline of a content: of all its items a few fields, for who offers them and opens none."""

import hashlib
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Query, Response

from collab.domain.bands import User
from collab.domain.errors import Invalid
from collab.domain.kinds import Kind, Kinds
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import Caller, LargeAnswerRoute
from collab.protocol import rest_answers
from collab.protocol.base import KnownId
from collab.services.editing.history import HistoryService


def outline_router(caller: Caller, history: HistoryService, kinds: Kinds) -> APIRouter:
    router = APIRouter(prefix="/api/contents/{content_id}", tags=["contents"], route_class=LargeAnswerRoute)
    Me = Annotated[User, Depends(caller)]

    @router.get("/outline", response_class=Response, **documented(rest_answers.Outline, *OF_A_BAND))
    async def outline(
        user: Me,
        content_id: KnownId,
        fields: Annotated[str, Query(max_length=1_000)],
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """All items, each with the fields named in `fields`, by commas. With the `ETag` of an earlier answer in
        `If-None-Match`, 304 and no body where it is still so."""
        document = await history.document(user, content_id)
        body = orjson.dumps(document.to_outline(_names(fields, kinds.get(document.kind))))
        # A digest of what is told, not the version: the same version may come again after a backup was restored.
        etag = f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
        headers = {"ETag": etag}
        if if_none_match == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    return router


def _names(listed: str, kind: Kind) -> frozenset[str]:
    names = frozenset(listed.split(","))
    known = {name for fields in kind.item_types.values() for name in fields}
    if unknown := names - known:
        raise Invalid.at("fields", f"expected names of {', '.join(sorted(known))}, got {min(unknown)!r}")
    return names
