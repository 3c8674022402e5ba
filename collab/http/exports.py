"""A content as a file."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from collab.domain.bands import User
from collab.domain.charts.playing import Instrument, Reader
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import Caller, LargeAnswerRoute
from collab.protocol.base import KnownId
from collab.protocol.requests import Version
from collab.services.songs.exports import MEDIA_TYPES, ExportService, Format


def exports_router(caller: Caller, exports: ExportService) -> APIRouter:
    router = APIRouter(prefix="/api/contents/{content_id}", tags=["exports"], route_class=LargeAnswerRoute)
    Me = Annotated[User, Depends(caller)]

    @router.get(
        "/export", response_class=Response, **documented(None, *OF_A_BAND, "not_found", media_types=MEDIA_TYPES)
    )
    async def export(
        user: Me,
        content_id: KnownId,
        wanted: Annotated[Format, Query(alias="format")] = "json",
        version: Version | None = None,
        instrument: Instrument = "C",
        capo: Annotated[int | None, Query(ge=0, le=12)] = None,
        numbers: bool = False,
    ) -> Response:
        """The content as a file: `json`, `csv` for a spreadsheet, a `chordpro` songbook, `html` for print and stage.

        The charts of the last two stand in the key that is played: less the capo of the song, or the one that is given;
        for an instrument in another pitch than C, or with numbers for chords.
        """
        made = await exports.export(user, content_id, wanted, version, Reader(instrument, capo, numbers))
        disposition = "inline" if wanted == "html" else "attachment"
        headers = {
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(made.name, safe='')}",
            # What members wrote is shown, never run.
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(made.body, media_type=made.media_type, headers=headers)

    return router
