"""The documents of the interfaces: the events as AsyncAPI. OpenAPI is FastAPI's own; /docs shows it."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from collab.http.routes import AnsweringRoute
from collab.protocol.asyncapi import asyncapi_document


def documents_router(version: str, socket_path: str) -> APIRouter:
    router = APIRouter(tags=["documents"], route_class=AnsweringRoute)

    @router.get("/asyncapi.json", response_class=JSONResponse)
    async def asyncapi(request: Request) -> JSONResponse:
        """Every event of the sockets, as an AsyncAPI 3 document."""
        is_secure = request.url.scheme == "https"
        path = request.scope.get("root_path", "").rstrip("/") + socket_path
        document = asyncapi_document(request.url.netloc, is_secure=is_secure, version=version, socket_path=path)
        return JSONResponse(document)

    return router
