"""Every REST call, a router for each resource."""

from collections.abc import Callable, Iterator

from fastapi import APIRouter

from collab.about import release
from collab.http.bands import bands_router
from collab.http.contents import contents_router
from collab.http.documents import documents_router
from collab.http.exports import exports_router
from collab.http.health import health_router
from collab.http.history import history_router
from collab.http.imports import imports_router
from collab.http.kinds import kinds_router
from collab.http.outline import outline_router
from collab.http.presence import presence_router
from collab.http.routes import Caller
from collab.services.bands.contents import ContentService
from collab.services.bands.membership import MembershipService
from collab.services.editing.briefs import BriefService
from collab.services.editing.history import HistoryService
from collab.services.health import Health
from collab.services.presence.reader import PresenceReader
from collab.services.songs.exports import ExportService
from collab.services.songs.imports import ImportService


def rest_routers(
    who: Caller,
    membership: MembershipService,
    presence_reader: PresenceReader,
    contents: ContentService,
    history: HistoryService,
    imports: ImportService,
    exports: ExportService,
    briefs: BriefService,
    health: Health,
    new_id: Callable[[], str],
    socket_path: str,
) -> Iterator[APIRouter]:
    """The routers of an engine's services; `who` is the dependency that finds the caller."""
    yield bands_router(who, membership)
    yield presence_router(who, presence_reader)
    yield contents_router(who, contents, briefs, new_id)
    yield kinds_router(who, contents.kinds)
    yield history_router(who, history)
    yield outline_router(who, history, contents.kinds)
    yield imports_router(who, imports)
    yield exports_router(who, exports)
    yield documents_router(release(), socket_path)
    yield health_router(health)
