"""Times as clients see them."""

from datetime import UTC, datetime


def rfc3339(at: datetime) -> str:
    """A time in UTC with milliseconds: `2026-12-04T20:30:00.000Z`."""
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{in_utc.isoformat(timespec='milliseconds')[:-6]}Z"
