"""Where an import goes: the band's repertoire, or a setlist of its own for a file that is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from collab.domain.bands import User
from collab.domain.fields import value_problem
from collab.domain.kinds import FieldTypes, Kinds
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Value
from collab.domain.songs.found import Entry, Songs
from collab.domain.songs.plan import Incoming, Policy
from collab.services.bands.contents import ContentService
from collab.services.ports import HistoryReader


@dataclass(frozen=True, slots=True)
class Target:
    """A content, and what is to be brought into it."""

    content_id: str
    work: Sequence[dict[str, Value]]


class Targets:
    def __init__(self, contents: ContentService, reader: HistoryReader, kinds: Kinds) -> None:
        self._contents = contents
        self._reader = reader
        self._kinds = kinds

    @property
    def song_types(self) -> FieldTypes:
        """What a song may have anywhere: which it is for shows by the file alone."""
        return {**self._kinds.get("setlist").item_types["song"], **self._kinds.get("repertoire").item_types["song"]}

    async def repertoire(self, band_id: str) -> Document:
        """The document that songs would go into; an empty one where the band has none."""
        theirs = [content.id for content in await self._contents.summaries(band_id) if content.kind == "repertoire"]
        return await self._reader.document(theirs[0]) if theirs else Document("", "repertoire", band_id, 0)

    async def of(
        self, user: User, band_id: str, name: str, songs: Songs, policy: Policy, choices: Mapping[int, Policy]
    ) -> Target:
        """Where these songs go, made where it is not there yet."""
        if songs.setlist:
            content_id = await self._new_setlist(user, band_id, name, songs.setlist_fields)
            return Target(content_id, [self._incoming("setlist", entry, "both") for entry in songs.setlist])
        return Target(
            await self._contents.first_of(user, band_id, "repertoire", "Repertoire"),
            [
                self._incoming("repertoire", entry, choices.get(number, policy), is_chosen=number in choices)
                for number, entry in enumerate(songs.entries)
            ],
        )

    async def _new_setlist(self, user: User, band_id: str, name: str, fields: Fields) -> str:
        """The id of a setlist with what a file says of it, and no items yet."""
        types = self._kinds.get("setlist").fields
        known = {field: value for field, value in fields.items() if field in types}
        good = {field: value for field, value in known.items() if not value_problem(types[field], value)}
        title = str(good.pop("title", "") or PurePosixPath(name).stem)
        return (await self._contents.create(user, band_id, "setlist", title, good)).id

    def _incoming(self, kind: str, entry: Entry, policy: Policy, *, is_chosen: bool = False) -> dict[str, Value]:
        types = self._kinds.get(kind).item_types.get(entry.type, {})
        fields = {name: value for name, value in entry.fields.items() if name in types}
        return Incoming(fields, policy, entry.type, is_chosen).to_json()
