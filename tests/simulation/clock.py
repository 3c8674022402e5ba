"""The clocks of a schedule: all run with the loop's time, and each node's own may be set wrong."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from collab.services.ports import Timer

BEGIN = datetime(2026, 12, 4, 20, 0, tzinfo=UTC)


def now_s() -> float:
    return asyncio.get_running_loop().time()


def now() -> datetime:
    return BEGIN + timedelta(seconds=now_s())


class NodeClock:
    """Implements `services.ports.Clock`, `ahead` of the true time. Timers take no notice of that, as on any system."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return now() + self.ahead

    def monotonic_s(self) -> float:
        return now_s()

    def call_at(self, at: datetime, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(max(0.0, (at - self.now()).total_seconds()), callback)
