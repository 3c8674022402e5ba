"""collab: bands edit setlists and repertoire together, live; every edit is kept in SQL.

What a host application imports:

    from collab import Settings, create_app
    application = create_app(Settings(), host=my_fastapi_app)
"""

from collab.app import Engine, create_app
from collab.domain.kinds import Kind, register_kind
from collab.settings import Settings

__all__ = ["Engine", "Kind", "Settings", "create_app", "register_kind"]
