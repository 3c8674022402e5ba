"""Following: which bands' channels this node hears, those of the contents whose edits somebody here listens to.

A band is followed from the first such content on. Where there is none any more it is left with the next look (`keep`),
and so not at once: a page that is loaded anew is back by then.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from collab.services.ports import Bus


class Following:
    """`band_of` says whose a content is that somebody listens to."""

    def __init__(self, bus: Bus, band_of: Callable[[str], str]) -> None:
        self._bus = bus
        self._band_of = band_of
        self._contents: defaultdict[str, set[str]] = defaultdict(set)

    def begin(self, content_id: str) -> None:
        """Somebody listens to a content."""
        band_id = self._band_of(content_id)
        if band_id not in self._contents:
            self._bus.follow(band_id)
        self._contents[band_id].add(content_id)

    def keep(self, content_ids: Iterable[str]) -> None:
        """Nobody listens to any content but these."""
        kept = set(content_ids)
        for band_id, contents in list(self._contents.items()):
            contents &= kept
            if not contents:
                del self._contents[band_id]
                self._bus.leave(band_id)

    def contents_of(self, band_ids: Iterable[str]) -> list[str]:
        """The contents of these bands that somebody listens to."""
        return [content_id for band_id in band_ids for content_id in self._contents.get(band_id, ())]
