"""The engine as an ASGI application: on its own, or in a host's FastAPI application."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp

from collab.about import release
from collab.domain.access import Role
from collab.engine import Engine
from collab.from_settings import traffic_limits
from collab.http.admin import AdminPages
from collab.http.clashes import paths_of, refuse_clashes
from collab.http.compression import Compressed
from collab.http.door import Stranger, door_router
from collab.http.leaving import leaving_router, people_router
from collab.http.metrics import metrics_router
from collab.http.own_data import data_of_people_router, own_data_router
from collab.http.pages import StockPages, add_pages
from collab.http.rest import rest_routers
from collab.http.routes import UserCaller
from collab.http.tell import ServiceCaller, tell_router
from collab.http.traffic import Traffic
from collab.identify import HostTokens, Identify
from collab.protocol.ids import new_id
from collab.realtime.origins import is_of_own_page
from collab.services.bands.host_bands import OUR_ROLES, BandsOf
from collab.services.editing.hooks import OnEdit, OnPresence
from collab.services.ports import UNMETERED
from collab.settings import Settings
from collab.storage.migrate import migrate

__all__ = ["Engine", "attach", "create_app", "own_app", "rest_router"]


def create_app(
    settings: Settings | None = None,
    host: FastAPI | None = None,
    *,
    has_page: bool | None = None,
    on_edit: OnEdit | None = None,
    on_presence: OnPresence | None = None,
    identify: Identify | None = None,
    bands_of: BandsOf | None = None,
    roles: Mapping[str, Role] = OUR_ROLES,
) -> ASGIApp:
    """The engine as an ASGI application, its schema brought up to date.

    With `host`, it is mounted beside the routes of that FastAPI application, whose lifespan runs too. Without settings
    they come from the environment. `has_page` says whether the band's page is served, where the REST calls are: by
    default it is, but not in a host application. `on_edit` is called after the commit of each edit and `on_presence`
    with what each room is told, in order and beside the engine's own way: whatever they do, no edit waits for them or
    fails. `identify` says who somebody is by what they show, in place of JSON Web Tokens. `bands_of` says which bands a
    user is in, where the host keeps them, and `roles` which of ours each role of its own is. `ValueError` where
    settings don't fit together.
    """
    settings = settings or Settings()
    tokens = None if identify is None else HostTokens(identify)
    engine = Engine(settings, tokens=tokens, on_edit=on_edit, on_presence=on_presence, bands_of=bands_of, roles=roles)
    migrate(settings.database_url, may_be_newer=True)
    if host is None:
        return attach(engine, own_app(settings, has_page=has_page is not False))
    application = attach(engine, host)
    if has_page:
        add_pages(host, settings.rest_prefix, settings.socket_path)
    return application


def attach(engine: Engine, app: FastAPI) -> ASGIApp:
    """Adds an engine's REST calls to a FastAPI application; the engine runs with its lifespan, and is
    `app.state.collab` to its routes.

    Returns the application to serve: it answers at the path of the sockets itself and leaves all else to `app`.
    `ValueError` where a route that the application has already takes a path of the engine's; at the start of the
    lifespan, where one that it was given since does.
    """
    app.state.collab = engine
    others = list(app.router.routes)
    routers = list(_routers(engine))
    app.include_router(_together(engine, routers))
    paths = [*paths_of(routers, engine.settings.rest_prefix), *_add_admin(engine, app)]
    ours = [route for route in app.router.routes if route not in others]
    refuse_clashes(paths, others, ())
    of_the_host = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        routes = app.router.routes
        first = min(map(routes.index, ours))
        refuse_clashes(paths, routes[:first], [route for route in routes[first:] if route not in ours])
        async with engine.running(), of_the_host(app) as state:
            yield state or {}

    app.router.lifespan_context = lifespan
    return engine.socketio(app)


def rest_router(engine: Engine) -> APIRouter:
    """An engine's REST calls, for a host's own `include_router`. Its `engine.sockets` is then mounted by the host too,
    and runs, where the host's lifespan does not enter `engine.running()`, from its first use on."""
    return _together(engine, _routers(engine))


def own_app(settings: Settings, *, has_page: bool = True) -> FastAPI:
    """The FastAPI application of an engine that runs on its own."""
    # FastAPI's own /docs is fetched from two other hosts, which learn who reads it.
    app = FastAPIOffline(title="collab", version=release(), docs_url="/docs", redoc_url=None)
    app.add_middleware(StockPages, below=("/docs/", "/static-offline-docs/"))
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match"],
            expose_headers=["ETag"],
        )
    app.add_middleware(Compressed)
    if has_page:
        add_pages(app, settings.rest_prefix, settings.socket_path)
    return app


def _together(engine: Engine, routers: Iterable[APIRouter]) -> APIRouter:
    router = APIRouter(prefix=engine.settings.rest_prefix, dependencies=[Depends(engine.ready)])
    for part in routers:
        router.include_router(part)
    return router


def _routers(engine: Engine) -> Iterator[APIRouter]:
    settings = engine.settings
    traffic, meter = Traffic(traffic_limits(settings)), engine.prometheus or UNMETERED
    user = UserCaller(engine.tokens, engine.membership, engine.directory, engine.rates, traffic, engine.ready, meter)
    yield from rest_routers(
        user,
        engine.membership,
        engine.presence_reader,
        engine.contents,
        engine.history,
        engine.imports,
        engine.exports,
        engine.briefs,
        engine.health,
        new_id,
        settings.socket_path,
    )
    yield leaving_router(user, engine.leaving)
    yield own_data_router(user, engine.own_data)
    if engine.door is not None:
        stranger = Stranger(engine.door_rates, is_of_own_page, engine.rates, traffic, engine.ready, meter)
        yield door_router(engine.door, user, stranger)
    if settings.service_token is not None:
        service = ServiceCaller(settings.service_token.get_secret_value(), engine.rates, traffic, engine.ready, meter)
        yield tell_router(service, engine.host.tell_room)
        yield people_router(service, engine.leaving)
        yield data_of_people_router(service, engine.own_data)
    if engine.prometheus is not None and settings.metrics_token is not None:
        yield metrics_router(engine.prometheus.exposition, settings.metrics_token.get_secret_value())


def _add_admin(engine: Engine, app: FastAPI) -> list[tuple[str, str]]:
    """Adds the operators' pages, where there are to be any; returns the paths that they take."""
    if not engine.settings.admin_pages:
        return []
    app.add_middleware(StockPages, below=("/admin/",))
    AdminPages(engine.browser, engine.tokens).mount_to(app)
    return [("GET", "/admin/")]
