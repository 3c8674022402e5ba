"""Imports of songs into a band's repertoire."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from collab.domain.bands import User
from collab.domain.errors import Invalid, shown
from collab.domain.json_text import parse_json
from collab.domain.songs.plan import Policy
from collab.http.openapi import OF_A_BAND, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.protocol import rest_answers
from collab.protocol.base import KnownId
from collab.protocol.events import Json
from collab.services.songs.imports import ImportService

_FORM_BYTES = 10_000
"""What a form may need beside the file that it carries."""

_POLICIES: tuple[Policy, ...] = get_args(Policy)

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "policy": {"type": "string", "enum": list(_POLICIES), "default": "theirs"},
                        "choices": {"type": "string", "description": "a JSON object: a song's number, its policy"},
                    },
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
        """Adds songs of a file to the repertoire, in the background."""
        form = await _form_of(request)
        return {"job_id": (await imports.start(user, band_id, form.name, form.data, form.policy, form.choices)).id}

    @router.post(
        "/bands/{band_id}/imports/preview",
        openapi_extra=_BODY,
        **documented(rest_answers.ImportPreview, *OF_A_BAND, "too_large"),
    )
    async def preview(user: Me, band_id: KnownId, request: Request) -> Json:
        """What an import of the file would bring and change; nothing is changed."""
        form = await _form_of(request)
        shown = await imports.preview(user, band_id, form.name, form.data)
        return await asyncio.to_thread(shown.to_json)

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


@dataclass(frozen=True, slots=True)
class _Form:
    """What was sent: a file, and what becomes of songs that the repertoire has."""

    name: str
    data: bytes
    policy: Policy
    choices: Mapping[int, Policy]


async def _form_of(request: Request) -> _Form:
    try:
        async with request.form(max_files=1, max_fields=10, max_part_size=_FORM_BYTES) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid.at("file", "expected a multipart form with a file named 'file'")
            policy = _policy("policy", form.get("policy", "theirs"))
            return _Form(file.filename or "songs", await file.read(), policy, _choices(form.get("choices", "{}")))
    except HTTPException as error:
        raise Invalid.at("file", f"expected a multipart form with one file: {error.detail}") from None
    except ClientDisconnect:
        raise Invalid.at("body", "expected the whole body; it broke off") from None


def _policy(path: str, written: object) -> Policy:
    found = next((policy for policy in _POLICIES if policy == written), None)
    if found is None:
        raise Invalid.at(path, f"expected one of {', '.join(_POLICIES)}, got {shown(written)}")
    return found


def _choices(written: object) -> dict[int, Policy]:
    try:
        choices = parse_json(str(written))
    except json.JSONDecodeError as error:
        raise Invalid.at("choices", f"expected a JSON object: {error.msg}") from None
    if not isinstance(choices, dict) or not all(number.isdecimal() and len(number) < 10 for number in choices):
        raise Invalid.at("choices", f"expected an object of numbers and policies, got {shown(choices)}")
    return {int(number): _policy(f"choices.{number}", policy) for number, policy in choices.items()}
