"""What follows edits on their way, for who asks where their time goes: nobody, unless a setting names a collector."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from collab.services.editing.after_commit import Commit
from collab.services.ports import Journal

Tell: TypeAlias = Callable[[Commit], None]


class Traces(Protocol):
    """Takes part where an edit goes from hand to hand. `arrived` is called as an event of a client comes in, in the
    context that it is handled in."""

    @property
    def arrived(self) -> Callable[[], None] | None: ...

    def queueing(self, journal: Journal) -> Journal:
        """The same journal; what is submitted is followed."""
        ...

    def telling(self, tell: Tell) -> Tell:
        """What tells a commit; afterwards the ways of its edits are known."""
        ...

    async def close(self) -> None:
        """Hands on what is known."""
        ...


class Untraced:
    """Follows nothing: all is used as it is."""

    arrived: None = None

    def queueing(self, journal: Journal) -> Journal:
        return journal

    def telling(self, tell: Tell) -> Tell:
        return tell

    async def close(self) -> None: ...
