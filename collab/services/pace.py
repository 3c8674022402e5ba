"""Pace: how long work on a database leaves it to others after each of its turns."""

from datetime import datetime

BESIDE_MEMBERS, ALONE = 9.0, 1.0
"""So many times what a turn took is paused after it."""

QUIET_AFTER_S = 10.0
"""Nobody edits where nobody has for so long."""


class Pace:
    """Until it has looked for that long, or is told that it was quiet before, somebody may be editing. `alone` is what
    is paused where nobody does."""

    def __init__(self, latest: datetime | None, now_s: float, quiet_for_s: float = 0.0, alone: float = ALONE) -> None:
        self._seen = latest
        self._edited_s = now_s - quiet_for_s
        self._alone = alone
        self.is_quiet = quiet_for_s > QUIET_AFTER_S

    @property
    def factor(self) -> float:
        """How many times what a turn took is to be paused after it."""
        return self._alone if self.is_quiet else BESIDE_MEMBERS

    def look(self, latest: datetime | None, now_s: float) -> None:
        """`latest` is when the latest edit was made, by whatever clock, and `now_s` is of a clock that only runs on."""
        if latest is not None and (self._seen is None or latest > self._seen):
            self._edited_s = now_s
        self._seen = latest
        self.is_quiet = now_s - self._edited_s > QUIET_AFTER_S
