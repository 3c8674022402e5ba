"""A venue's own application, with collab in it: uvicorn --factory venue:application"""

from datetime import UTC, datetime, timedelta

import jwt
from fastapi import FastAPI
from starlette.types import ASGIApp

from collab import Diff, Document, Edit, Kind, Settings, SharedRoom, create_app, register_kind
from collab.domain.fields import Line, Number

STAGE_PLOT = Kind(
    "stage_plot",
    fields={"title": Line()},
    item_types={"mic": {"label": Line(40), "x": Number(0, 100, "percent"), "y": Number(0, 100, "percent")}},
)


def application(settings: Settings | None = None) -> ASGIApp:
    settings = settings or Settings()
    venue = FastAPI()  # with its own routes, users and lifespan
    tonight: dict[str, list[str]] = {}
    online: dict[str, set[str]] = {}

    @venue.post("/login/{name}")
    async def login(name: str) -> dict[str, str]:
        """After the venue's own check of who it is: collab knows people by the tokens that the venue signs."""
        claims = {"sub": name.lower(), "name": name, "exp": datetime.now(UTC) + timedelta(hours=12)}
        secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else ""
        return {"token": jwt.encode(claims, secret, "HS256")}

    @venue.get("/tonight/{content_id}")
    async def songs(content_id: str) -> dict[str, list[str]]:
        return {"songs": tonight.get(content_id, [])}

    @venue.get("/online/{room}")
    async def people(room: str) -> dict[str, list[str]]:
        return {"people": sorted(online.get(room, set()))}

    async def on_edit(edit: Edit, document: Document) -> None:
        if document.kind == "setlist":
            tonight[document.id] = [item.fields.get("title", "") for item in document.ordered()]

    async def on_presence(room: SharedRoom, diff: Diff) -> None:
        there = online.setdefault(room.name, set())
        there |= {user.id for user in diff.joined}
        there -= {left.user_id for left in diff.left}

    register_kind(STAGE_PLOT)
    return create_app(settings, host=venue, on_edit=on_edit, on_presence=on_presence)
