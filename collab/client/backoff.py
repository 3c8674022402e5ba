"""Back-off: how long to wait before the next try. Longer each time, and spread, so that clients don't come in step."""

import random
from collections.abc import Callable

from collab.domain.errors import CollabError, RateLimited


class Backoff:
    """Doubles from `first_s` up to `max_s`, each time between half and one and a half of that: `chance` gives numbers
    from 0 to below 1."""

    def __init__(
        self, first_s: float = 0.25, max_s: float = 15.0, *, chance: Callable[[], float] = random.random
    ) -> None:
        self._chance = chance
        self._first_s = first_s
        self._max_s = max_s
        self._tries = 0

    def delay_s(self, error: CollabError | None = None) -> float:
        """The seconds until the next try, and never less than the server asked for with `rate_limited`."""
        # Beyond 2 ** 30 it is the longest delay anyway.
        steady_s = min(self._first_s * 2.0 ** min(self._tries, 30), self._max_s)
        self._tries += 1
        asked_s = float(error.details["retry_after"]) if isinstance(error, RateLimited) else 0.0
        spread = self._chance()
        return max(asked_s * (1 + spread / 4), steady_s * (0.5 + spread))

    def reset(self) -> None:
        """It has worked: the next trouble begins anew."""
        self._tries = 0
