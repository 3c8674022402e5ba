"""Exports: a content as a file, as it is or as it was at a version."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from collab.domain.bands import User
from collab.domain.charts.playing import Played, Reader, played
from collab.domain.kinds import Kinds
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields
from collab.domain.songs.found import identity
from collab.services.bands.contents import ContentService
from collab.services.editing.history import HistoryService
from collab.services.songs import paper, sheets

Format: TypeAlias = Literal["json", "csv", "chordpro", "html"]

_MEDIA = {
    "json": ("application/json", "json"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "chordpro": ("text/plain; charset=utf-8", "cho"),
    "html": ("text/html; charset=utf-8", "html"),
}

MEDIA_TYPES = tuple(media_type.partition(";")[0] for media_type, _ in _MEDIA.values())


@dataclass(frozen=True, slots=True)
class Exported:
    """A file: its name, media type and content."""

    name: str
    media_type: str
    body: bytes


class ExportService:
    def __init__(self, history: HistoryService, contents: ContentService, kinds: Kinds) -> None:
        self._history = history
        self._contents = contents
        self._kinds = kinds

    async def export(
        self, user: User, content_id: str, wanted: Format, version: int | None = None, reader: Reader | None = None
    ) -> Exported:
        """The file. With `chordpro` and `html` come the charts of a setlist's songs, from the band's repertoire, as
        `reader` plays them in it; a repertoire's own leave as they are with `chordpro`, to come back so."""
        document = await self._history.document(user, content_id, version)
        if wanted == "json":
            body = sheets.as_json(document)
        elif wanted == "csv":
            body = sheets.as_csv(document, self._kinds.get(document.kind))
        elif wanted == "html":
            body = paper.as_html(document, await self._charts(user, document, reader))
        elif document.kind == "repertoire":
            body = sheets.as_chordpro(document, {song.id: song.fields.get("chart", "") for song in document.ordered()})
        else:
            charts = await self._charts(user, document, reader)
            body = sheets.as_chordpro(document, {item_id: made.chart for item_id, made in charts.items()})
        media_type, suffix = _MEDIA[wanted]
        return Exported(f"{document.title or document.kind}.{suffix}", media_type, body)

    async def _charts(self, user: User, document: Document, reader: Reader | None) -> dict[str, Played]:
        """The charts by item id: the items' own, else those of the repertoire's songs that they are."""
        songs = await self._songs(user, document)
        return {
            item_id: played(song["chart"], song, document.items[item_id].fields, reader)
            for item_id, song in songs.items()
            if song.get("chart")
        }

    async def _songs(self, user: User, document: Document) -> dict[str, Fields]:
        """The song that each item is, by the item's id: where it has no chart of its own, one of the repertoire."""
        own = {item.id: item.fields for item in document.items.values() if item.fields.get("chart")}
        if document.kind == "repertoire":
            return own
        by_id: dict[str, Fields] = {}
        by_identity: dict[tuple[str, str], Fields] = {}
        for content in await self._contents.summaries(document.band_id):
            if content.kind == "repertoire":
                songs = (await self._history.document(user, content.id)).items.values()
                by_id |= {song.id: song.fields for song in songs if song.fields.get("chart")}
                by_identity |= {identity(song.fields): song.fields for song in songs if song.fields.get("chart")}
        found = {
            item.id: by_id.get(item.fields.get("song_id", "")) or by_identity.get(identity(item.fields), {})
            for item in document.items.values()
        }
        return {**found, **own}
