"""The laws of presence, over any sequence of changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.access import BandRoom, SharedRoom
from collab.domain.bands import User
from collab.domain.ot.edits import Author, Edit
from collab.domain.ot.ops import Op, Remove, Set, Text
from collab.domain.ot.text import Delete
from collab.domain.presence import roster as presence
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Change, Diff, Presence, Roster
from collab.services.presence.news import PresenceNews
from tests.support.clock import ManualClock
from tests.support.examples import examples
from tests.support.receiving import fold

START = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
GRACE = timedelta(seconds=10)
IDLE_AFTER = timedelta(seconds=60)
ADA, BEN = User("ada", "Ada"), User("ben", "Ben")
SESSIONS = {"ada-1": ADA, "ada-2": ADA, "ada-3": ADA, "ben-1": BEN}

sessions = st.sampled_from(sorted(SESSIONS))
offsets = st.none() | st.integers(0, 9)
focuses = st.none() | st.builds(
    Focus, st.sampled_from([None, "iko", "saints"]), st.sampled_from(["title", "notes"]), offsets, offsets
)
items = st.sampled_from(["iko", "saints"])
ops: st.SearchStrategy[Op] = st.one_of(
    st.builds(Remove, items),
    st.builds(Set, items, st.just("notes"), st.sampled_from([None, "", "tag", "doors at 8"])),
    st.builds(Text, items, st.just("notes"), st.sampled_from([("la",), (3, "la"), (Delete(2),), (1, Delete(4), "x")])),
)
edits = st.builds(
    lambda made, session_id, undoes: Edit(
        "c", 1, "e", 0, Author("ada", "Ada"), session_id, tuple(made), (), START, undoes=undoes
    ),
    st.lists(ops, min_size=1, max_size=3),
    sessions,
    st.sampled_from([None, "another"]),
)
actions = st.one_of(
    st.tuples(st.just("enter"), sessions),
    st.tuples(st.just("leave"), sessions),
    st.tuples(st.just("lose"), sessions),
    st.tuples(st.just("hear"), sessions),
    st.tuples(st.just("update"), sessions, st.sampled_from(["active", "idle"]), focuses),
    st.tuples(st.just("edited"), edits),
    st.tuples(st.just("elapse"), st.sampled_from([0, 1, 9, 10, 11, 59, 60])),
)


@dataclass
class Band:
    """A roster and the time, and how an action changes them."""

    roster: Roster = field(default_factory=Roster)
    now: datetime = START

    def apply(self, action: Any) -> Change:
        match action:
            case ("enter", session_id):
                return presence.enter(self.roster, session_id, SESSIONS[session_id], self.now)
            case ("leave", session_id):
                return presence.leave(self.roster, session_id, self.now)
            case ("lose", session_id):
                return presence.lose(self.roster, session_id, self.now, GRACE)
            case ("hear", session_id):
                return presence.hear(self.roster, session_id, self.now)
            case ("update", session_id, status, focus):
                return presence.update(self.roster, session_id, self.now, status, focus)
            case ("edited", edit):
                return presence.edited(self.roster, edit)
            case ("elapse", seconds):
                self.now += timedelta(seconds=seconds)
                return presence.elapse(self.roster, self.now, IDLE_AFTER)
        raise AssertionError(action)

    def do(self, action: Any) -> Diff:
        self.roster, diff = self.apply(action)
        return diff


def shown(sessions_shown: Mapping[str, Presence]) -> dict[str, Any]:
    """What a receiver shows of sessions: all but when each was last heard of, which is no news."""
    return {
        session_id: (entry.user, entry.status, entry.focus, entry.joined_at)
        for session_id, entry in sessions_shown.items()
    }


def users_of(roster: Roster) -> set[str]:
    return {entry.user.id for entry in roster.sessions.values()}


@given(st.lists(actions), actions)
def test_the_same_change_again_changes_nothing(before: list[Any], action: Any) -> None:
    band = Band()
    for earlier in before:
        band.do(earlier)
    band.do(action)
    if action[0] == "edited":
        return  # the same insert twice moves a cursor twice: edits are told apart by their version
    again = ("elapse", 0) if action[0] == "elapse" else action
    roster, diff = band.apply(again)

    assert not diff
    assert roster == band.roster


@given(st.lists(actions), st.lists(actions))
def test_folding_the_diffs_over_the_roster_of_the_join_gives_a_fresh_roster(
    before: list[Any], after: list[Any]
) -> None:
    band = Band()
    for action in before:
        band.do(action)
    folded: Mapping[str, Presence] = band.roster.sessions
    for action in after:
        folded = fold(folded, band.do(action))
        assert shown(folded) == shown(band.roster.sessions)


@given(st.lists(actions))
def test_a_person_joins_and_leaves_by_turns_and_is_in_the_roster_between(history: list[Any]) -> None:
    band = Band()
    present: set[str] = set()
    for action in history:
        diff = band.do(action)
        for user in diff.joined:
            assert user.id not in present
            present.add(user.id)
        for left in diff.left:
            assert left.user_id in present
            assert left.last_seen <= band.now
            present.remove(left.user_id)
        assert present == users_of(band.roster)


@given(st.lists(actions))
def test_nobody_lingers_beyond_the_grace(history: list[Any]) -> None:
    band = Band()
    for action in history:
        band.do(action)
        connected = {key for key, entry in band.roster.sessions.items() if entry.lingers_until is None}
        due = presence.next_due(band.roster, IDLE_AFTER)
        lingering = [entry.lingers_until for entry in band.roster.sessions.values() if entry.lingers_until]
        assert due is not None or not lingering
        assert all(until <= band.now + GRACE for until in lingering)
        assert all(due is not None and due <= until for until in lingering)

        later, _ = presence.elapse(band.roster, band.now + GRACE, IDLE_AFTER)
        assert set(later.sessions) == connected


@given(st.lists(actions))
def test_elapse_has_nothing_to_do_before_it_is_due(history: list[Any]) -> None:
    band = Band()
    for action in history:
        band.do(action)
        band.do(("elapse", 0))
        due = presence.next_due(band.roster, IDLE_AFTER)
        just_before = START + timedelta(days=9) if due is None else due - timedelta(microseconds=1)
        assert not presence.elapse(band.roster, just_before, IDLE_AFTER)[1]
        if due is not None:
            assert presence.elapse(band.roster, due, IDLE_AFTER)[1]


class Told:
    """An announcer that remembers what one observer hears of a room, and when."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.diffs: list[tuple[datetime, Diff]] = []

    def presence(self, _room: SharedRoom, diff: Diff, _skip: str | None) -> None:
        self.diffs.append((self.clock.now(), diff))

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"expected nothing but presence, got {name}")


@given(st.lists(st.tuples(actions, st.sampled_from([0, 0.001, 0.02, 0.05, 0.3]))))
@examples(200)
def test_what_is_told_in_time_is_the_latest_state_and_at_most_twenty_times_a_second(
    history: list[tuple[Any, float]],
) -> None:
    clock = ManualClock(START)
    told = Told(clock)
    news = PresenceNews(told, clock, timedelta(milliseconds=50))
    band = Band()
    for action, wait_s in history:
        news.tell(BandRoom("b"), band.do(action), None)
        clock.advance(wait_s)
    clock.advance(0.05)

    folded: Mapping[str, Presence] = {}
    for _, diff in told.diffs:
        folded = fold(folded, diff)
    assert shown(folded) == shown(band.roster.sessions)

    times = [at for at, diff in told.diffs if diff.updated or diff.gone]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= timedelta(milliseconds=50) for gap in gaps)


@pytest.mark.parametrize("history", [["enter", "leave"], ["enter", "leave", "enter"], ["enter", "lose", "leave"]])
def test_who_comes_and_goes_between_two_messages_is_told_as_they_are_in_the_end(history: list[str]) -> None:
    clock = ManualClock(START)
    told = Told(clock)
    news = PresenceNews(told, clock, timedelta(milliseconds=50))
    band = Band()
    news.tell(BandRoom("b"), band.do(("enter", "ben-1")), None)
    for name in history:
        news.tell(BandRoom("b"), band.do((name, "ada-1")), None)
    clock.advance(0.05)

    folded: Mapping[str, Presence] = {}
    for _, diff in told.diffs:
        folded = fold(folded, diff)
        assert not {entry.session_id for entry in diff.updated} & set(diff.gone)
    assert shown(folded) == shown(band.roster.sessions)


@given(st.lists(actions))
def test_people_are_told_of_at_once(history: list[Any]) -> None:
    clock = ManualClock(START)
    told = Told(clock)
    news = PresenceNews(told, clock, timedelta(milliseconds=50))
    band = Band()
    for action in history:
        diff = band.do(action)
        before = len(told.diffs)
        news.tell(BandRoom("b"), diff, None)
        heard = [entry for _, entry in told.diffs[before:]]
        assert [user for entry in heard for user in entry.joined] == list(diff.joined)
        assert [left for entry in heard for left in entry.left] == list(diff.left)
