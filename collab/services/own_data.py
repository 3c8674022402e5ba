"""What is somebody's own: all that is stored of a person, as one JSON document (the law: GDPR, art. 15 and 20)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

import orjson

from collab.domain.leaving import nobody
from collab.services.browsing import Browser, Wanted

LISTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    # What it is called there: the list, the filter by a person, and the columns that are theirs.
    "bands": ("members", "user_id", ("band", "band_id", "role", "created_at")),
    "stays": (
        "stays",
        "user_id",
        ("room", "started_at", "ended_at", "end_reason", "transport", "user_agent", "remote_addr"),
    ),
    "edits": (
        "edits",
        "author_id",
        ("band", "kind", "content", "content_id", "version", "edit_id", "created_at", "undoes", "ops"),
    ),
}
"""What there may be much of: read a bounded piece at a time."""


class OwnStore(Protocol):
    async def of_person(self, user_id: str) -> Mapping[str, Any] | None:
        """What there is little of: the person themself, and lists by their names; None where they are not known."""
        ...


class OwnData:
    def __init__(self, store: OwnStore, browser: Browser) -> None:
        self._store = store
        self._browser = browser

    async def of(self, user_id: str) -> AsyncIterator[bytes]:
        """The document, in pieces. `NotFound` where nobody of that id is known."""
        few = await self._store.of_person(user_id)
        if few is None:
            raise nobody(user_id)
        return self._pieces(user_id, few)

    async def _pieces(self, user_id: str, few: Mapping[str, Any]) -> AsyncIterator[bytes]:
        yield orjson.dumps(few, option=orjson.OPT_UTC_Z)[:-1]
        for name, (listed, by, columns) in LISTS.items():
            yield f',"{name}":['.encode()
            places = [self._browser.listings[listed].columns.index(column) for column in columns]
            is_first = True
            async for piece in self._browser.pieces(listed, Wanted({by: user_id})):
                rows = orjson.dumps([_row(columns, places, row) for row in piece.rows], option=orjson.OPT_UTC_Z)
                yield rows[1:-1] if is_first else b"," + rows[1:-1]
                is_first = False
            yield b"]"
        yield b"}\n"


def _row(columns: Sequence[str], places: Sequence[int], row: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(columns, (row[place] for place in places), strict=True))
    if isinstance(values.get("ops"), str):
        # As it is stored, unread.
        values["ops"] = orjson.Fragment(values["ops"])
    return values
