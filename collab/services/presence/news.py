"""What the rooms hear of presence: at once who came and who went, and a few times a second what else has changed.

A room without a digest is told of a change at once, and gets a digest for the interval that follows. Changes in that
time are gathered in the digest, the latest state of each session alone; when the time is up the room is told them, and
the next interval begins. A digest in which nothing was gathered ends that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from collab.domain.access import SharedRoom
from collab.domain.presence.roster import Diff, Presence
from collab.services.ports import Announcer, Clock


@dataclass(slots=True)
class Digest:
    """What changed since a room was last told: the latest state of each session alone."""

    updated: dict[str, Presence] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    speakers: set[str | None] = field(default_factory=set)

    def add(self, diff: Diff, speaker: str | None) -> None:
        for session_id in diff.gone:
            self.updated.pop(session_id, None)
            self.gone[session_id] = None
        for presence in diff.updated:
            self.gone.pop(presence.session_id, None)
            self.updated[presence.session_id] = presence
        self.speakers.add(speaker)

    def diff(self) -> Diff:
        return Diff(updated=tuple(self.updated.values()), gone=tuple(self.gone))

    def only_speaker(self) -> str | None:
        """The session that made all of these changes itself, if there is one."""
        return next(iter(self.speakers)) if len(self.speakers) == 1 else None


class PresenceNews:
    """Tells a room of changed sessions at once, and then again no sooner than after `interval`.

    `speaker` is the session that a change comes from: it is not told of its own word, unless that is told
    together with others'. `on_news` hears of all that a room is told.
    """

    def __init__(
        self,
        announcer: Announcer,
        clock: Clock,
        interval: timedelta,
        on_news: Callable[[SharedRoom, Diff], None] = lambda _room, _diff: None,
    ) -> None:
        self._announcer = announcer
        self._on_news = on_news
        self._clock = clock
        self._interval = interval
        self._digests: dict[SharedRoom, Digest] = {}

    def tell(self, room: SharedRoom, diff: Diff, speaker: str | None) -> None:
        if diff.joined or diff.left:
            self._announce(room, Diff(joined=diff.joined, left=diff.left), speaker)
        if not (diff.updated or diff.gone):
            return
        if (digest := self._digests.get(room)) is not None:
            digest.add(diff, speaker)
        else:
            self._send(room, Diff(updated=diff.updated, gone=diff.gone), speaker)

    def _send(self, room: SharedRoom, diff: Diff, skip: str | None) -> None:
        self._announce(room, diff, skip)
        if self._interval > timedelta(0):
            self._digests[room] = Digest()
            self._clock.call_at(self._clock.now() + self._interval, lambda: self._due(room))

    def _announce(self, room: SharedRoom, diff: Diff, skip: str | None) -> None:
        self._announcer.presence(room, diff, skip)
        self._on_news(room, diff)

    def _due(self, room: SharedRoom) -> None:
        digest = self._digests.pop(room)
        if diff := digest.diff():
            self._send(room, diff, digest.only_speaker())
