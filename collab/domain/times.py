"""Times as clients see them."""

from datetime import datetime


def rfc3339(at: datetime) -> str:
    """A time in UTC with milliseconds: `2026-12-04T20:30:00.000Z`."""
    return f"{at.strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03d}Z"
