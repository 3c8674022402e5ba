"""The broadcaster: all that rooms are told, in the order in which it came about: nobody sees version 8 before 7."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

import orjson
import structlog

from collab.domain.access import BandRoom, ContentRoom, Role, SharedRoom, UserRoom
from collab.domain.bands import Content, Job
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Set, Text
from collab.domain.ot.rebase import Accepted
from collab.domain.presence.roster import Diff, Roster
from collab.domain.times import rfc3339
from collab.protocol.events import Json, content_updated_json
from collab.realtime.rooms import Rooms
from collab.services.cluster.nodes import OtherNodes

log = structlog.get_logger(__name__)

MAX_TOLD_SESSIONS = 500
"""Sessions of a room in one message. A roster may be longer: a message may not be longer than a stock client takes."""


class Broadcaster:
    """Implements `services.ports.Announcer`, and hears of the journal's commits. A message of several edits takes up to
    `max_bytes`; how long one edit may be, the journal sees to.

    The rooms of bands and users may have listeners on `others`, who are told of contents and jobs through them. Edits
    and presence have ways of their own between nodes (services/cluster), and a membership each node reads anew.
    """

    def __init__(self, rooms: Rooms, max_bytes: int, others: OtherNodes) -> None:
        self._rooms = rooms
        self._max_bytes = max_bytes
        self._others = others

    def committed(self, accepted: Sequence[Accepted]) -> None:
        """The edits of one commit: each room gets one message, or as few as they fit into."""
        by_content = sorted(accepted, key=lambda entry: entry.edit.content_id)
        for _, entries in groupby(by_content, key=lambda entry: entry.edit.content_id):
            group = list(entries)
            edits = [entry.edit for entry in group]
            self.edits(edits)
            if any(map(_is_retitled, edits)):
                self._tell_title(group[-1])

    def retitled(self, accepted: Sequence[Accepted]) -> None:
        for entry in accepted:
            if _is_retitled(entry.edit):
                self._tell_title(entry)

    def edits(self, edits: Sequence[Edit]) -> None:
        """Tells the room of a content: by `content_edited`, or where there are several by `batch_update`."""
        content_id = edits[0].content_id
        room = ContentRoom(content_id).name
        if len(edits) == 1:
            self._put("content_edited", edits[0].to_json(), room, edits[0].session_id)
        elif self.listeners(content_id):
            for part in _parts(edits, self._max_bytes):
                senders = {edit.session_id for edit, _ in part}
                skip = part[0][0].session_id if len(senders) == 1 else None
                told = [body for _, body in part]
                if len(told) == 1:
                    self._put("content_edited", told[0], room, skip)
                else:
                    self._put("batch_update", {"room_id": room, "edits": told}, room, skip)

    def listeners(self, content_id: str) -> int:
        """How many sessions of this node are in the room of a content."""
        return len(self._rooms.sessions(ContentRoom(content_id).name))

    def serve_first(self, session_ids: Collection[str]) -> None:
        self._rooms.serve_first(session_ids)

    def content_updated(self, band: BandRoom, action: str, content: Content) -> None:
        payload = content_updated_json(content.kind, action, band.id, content.to_json())
        self._tell_everywhere("content_updated", payload, band.name)

    def refresh(self, session_or_room: str, band_id: str, contents: Sequence[Content]) -> int:
        """Sends a session, or a room, the list of a band's contents. Returns how many bytes that takes."""
        data = orjson.dumps([content.to_json() for content in contents])
        payload = content_updated_json("contents", "refresh", band_id, orjson.Fragment(data))
        self._put("content_updated", payload, session_or_room)
        return len(data)

    def membership_updated(self, user: UserRoom, action: str, band_id: str, role: Role | None) -> None:
        data = {"band_id": band_id, "role": role}
        self._put("content_updated", content_updated_json("membership", action, band_id, data), user.name)

    def job_status(self, band: BandRoom, job: Job, status: str, message: str) -> None:
        body = {"job_id": job.id, "status": status, "progress": job.percent, "message": message}
        self._tell_everywhere("sync_status", body, band.name)

    def job_progress(self, user: UserRoom, job: Job) -> None:
        self._tell_everywhere("progress", {"job_id": job.id, "percent": job.percent}, user.name)

    def job_complete(self, user: UserRoom, job: Job) -> None:
        self._tell_everywhere("complete", {"job_id": job.id, "result": dict(job.result)}, user.name)

    def presence(self, room: SharedRoom, diff: Diff, skip_session: str | None) -> None:
        for user in diff.joined:
            arrived = {"room": room.name, "user_id": user.id, "user": user.to_json()}
            self._put("user_joined", arrived, room.name, skip_session)
        for left in diff.left:
            gone = {"room": room.name, "user_id": left.user_id, "last_seen": rfc3339(left.last_seen)}
            self._put("user_left", gone, room.name, skip_session)
        if diff.updated or diff.gone:
            sessions = [entry.to_json() for entry in diff.updated]
            self._tell_sessions(room, room.name, sessions, diff.gone, skip_session)

    def roster(self, session_id: str, room: SharedRoom, roster: Roster) -> list[Json]:
        """The roster as the answer to `join_room` has it. Of a long one it has the latest, the session's own among
        them, and the session is told the others."""
        sessions = roster.to_json()
        if len(sessions) > MAX_TOLD_SESSIONS:
            self._tell_sessions(room, session_id, sessions[:-MAX_TOLD_SESSIONS])
        return sessions[-MAX_TOLD_SESSIONS:]

    def tell(self, session_or_room: str, event: str, payload: Json) -> None:
        """Sends an event to one session or room."""
        self._put(event, payload, session_or_room)

    def host_told(self, to: str, event: str, body: bytes) -> None:
        """Sends what the host application says, as JSON, to a room or a session, wherever it is."""
        payload = orjson.Fragment(body)
        self._put(event, payload, to)
        self._others.host_told(to, event, payload)

    def _tell_sessions(
        self,
        room: SharedRoom,
        to: str,
        sessions: Sequence[Json],
        gone: Sequence[str] = (),
        skip_session: str | None = None,
    ) -> None:
        for start in range(0, max(1, len(sessions)), MAX_TOLD_SESSIONS):
            changed: Json = {"room": room.name, "sessions": sessions[start : start + MAX_TOLD_SESSIONS]}
            if gone and start == 0:
                changed["gone"] = list(gone)
            self._put("presence_updated", changed, to, skip_session)

    def _tell_title(self, accepted: Accepted) -> None:
        self.content_updated(BandRoom(accepted.document.band_id), "update", _summary_of(accepted))

    def _tell_everywhere(self, event: str, payload: Json, room: str) -> None:
        self._put(event, payload, room)
        self._others.event(room, event, payload)

    def _put(self, event: str, payload: Any, room: str, skip: str | None = None) -> None:
        try:
            self._rooms.tell(room, event, payload, skip)
        except Exception:
            # The edge of the broadcaster: one message that can't be sent must not stop what else is to be done.
            log.exception("a message could not be sent", event_name=event, room=room)


def _parts(edits: Sequence[Edit], max_bytes: int) -> Iterator[list[tuple[Edit, orjson.Fragment]]]:
    """Edits, each with its JSON, made once, in parts of up to `max_bytes`."""
    part: list[tuple[Edit, orjson.Fragment]] = []
    size_bytes = 0
    for edit in edits:
        body = orjson.dumps(edit.to_json())
        if part and size_bytes + len(body) > max_bytes:
            yield part
            part, size_bytes = [], 0
        part.append((edit, orjson.Fragment(body)))
        size_bytes += len(body) + len(",")
    yield part


def _is_retitled(edit: Edit) -> bool:
    return any(isinstance(op, Set | Text) and op.item is None and op.field == "title" for op in edit.ops)


def _summary_of(accepted: Accepted) -> Content:
    edit, document = accepted.edit, accepted.document
    return Content(document.id, document.band_id, document.kind, document.title, document.version, edit.at, edit.author)
