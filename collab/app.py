"""The engine as an ASGI application: on its own, or in a host's FastAPI application."""

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from collab.engine import Engine
from collab.http.pages import add_pages
from collab.services.hooks import OnEdit, OnPresence
from collab.settings import Settings
from collab.storage.migrate import migrate

__all__ = ["Engine", "create_app", "own_app"]


def create_app(
    settings: Settings | None = None,
    host: FastAPI | None = None,
    *,
    has_page: bool | None = None,
    on_edit: OnEdit | None = None,
    on_presence: OnPresence | None = None,
) -> ASGIApp:
    """The engine as an ASGI application, its schema brought up to date.

    With `host`, it is mounted beside the routes of that FastAPI application, whose lifespan runs too. Without
    settings they come from the environment. `has_page` says whether the band's page is served at `/`: by default
    it is, but not in a host application. `on_edit` is called after the commit of each edit and `on_presence` with what
    each room is told, in order and beside the engine's own way: whatever they do, no edit waits for them or fails.
    `ValueError` where settings don't fit together.
    """
    settings = settings or Settings()
    engine = Engine(settings, on_edit=on_edit, on_presence=on_presence)
    migrate(settings.database_url)
    if host is None:
        return engine.attach(own_app(settings, has_page=has_page is not False))
    application = engine.attach(host)
    if has_page:
        add_pages(host)
    return application


def own_app(settings: Settings, *, has_page: bool = True) -> FastAPI:
    """The FastAPI application of an engine that runs on its own."""
    app = FastAPI(title="collab", version=version("collab"), docs_url="/docs", redoc_url=None)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type"],
        )
    if has_page:
        add_pages(app)
    return app
