"""Imports of songs into a band's repertoire."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from collab.domain.bands import User
from collab.domain.errors import Invalid
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.protocol import rest_answers
from collab.protocol.base import KnownId
from collab.protocol.events import Json
from collab.services.songs.imports import ImportService

_FORM_BYTES = 10_000
"""What a form may need beside the file that it carries."""

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


def imports_router(caller: Caller, imports: ImportService) -> APIRouter:
    class UploadRoute(AnsweringRoute):
        """A file may be larger than other bodies, and is kept on disk while it comes."""

        max_body_bytes = imports.limits.max_bytes + _FORM_BYTES
        reads_itself = True

    router = APIRouter(prefix="/api", tags=["imports"], route_class=UploadRoute)
    Me = Annotated[User, Depends(caller)]

    @router.post(
        "/bands/{band_id}/imports",
        openapi_extra=_BODY,
        **documented(rest_answers.Started, *OF_A_BAND, "too_large", status=202),
    )
    async def start(user: Me, band_id: KnownId, request: Request) -> Json:
        """Adds songs to the repertoire, in the background: a CSV, JSON or ChordPro file, or a zip of those."""
        name, data = await _file_of(request)
        return {"job_id": (await imports.start(user, band_id, name, data)).id}

    @router.get("/bands/{band_id}/imports", **documented(rest_answers.Imports, *OF_A_BAND))
    async def jobs(user: Me, band_id: KnownId) -> Json:
        """The imports of the band, the newest first."""
        return {"imports": [job.to_json() for job in await imports.jobs_of(user, band_id)]}

    @router.get("/imports/{job_id}", **documented(rest_answers.Job, *OF_A_BAND, "not_found"))
    async def job(user: Me, job_id: KnownId) -> Json:
        """How far an import is, and what came of it."""
        return (await imports.job(user, job_id)).to_json()

    @router.delete("/imports/{job_id}", **documented(rest_answers.Job, *OF_A_BAND, "not_found"))
    async def cancel(user: Me, job_id: KnownId) -> Json:
        """Ends an import; what it has brought in stays."""
        return (await imports.cancel(user, job_id)).to_json()

    return router


async def _file_of(request: Request) -> tuple[str, bytes]:
    """The name and content of the file of a form."""
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid.at("file", "expected a multipart form with a file named 'file'")
            return file.filename or "songs", await file.read()
    except HTTPException as error:
        raise Invalid.at("file", f"expected a multipart form with one file: {error.detail}") from None
    except ClientDisconnect:
        raise Invalid.at("body", "expected the whole body; it broke off") from None
