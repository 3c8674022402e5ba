"""Chance: one stream of random numbers for each concern, all from one seed.

With one stream for all, a fault that is left out would shift what all others draw, and nothing that is left out could
be told from something else that happened.
"""

import random
from uuid import UUID


class Chance:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def of(self, concern: str) -> random.Random:
        """The stream of a concern, always the same for the same seed."""
        if concern not in self._streams:
            self._streams[concern] = random.Random(f"{self.seed} {concern}")  # noqa: S311  # no secret
        return self._streams[concern]

    def id(self, concern: str) -> str:
        """A UUID."""
        return str(UUID(int=self.of(concern).getrandbits(128), version=4))
