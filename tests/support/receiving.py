"""What a receiver makes of what a room is told about presence."""

from collections.abc import Mapping

from collab.domain.presence.roster import Diff, Presence


def fold(sessions: Mapping[str, Presence], diff: Diff) -> dict[str, Presence]:
    """The sessions that a receiver shows after a diff."""
    return {
        **{session_id: presence for session_id, presence in sessions.items() if session_id not in diff.gone},
        **{presence.session_id: presence for presence in diff.updated},
    }
