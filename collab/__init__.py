"""collab: bands edit setlists and repertoire together, live; every edit is kept in SQL.

What a host application imports:

    from collab import Settings, create_app
    application = create_app(Settings(), host=my_fastapi_app)
"""

from collab.app import Engine, create_app
from collab.domain.access import SharedRoom
from collab.domain.document import Document
from collab.domain.edits import Edit
from collab.domain.kinds import Kind, register_kind
from collab.domain.presence import Diff
from collab.settings import Settings

__all__ = ["Diff", "Document", "Edit", "Engine", "Kind", "Settings", "SharedRoom", "create_app", "register_kind"]
