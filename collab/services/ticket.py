"""A ticket: what becomes of something that is under way. It is settled once, and heard by one.

An `asyncio.Future` calls back one turn of the event loop later. A ticket calls where it is settled, so that whoever
settles several decides what leaves before what: the answers of a commit before the news of it, for one. All of it
happens in the event loop; a thread settles a ticket by `call_soon_threadsafe`.
"""

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Ticket(Generic[T]):
    """Whoever awaits it gets the outcome, or the error raised.

    It keeps neither what was heard nor who heard it: an error knows the frames that it went through, and one of those
    may know the ticket. Only the garbage collector would free them.
    """

    __slots__ = ("_hear", "_is_settled", "_outcome")

    def __init__(self) -> None:
        self._is_settled = False
        self._hear: Callable[[T | Exception], None] | None = None
        self._outcome: T | Exception | None = None

    def settle(self, outcome: T | Exception) -> None:
        """Says what became of it. Whatever is said after the first time changes nothing."""
        if self._is_settled:
            return
        self._is_settled = True
        hear, self._hear = self._hear, None
        if hear is None:
            self._outcome = outcome
        else:
            hear(outcome)

    def then(self, hear: Callable[[T | Exception], None]) -> None:
        """Has one called with the outcome or the error: where it is settled, or at once if it is already."""
        if self._is_settled:
            outcome, self._outcome = self._outcome, None
            hear(cast("T | Exception", outcome))
        else:
            self._hear = hear

    def __await__(self) -> Generator[Any, None, T]:
        return self._future().__await__()

    def _future(self) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.then(partial(_resolve, future))
        return future


def _resolve(future: asyncio.Future[T], outcome: T | Exception) -> None:
    if future.done():
        # Whoever waited was cancelled.
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
