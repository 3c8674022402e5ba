"""What a node knows of another one: which of its messages came, and which word on each of its sessions is the last."""

from collections.abc import Hashable

from collab.domain.delivery import Numbered


class Peer:
    """Another node. `lease` is the name under which it holds its lease at present. `follows_bands` is False for one of
    the version before, which is told of all edits."""

    def __init__(self) -> None:
        self.lease: str | None = None
        self.follows_bands = True
        self.numbered = Numbered()
        self._latest: dict[Hashable, int] = {}

    def forget(self) -> None:
        """What it has said counts as unheard."""
        self.numbered = Numbered()
        self._latest.clear()

    def take(self, number: int) -> bool:
        """Whether this numbered message comes for the first time. All that it says is to be asked of `is_latest` before
        the next one is taken."""
        # Nothing can come any more that is older than the floor. This message may be: it raises the floor itself.
        self._latest = {key: latest for key, latest in self._latest.items() if latest > self.numbered.floor}
        return self.numbered.take(number)

    def is_latest(self, subject: Hashable, number: int) -> bool:
        """Whether a message is the last word on something so far; from then on an earlier one is not."""
        if number < self.last_word(subject):
            return False
        self._latest[subject] = number
        return True

    def last_word(self, subject: Hashable) -> int:
        """The number of the last word on something; 0 where none that is still to come can be older."""
        return self._latest.get(subject, 0)
