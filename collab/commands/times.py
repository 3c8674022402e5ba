"""Times and durations as they are typed on a command line."""

import re
from datetime import UTC, datetime, timedelta

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def duration(option: str, text: str) -> timedelta:
    """`30m`, `12h` or `7d`; `ValueError`, which names the option, for anything else."""
    match = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{option}: expected a number and a unit, such as 30m, 12h or 7d, got {text!r}")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def since_when(text: str, now: datetime) -> datetime:
    """The time that `--since` names: a date, a time (UTC unless it says otherwise), or so long ago."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return now - duration("--since", text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
