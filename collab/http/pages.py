"""The page: one HTML file that is asked for anew each time, and files named by their hash that are kept for good."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT = Path(str(files("collab"))) / "web" / "dist"

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_ASK_AGAIN = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


class Assets(StaticFiles):
    """Files whose names change with what is in them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, **_KEEP})
        return response


def add_pages(app: FastAPI, built: Path = BUILT) -> None:
    """Serves the page at `/` of an application. Where it was never built, `/` says so and answers 404."""

    def serve(path: str, file: str, media_type: str) -> None:
        async def page() -> Response:
            if not (built / file).exists():
                return PlainTextResponse("The page was not built: install the project again.\n", 404)
            return FileResponse(built / file, media_type=media_type, headers={**HEADERS, **_ASK_AGAIN})

        app.add_api_route(path, page, include_in_schema=False)

    serve("/", "index.html", "text/html")
    serve("/sw.js", "sw.js", "text/javascript")
    app.mount("/assets", Assets(directory=built / "assets", check_dir=False), name="assets")
