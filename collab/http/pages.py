"""The page: one HTML file that is asked for anew each time, and files named by their hash that are kept for good."""

import os
from collections.abc import Sequence
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path
from posixpath import relpath

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collab.domain.paths import path_within

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

STOCK_CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        # Their pages have scripts and handlers within the HTML.
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
"""The headers of the stock pages at /admin and /docs: these, too, ask no other host and stand in no frame."""

STOCK_HEADERS = {**HEADERS, "Content-Security-Policy": STOCK_CONTENT_SECURITY_POLICY}

ICONS = ("icon-192.png", "icon-512.png", "icon-maskable.png", "apple-touch-icon.png")
"""What the page is known by among a phone's apps. Their names stay, since a phone asks for them by these."""

_OF_A_FILE = {"X-Content-Type-Options": HEADERS["X-Content-Type-Options"]}
"""The headers of what a page is made of: a browser goes by the others with a page alone, and over a slow line ten files
take them ten times."""

_ASK_AGAIN = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}

_BUILT_SOCKET = 'data-socket="./socket.io"'
"""Where the page as it is built looks for the socket."""


_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What the build has compressed files in, the smallest first, and how their names end."""


class StockPages:
    """An ASGI middleware that gives the security headers to all that is answered below some paths."""

    def __init__(self, app: ASGIApp, below: Sequence[str]) -> None:
        self._app = app
        self._below = tuple(below)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(STOCK_HEADERS)
            await send(message)

        path = path_within(scope["path"], scope.get("root_path", "")) if scope["type"] == "http" else ""
        await self._app(scope, receive, with_headers if f"{path}/".startswith(self._below) else send)


class Assets(StaticFiles):
    """Files whose names change with what is in them; as the build has compressed them, where the browser takes that."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """As in Starlette. No file has a name that is too long, or has a NUL in it: that is not found either."""
        try:
            return super().lookup_path(path)
        except (OSError, ValueError):
            return "", None

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await self._compressed(path, scope) or await super().get_response(path, scope)
        response.headers.update({**_OF_A_FILE, **_KEEP})
        response.headers.add_vary_header("Accept-Encoding")
        return response

    async def _compressed(self, path: str, scope: Scope) -> Response | None:
        accepted = Headers(scope=scope).get("accept-encoding", "")
        for encoding, suffix in _ENCODINGS.items():
            full_path, stat = self.lookup_path(path + suffix)
            if stat is not None and encoding in accepted:
                media_type = guess_type(path)[0]
                headers = {"Content-Encoding": encoding}
                return FileResponse(full_path, media_type=media_type, headers=headers, stat_result=stat)
        return None


def add_pages(app: FastAPI, below: str = "", socket_path: str = "/socket.io", built: Path = BUILT) -> None:
    """Serves the page in an application, at `/` or at the path `below` and a slash, where the REST calls are too. Where
    it was never built, it says so and answers 404. The page calls what is beside it, wherever the application itself is
    mounted; `socket_path` is written into it as it is seen from there."""
    socket = f'data-socket="./{relpath(socket_path, below or "/")}"'

    def serve(path: str, file: str, media_type: str) -> None:
        async def page() -> Response:
            if not (built / file).exists():
                return PlainTextResponse("The page was not built: install the project again.\n", 404)
            headers = {**HEADERS, **_ASK_AGAIN}
            if file == "index.html" and socket != _BUILT_SOCKET:
                html = (built / file).read_text().replace(_BUILT_SOCKET, socket)
                return HTMLResponse(html, headers=headers)
            return FileResponse(built / file, media_type=media_type, headers=headers)

        app.add_api_route(f"{below}{path}", page, include_in_schema=False)

    serve("/", "index.html", "text/html")
    serve("/sw.js", "sw.js", "text/javascript")
    serve("/manifest.webmanifest", "manifest.webmanifest", "application/manifest+json")
    for icon in ICONS:
        serve(f"/{icon}", icon, "image/png")
    app.mount(f"{below}/assets", Assets(directory=built / "assets", check_dir=False), name="assets")
