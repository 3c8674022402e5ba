"""Admin pages at /admin, for operators: read-only. The stock pages of starlette-admin, asking for nothing outside.

The session is the token itself, in a cookie that ends with it and is checked anew with every request.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin import DateTimeField, IntegerField, JSONField, StringField
from starlette_admin.auth import AdminUser, AuthProvider
from starlette_admin.contrib.sqla import Admin, ModelView
from starlette_admin.exceptions import LoginFailed
from starlette_admin.fields import BaseField
from starlette_admin.helpers import index_url, safe_redirect_url

from collab.domain.errors import CollabError
from collab.services.ports import Tokens

COOKIE = "collab_admin"
_PATH = "/admin"

_MAX_FORM_BYTES = 20_000
"""The size of a form of these pages; the largest is the login's, with a token."""

_JSON = ("ops", "dropped", "overwrote", "result")
_NUMBERS = ("version", "base_version", "done", "total")
_TIMES = (
    "at",
    "since",
    "created_at",
    "updated_at",
    "archived_at",
    "finished_at",
    "started_at",
    "last_seen_at",
    "ended_at",
)

_PAGES: Mapping[str, tuple[str, str]] = {
    # model: (icon, column that is sorted by, newest first)
    "bands": ("fa fa-users", "created_at"),
    "members": ("fa fa-user", "since"),
    "contents": ("fa fa-list-ol", "updated_at"),
    "edits": ("fa fa-clock-rotate-left", "at"),
    "checkpoints": ("fa fa-bookmark", "created_at"),
    "presence_sessions": ("fa fa-signal", "started_at"),
    "jobs": ("fa fa-gears", "created_at"),
}
_ONLY_IN_DETAIL = ("base_version", "dropped", "overwrote", "session_id", "edit_id", "undoes", "content_id", "author_id")


class _Page(ModelView):
    """A table that can be looked at, searched, filtered and exported, and nothing else."""

    page_size = 50

    def can_create(self, request: Request) -> bool:
        return False

    def can_edit(self, request: Request) -> bool:
        return False

    def can_delete(self, request: Request) -> bool:
        return False

    def can_import(self, request: Request) -> bool:
        return False


class _Operators(AuthProvider):
    """Lets in whoever has a token with `admin: true`."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens

    async def authenticate(self, request: Request) -> AdminUser | None:
        try:
            identity = await self._tokens.verify(request.cookies.get(COOKIE))
        except CollabError:
            return None
        return AdminUser(username=identity.user.name) if identity.user.is_operator else None

    async def login(self, username: str, password: str, remember_me: bool, request: Request) -> Response:
        token = password.strip()
        try:
            identity = await self._tokens.verify(token)
        except CollabError as error:
            raise LoginFailed(error.message) from None
        if not identity.user.is_operator:
            raise LoginFailed("expected an operator's token: one that says admin: true")
        home = index_url(request)
        response = RedirectResponse(
            safe_redirect_url(request.query_params.get("next") or home, request, home), status_code=303
        )
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

    async def logout(self, request: Request) -> Response:
        response = RedirectResponse(index_url(request), status_code=303)
        response.delete_cookie(COOKIE, path=_cookie_path(request))
        return response


def _cookie_path(request: Request) -> str:
    """Where the pages are, also within an application that is mounted in another."""
    return str(request.scope.get("root_path")) or _PATH


class _SmallForms:
    """Refuses a form that is larger than any of these pages', before whoever sends it has signed in, and unread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdecimal() or int(length) > _MAX_FORM_BYTES:
            refused = PlainTextResponse(f"expected a form of at most {_MAX_FORM_BYTES} bytes", 413)
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def mount_admin(
    app: FastAPI, sessions: Any, models: Mapping[str, type[Any]], tokens: Tokens, secret: str | None
) -> None:
    """Adds the pages to an application.

    `sessions` makes the database's sessions, `models` are the classes that they read, by name. The forms' CSRF
    cookies are signed with a key drawn from `secret`, so that all nodes agree; without one, with a random key.
    """
    key = hashlib.sha256(f"collab admin {secret}".encode()).hexdigest() if secret else secrets.token_hex(32)
    admin = Admin(
        sessions,
        title="collab",
        base_url=_PATH,
        route_name="collab-admin",
        templates_dir=str(Path(__file__).parent / "templates"),
        auth_provider=_Operators(tokens),
        secret_key=key,
        middlewares=[Middleware(_SmallForms)],
    )
    for name, (icon, newest) in _PAGES.items():
        admin.add_view(_page(name, models[name], icon, newest))
    admin.mount_to(app)


def _page(name: str, model: type[Any], icon: str, newest: str) -> ModelView:
    columns = list(model.__mapper__.columns.keys())
    label = name.replace("_", " ").capitalize()
    made: type[ModelView] = type(
        f"_{name}",
        (_Page,),
        {
            "fields": [_field(column) for column in columns],
            "fields_default_sort": [(newest, True)] if newest in columns else [],
            "exclude_fields_from_list": [column for column in columns if column in _ONLY_IN_DETAIL],
            "searchable_fields": [column for column in columns if column not in _JSON],
            "sortable_fields": [column for column in columns if column not in _JSON],
        },
    )
    return made(model, icon=icon, display_name=label.removesuffix("s"), menu_label=label, key=name)


def _field(column: str) -> BaseField:
    kind = JSONField if column in _JSON else DateTimeField if column in _TIMES else StringField
    return (IntegerField if column in _NUMBERS else kind)(column)
