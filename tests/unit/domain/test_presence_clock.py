"""Rosters when the clock is set back."""

from datetime import UTC, datetime, timedelta

from collab.domain.bands import User
from collab.domain.presence.roster import Roster, elapse, enter, lose

NOW = datetime(2026, 12, 4, 20, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)
GRACE, IDLE_AFTER = timedelta(seconds=10), timedelta(seconds=60)


def _two() -> Roster:
    roster, _ = enter(Roster(), "1", User("ada", "Ada"), NOW)
    return enter(roster, "2", User("ben", "Ben"), NOW)[0]


def test_whose_connection_broke_before_has_gone() -> None:
    roster, _ = lose(_two(), "2", NOW, GRACE)
    roster, diff = elapse(roster, BEFORE, IDLE_AFTER)

    assert list(roster.sessions) == ["1"]
    assert [left.user_id for left in diff.left] == ["ben"]


def test_who_is_there_stays_and_is_idle_in_time() -> None:
    roster, diff = elapse(_two(), BEFORE, IDLE_AFTER)
    assert not diff

    roster, diff = elapse(roster, BEFORE + IDLE_AFTER, IDLE_AFTER)
    assert [presence.status for presence in diff.updated] == ["idle", "idle"]
