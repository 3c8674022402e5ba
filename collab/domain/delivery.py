"""What comes from other nodes may come late, twice, out of order or not at all: what has come is told apart here."""

from collections.abc import Sequence

from collab.domain.ot.edits import Edit

MAX_EARLY = 500
"""How many edits are kept that came too early. Where more come, what is missing won't come by itself."""


class Delivery:
    """Which edits of one content the listeners of a node have been given: each once, and in order, from the one after
    `began` on."""

    def __init__(self, version: int) -> None:
        self.began = self.version = version
        self._head = version
        self._early: dict[int, Edit] = {}

    @property
    def is_behind(self) -> bool:
        """Whether there are edits, as far as is known, that nobody has been given."""
        return self._head > self.version

    def hear_of(self, head: int) -> None:
        """The content is known to have reached a version."""
        self._head = max(self._head, head)

    def take(self, edits: Sequence[Edit] = ()) -> list[Edit]:
        """What is to be given out now, of these edits and of those that came too early before. What was given out
        before is not in it."""
        for edit in edits:
            self.hear_of(edit.version)
            if edit.version > self.version:
                self._early[edit.version] = edit
        ready: list[Edit] = []
        while (following := self._early.pop(self.version + 1, None)) is not None:
            self.version = following.version
            ready.append(following)
        if len(self._early) > MAX_EARLY:
            self._early.clear()
        return ready

    def skip_to(self, version: int) -> None:
        """Whatever is missing up to a version is not given out any more."""
        self.version = max(self.version, version)
        self.hear_of(version)
        for given in [early for early in self._early if early <= self.version]:
            del self._early[given]

    def forget_head(self) -> None:
        """There is nothing beyond what was given out, whatever was said."""
        self._head = self.version
        self._early.clear()


class Numbered:
    """Which of the numbered messages 1, 2, 3 … of one sender have come."""

    def __init__(self) -> None:
        self.floor = 0
        self._above: set[int] = set()

    def take(self, number: int) -> bool:
        """Whether this one comes for the first time."""
        if number <= self.floor or number in self._above:
            return False
        self._above.add(number)
        self._rise()
        return True

    def is_missing_some(self, last: int) -> bool:
        """Whether not all up to a number have come."""
        return self.floor < last

    def settle(self, last: int) -> None:
        """All up to a number are made up for: none of them is taken any more."""
        self.floor = max(self.floor, last)
        self._above = {number for number in self._above if number > self.floor}
        self._rise()

    def _rise(self) -> None:
        while self.floor + 1 in self._above:
            self.floor += 1
            self._above.remove(self.floor)
