"""A band, for who is online in it and which contents it has."""

from collections.abc import Callable, Mapping
from typing import Any

from collab.client.connection import Connection
from collab.client.events import ContentListed, ContentUnlisted
from collab.client.outside import REAL, Outside
from collab.client.room import Room
from collab.client.wire import summary_of
from collab.domain.access import BandRoom
from collab.domain.bands import Content as Summary


class Band(Room[BandRoom, ContentListed | ContentUnlisted]):
    """Kept up to date while the client is connected. Made by `CollabClient.band`."""

    def __init__(
        self, band_id: str, ack_timeout_s: float, forget: Callable[[str], None], outside: Outside = REAL
    ) -> None:
        super().__init__(BandRoom(band_id), ack_timeout_s, forget, outside)
        self._contents: dict[str, Summary] = {}

    @property
    def band_id(self) -> str:
        return self.id

    @property
    def contents(self) -> Mapping[str, Summary]:
        """The contents that are not archived, by id. A summary's version is that of when it was told."""
        return dict(self._contents)

    def _enter(self, _connection: Connection, answer: Any) -> None:
        self._list(answer["contents"])

    def _take_in(self, event: str, payload: Any) -> None:
        if event != "content_updated":
            super()._take_in(event, payload)
            return
        match payload["action"]:
            case "refresh":
                self._list(payload["data"])
            case "remove":
                gone = summary_of(self.id, payload["data"])
                self._contents.pop(gone.id, None)
                self._source.publish(ContentUnlisted(gone))
            case _:
                listed = summary_of(self.id, payload["data"])
                self._contents[listed.id] = listed
                self._source.publish(ContentListed(listed))

    def _list(self, bodies: Any) -> None:
        self._contents = {body["id"]: summary_of(self.id, body) for body in bodies}
