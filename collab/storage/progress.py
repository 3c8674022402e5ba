"""How far long work on a database is."""

from collections.abc import Callable
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with how much is done and how much there is in all, in any unit; 0 in all where that is not known."""


def unwatched(_done: int, _total: int) -> None:
    """Tells nobody: for work that nobody watches."""
