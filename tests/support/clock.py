"""A clock that tests move by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter

from collab.clock import SystemClock

SLACK_S = 90.0
"""How far the real clock, which tokens are signed by, may have gone on since a `ManualClock` began, and the leeway of
30 s that a session outlives its token by."""


@dataclass(eq=False)
class ManualTimer:
    at: datetime
    callback: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


@dataclass
class ManualClock:
    """Implements `services.ports.Clock`. It begins at the real time, so that real tokens are good. How long something
    really takes is not for the test to say: durations are real."""

    current: datetime = field(default_factory=lambda: datetime.now(UTC))
    timers: list[ManualTimer] = field(default_factory=list)

    def now(self) -> datetime:
        return self.current

    def monotonic_s(self) -> float:
        return perf_counter()

    def call_at(self, at: datetime, callback: Callable[[], None]) -> ManualTimer:
        timer = ManualTimer(at, callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Moves the time on; what falls due meanwhile is called, in order, each at its own time."""
        end = self.current + timedelta(seconds=seconds)
        while due := [timer for timer in self.timers if timer.at <= end]:
            timer = min(due, key=lambda timer: timer.at)
            self.timers.remove(timer)
            if not timer.is_cancelled:
                self.current = max(self.current, timer.at)
                timer.callback()
        self.current = end


class SteppedClock(SystemClock):
    """The system's clock, as somebody sets it anew while the server runs. Timers take no notice, as on any system."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self._offset

    def step(self, by: timedelta) -> None:
        self._offset += by
