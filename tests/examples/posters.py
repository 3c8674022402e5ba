"""Another service, which prints the posters and hears of every edit: uvicorn --factory posters:application"""

import os
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError


def application(secret: str = os.environ.get("COLLAB_WEBHOOK_SECRET", "")) -> FastAPI:
    posters = FastAPI()
    webhook = Webhook(secret)
    edits: dict[str, dict[str, Any]] = {}

    @posters.post("/edits")
    async def edited(request: Request) -> Response:
        try:
            message = webhook.verify(await request.body(), dict(request.headers))
        except WebhookVerificationError:
            return Response(status_code=401)
        edits[request.headers["webhook-id"]] = message["data"]  # the same id again is the same edit again
        return Response(status_code=204)

    @posters.get("/edits")
    async def heard() -> list[dict[str, Any]]:
        return list(edits.values())

    return posters
