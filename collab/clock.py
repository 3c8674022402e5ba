"""The system's clock."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from collab.services.ports import Timer


class SystemClock:
    """Implements `services.ports.Clock`; timers run on the event loop that is running when they are set."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def call_at(self, at: datetime, callback: Callable[[], None]) -> Timer:
        delay_s = max(0.0, (at - self.now()).total_seconds())
        return asyncio.get_running_loop().call_later(delay_s, callback)
