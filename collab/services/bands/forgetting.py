"""Forgetting: every few minutes the directory lets go of the bands that nobody is here for any more."""

from collections.abc import Callable, Collection
from datetime import timedelta

from collab.services.bands.directory import Directory
from collab.services.ports import Clock, Timer

FORGET_EVERY = timedelta(minutes=5)
"""Much longer than any call or event takes, which may go on with what it was let in by."""


class Forgetting:
    """`here` gives the ids of the users who have a session on this node."""

    def __init__(self, directory: Directory, here: Callable[[], Collection[str]], clock: Clock) -> None:
        self._directory = directory
        self._here = here
        self._clock = clock
        self._timer: Timer | None = None

    def start(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + FORGET_EVERY, self._forget)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _forget(self) -> None:
        self._directory.forget(self._here())
        self.start()
