"""Exports: a content as a file, as it is or as it was at a version."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from collab.domain.bands import User
from collab.domain.kinds import Kinds
from collab.domain.ot.document import Document
from collab.domain.songs.found import identity
from collab.services.bands.contents import ContentService
from collab.services.editing.history import HistoryService
from collab.services.songs import sheets

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

    async def export(self, user: User, content_id: str, wanted: Format, version: int | None = None) -> Exported:
        """The file. Song texts that a setlist's songs have in the band's repertoire come with `chordpro` and `html`."""
        document = await self._history.document(user, content_id, version)
        if wanted == "json":
            body = sheets.as_json(document)
        elif wanted == "csv":
            body = sheets.as_csv(document, self._kinds.get(document.kind))
        else:
            make = sheets.as_chordpro if wanted == "chordpro" else sheets.as_html
            body = make(document, await self._charts(user, document))
        media_type, suffix = _MEDIA[wanted]
        return Exported(f"{document.title or document.kind}.{suffix}", media_type, body)

    async def _charts(self, user: User, document: Document) -> dict[str, str]:
        """The song texts by item id: the items' own, else those of the repertoire's songs that they are."""
        own = {item.id: item.fields["chart"] for item in document.items.values() if item.fields.get("chart")}
        if document.kind == "repertoire":
            return own
        by_id: dict[str, str] = {}
        by_identity: dict[tuple[str, str], str] = {}
        for content in await self._contents.summaries(document.band_id):
            if content.kind == "repertoire":
                songs = (await self._history.document(user, content.id)).items.values()
                by_id |= {song.id: song.fields["chart"] for song in songs if song.fields.get("chart")}
                by_identity |= {
                    identity(song.fields): song.fields["chart"] for song in songs if song.fields.get("chart")
                }
        found = {
            item.id: by_id.get(item.fields.get("song_id", "")) or by_identity.get(identity(item.fields), "")
            for item in document.items.values()
        }
        return {**found, **own}
