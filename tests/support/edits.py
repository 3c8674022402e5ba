"""Edits as they are told, of no document in particular."""

from datetime import UTC, datetime

from collab.domain.ot.edits import Author, Edit
from collab.domain.ot.ops import Set

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)


def edit(content_id: str, version: int) -> Edit:
    ops = (Set(None, "venue", f"place {version}"),)
    return Edit(content_id, version, f"{content_id}-{version}", version - 1, Author("ada", "Ada"), "s", ops, ops, NOW)
