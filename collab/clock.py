"""The system's clock."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter

from collab.services.ports import Timer


class SystemClock:
    """Implements `services.ports.Clock`; timers run on the event loop that is running when they are set."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return perf_counter()

    def call_at(self, at: datetime, callback: Callable[[], None]) -> Timer:
        delay_s = max(0.0, (at - self.now()).total_seconds())
        return asyncio.get_running_loop().call_later(delay_s, callback)
