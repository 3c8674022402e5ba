"""collab: bands edit setlists and repertoire together, live; every edit is kept in SQL.

What a host application imports:

    from collab import Settings, create_app
    application = create_app(Settings(), host=my_fastapi_app)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collab.app import attach, create_app, rest_router
    from collab.domain.access import SharedRoom
    from collab.domain.kinds import Kind, register_kind
    from collab.domain.ot.document import Document
    from collab.domain.ot.edits import Edit
    from collab.domain.presence.roster import Diff
    from collab.engine import Engine
    from collab.identify import Person, Shown
    from collab.realtime.host import HostSession
    from collab.settings import Settings

__all__ = [
    "Diff",
    "Document",
    "Edit",
    "Engine",
    "HostSession",
    "Kind",
    "Person",
    "Settings",
    "SharedRoom",
    "Shown",
    "attach",
    "create_app",
    "register_kind",
    "rest_router",
]

_HOMES = {
    "Diff": "collab.domain.presence.roster",
    "Document": "collab.domain.ot.document",
    "Edit": "collab.domain.ot.edits",
    "Engine": "collab.engine",
    "HostSession": "collab.realtime.host",
    "Kind": "collab.domain.kinds",
    "Person": "collab.identify",
    "Settings": "collab.settings",
    "Shown": "collab.identify",
    "SharedRoom": "collab.domain.access",
    "attach": "collab.app",
    "create_app": "collab.app",
    "register_kind": "collab.domain.kinds",
    "rest_router": "collab.app",
}


def __getattr__(name: str) -> Any:
    # Looked up when asked for: whoever needs the client or a command alone does not wait for the whole engine.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
