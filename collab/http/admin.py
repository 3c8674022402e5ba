"""Admin pages at /admin, for operators: read-only lists, a row of each, and exports. Plain HTML that asks for nothing.

The session is the token itself, in a cookie that ends with it and is checked anew with every request. All links are
relative, and every page is right below /admin: it does not matter where a host mounts them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from collab.domain.errors import HTTP_STATUS, CollabError, Invalid, NotFound
from collab.http.admin_exports import FORMATS, csv_head
from collab.services.browsing import Browser, Listing, Wanted
from collab.services.ports import Identity, Tokens

COOKIE = "collab_admin"
_PATH = "/admin"

_MAX_FORM_BYTES = 20_000
"""The size of a form of these pages; the largest is the login's, with a token."""

_LINKS: Mapping[str, tuple[str, str]] = {
    # A column of ids, and the list that it leads to, with the filter there.
    "band_id": ("contents", "band_id"),
    "content_id": ("edits", "content_id"),
    "author_id": ("edits", "author_id"),
    "user_id": ("stays", "user_id"),
    "room": ("stays", "room"),
    "created_by": ("members", "user_id"),
    "started_by": ("members", "user_id"),
}

Page: TypeAlias = Callable[[Request], Awaitable[Response]]


class AdminPages:
    """The pages, for whoever has a token with `admin: true`."""

    def __init__(self, browser: Browser, tokens: Tokens) -> None:
        self._browser = browser
        self._tokens = tokens
        self._templates = Jinja2Templates(Path(__file__).parent / "templates")
        self._templates.env.globals["lists"] = tuple(browser.listings)

    def mount_to(self, app: FastAPI) -> None:
        pages = Starlette(
            routes=[
                Route("/", self._for_operators(self._home)),
                Route("/login", self._login_page, methods=["GET"]),
                Route("/login", self._login, methods=["POST"]),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/row", self._for_operators(self._row)),
                Route("/{name}.{format}", self._for_operators(self._export)),
                Route("/{name}", self._for_operators(self._list)),
            ]
        )
        app.mount(_PATH, pages, name="collab-admin")

    def _for_operators(self, page: Page) -> Page:
        @wraps(page)
        async def guarded(request: Request) -> Response:
            try:
                if await self._operator(request.cookies.get(COOKIE)) is None:
                    asked = request.url.path.rpartition("/")[2] + (f"?{request.url.query}" if request.url.query else "")
                    return _to(f"login?{urlencode({'next': asked})}")
                return await page(request)
            except CollabError as error:
                return self._page(request, "error.html", HTTP_STATUS[error.code], message=error.message)

        return guarded

    async def _operator(self, token: str | None) -> Identity | None:
        try:
            identity = await self._tokens.verify(token)
        except CollabError:
            return None
        return identity if identity.user.is_operator else None

    async def _login_page(self, request: Request) -> Response:
        return self._page(request, "login.html", next=request.query_params.get("next", ""))

    async def _login(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        form = await request.form()
        token, wanted = str(form.get("token", "")).strip(), str(form.get("next", ""))
        try:
            identity = await self._tokens.verify(token)
            if not identity.user.is_operator:
                raise Invalid.at("token", "expected an operator's token: one that says admin: true")
        except CollabError as error:
            return self._page(request, "login.html", 400, next=wanted, message=error.message)
        response = _to(wanted if self._is_ours(wanted) else "./")
        response.set_cookie(
            COOKIE,
            token,
            max_age=max(0, int((identity.expires_at - datetime.now(UTC)).total_seconds())),
            path=_cookie_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _is_ours(self, wanted: str) -> bool:
        """Whether an address is of one of these pages, so that a link to the login leads nowhere else."""
        return wanted.partition("?")[0] in {"row", *self._browser.listings}

    async def _logout(self, request: Request) -> Response:
        if (refused := _refused(request)) is not None:
            return refused
        response = _to("login")
        response.delete_cookie(COOKIE, path=_cookie_path(request))
        return response

    async def _home(self, request: Request) -> Response:
        names = tuple(self._browser.listings)
        counts = [await self._browser.count(name, Wanted()) for name in names]
        return self._page(request, "home.html", counts=dict(zip(names, counts, strict=True)))

    async def _list(self, request: Request) -> Response:
        name, listing = self._listing(request)
        wanted = _wanted(listing, request.query_params)
        rows = await self._browser.page(name, wanted)
        asked = {key: value for key, value in request.query_params.items() if key != "after" and value}
        return self._page(
            request,
            "list.html",
            name=name,
            listing=listing,
            rows=[_Shown(name, listing, row) for row in rows.rows],
            count=await self._browser.count(name, wanted),
            asked=asked,
            query=urlencode(asked),
            older=None if rows.next_after is None else urlencode({**asked, "after": rows.next_after}),
            is_first=wanted.after is None,
        )

    async def _row(self, request: Request) -> Response:
        name = request.query_params.get("of", "")
        listing = self._browser.listings.get(name)
        key = request.query_params.getlist("key")
        found = None
        if listing is not None and len(key) == len(listing.key):
            found = await self._browser.row(name, [_clean("key", part) for part in key])
        if found is None:
            raise NotFound("expected a row that is there")
        cells = [(column, value, _link(column, value)) for column, value in found.items()]
        return self._page(request, "row.html", name=name, cells=cells)

    async def _export(self, request: Request) -> Response:
        name, listing = self._listing(request)
        ending = request.path_params["format"]
        if ending not in FORMATS:
            raise NotFound(f"expected {' or '.join(FORMATS)}, got {ending!r}")
        media_type, _ = FORMATS[ending]
        wanted = _wanted(listing, request.query_params)
        headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"', "Cache-Control": "no-store"}
        return StreamingResponse(self._written(name, listing, wanted, ending), media_type=media_type, headers=headers)

    async def _written(self, name: str, listing: Listing, wanted: Wanted, ending: str) -> AsyncIterator[bytes]:
        _, write = FORMATS[ending]
        if ending == "csv":
            yield csv_head(listing.columns)
        async for piece in self._browser.pieces(name, wanted):
            yield await asyncio.to_thread(write, listing.columns, piece.rows)

    def _listing(self, request: Request) -> tuple[str, Listing]:
        name = request.path_params["name"]
        listing = self._browser.listings.get(name)
        if listing is None:
            raise NotFound(f"expected a list of these: {', '.join(self._browser.listings)}")
        return name, listing

    def _page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        headers = {"Cache-Control": "no-store"}
        return self._templates.TemplateResponse(request, template, context, status, headers)


class _Shown:
    """A row as a page shows it: its cells with what they link to, and the address of the row itself."""

    def __init__(self, name: str, listing: Listing, row: Sequence[Any]) -> None:
        values = dict(zip(listing.brief, row, strict=True))
        self.cells = [(value, _link(column, value)) for column, value in values.items()]
        self.address = f"row?{urlencode([('of', name), *(('key', values[part]) for part in listing.key)])}"


def _link(column: str, value: Any) -> str | None:
    if column not in _LINKS or value is None:
        return None
    name, by = _LINKS[column]
    return f"{name}?{urlencode({by: value})}"


def _wanted(listing: Listing, asked: QueryParams) -> Wanted:
    """What an address asks for; fields that were left empty ask for nothing."""
    given = {name: _clean(name, value) for name, value in asked.items() if value}
    since, until, begins, after = (given.pop(name, None) for name in ("since", "until", "begins", "after"))
    return Wanted(given, begins, _time("since", since), _time("until", until), after)


def _clean(name: str, value: str) -> str:
    if "\0" in value:
        raise Invalid.at(name, "expected text without NUL")
    return value


def _time(name: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.at(name, f"expected a time such as 2026-12-04T20:30, got {value[:50]!r}") from None


def _cookie_path(request: Request) -> str:
    """Where the pages are, also within an application that is mounted in another."""
    return str(request.scope.get("root_path")) or _PATH


def _to(address: str) -> Response:
    return RedirectResponse(address, status_code=303)


def _refused(request: Request) -> Response | None:
    """The refusal of a form that is larger than any of these pages', unread, or that another site's page sends."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > _MAX_FORM_BYTES:
        return PlainTextResponse(f"expected a form of at most {_MAX_FORM_BYTES} bytes", 413)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("expected a form of these pages", 403)
    return None
