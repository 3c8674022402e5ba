"""Rates in bytes: what is told only afterwards leaves a debt, and holds up what would add to it until it is paid."""

import pytest

from collab.domain.bands import User
from collab.domain.errors import RateLimited
from collab.domain.rates import Rate
from collab.services.buckets import RateLimits, Sort
from collab.services.ports import Identity
from collab.services.rates import FREE_BYTES, Rates
from collab.services.session import Session
from tests.support.clock import ManualClock

MANY = Rate(1_000, 1_000)
LIMITS = RateLimits(
    edits=MANY,
    presence=MANY,
    requests=MANY,
    creations=MANY,
    written=Rate(1_000, 10_000),
    told=Rate(1_000, 10_000),
    read=Rate(1_000, 10_000),
    user_factor=2,
    band_factor=4,
)


class Home:
    """Ada's two sessions and one of Ben's."""

    def __init__(self, rates: Rates, clock: ManualClock) -> None:
        self.ada, self.hers_too, self.ben = (_session(rates, clock, user_id) for user_id in ("ada", "ada", "ben"))


@pytest.fixture
def rates(clock: ManualClock) -> Rates:
    return Rates(LIMITS, clock, lambda _: None)


@pytest.fixture
def home(rates: Rates, clock: ManualClock) -> Home:
    return Home(rates, clock)


def _session(rates: Rates, clock: ManualClock, user_id: str) -> Session:
    session = Session(user_id)
    session.identity = Identity(User(user_id, user_id), clock.now(), clock.now())
    rates.begin(session)
    rates.identify(session)
    return session


def _waits(rates: Rates, session: Session, event: str) -> float:
    """How long a session has to wait for such an event."""
    try:
        rates.take(session, event)
    except RateLimited as error:
        return float(error.details["retry_after"])
    return 0


def test_more_than_a_burst_passes_once_and_then_nothing_until_it_is_made_up_for(
    rates: Rates, home: Home, clock: ManualClock
) -> None:
    rates.charge("written", 14_000, "band", "ada", home.ada)
    assert _waits(rates, home.ada, "edit_content") == pytest.approx(4, abs=0.01)
    clock.advance(4.1)
    assert _waits(rates, home.ada, "edit_content") == 0


@pytest.mark.parametrize(
    ("sort", "held_up"),
    [
        ("written", ["edit_content", "undo_edit"]),
        ("told", ["edit_content", "undo_edit"]),
        ("read", ["edit_content", "undo_edit", "join_room", "request_update"]),
    ],
)
def test_a_debt_holds_up_what_would_add_to_it(rates: Rates, home: Home, sort: Sort, held_up: list[str]) -> None:
    rates.charge(sort, 11_000, "band", "ada", home.ada)
    events = ["edit_content", "undo_edit", "join_room", "request_update", "update_presence"]
    assert [event for event in events if _waits(rates, home.ada, event)] == held_up


def test_a_user_answers_for_all_their_sessions_and_a_band_for_all_its_members(rates: Rates, home: Home) -> None:
    rates.charge("written", 11_000, "band", "ada", home.ada)
    assert _waits(rates, home.hers_too, "edit_content") == 0
    rates.charge("written", 10_000, "band", "ada", home.hers_too)
    assert _waits(rates, home.hers_too, "edit_content") == pytest.approx(0.5, abs=0.01)
    rates.require_band("band", "edits")
    rates.charge("written", 19_500, "band", "ben")
    assert _waits(rates, home.ben, "edit_content") == 0
    with pytest.raises(RateLimited, match="fewer bytes written"):
        rates.require_band("band", "edits")
    rates.require_band("band", "requests")
    rates.require_band("another", "edits")


def test_any_debt_holds_up_a_call(rates: Rates) -> None:
    rates.take_call("ada")
    rates.charge("written", 21_000, "band", "ada")
    with pytest.raises(RateLimited):
        rates.take_call("ada")
    rates.take_call("ben")


def test_what_is_small_is_free(rates: Rates, home: Home) -> None:
    for _ in range(1_000):
        rates.charge("written", FREE_BYTES, "band", "ada", home.ada)
    assert _waits(rates, home.ada, "edit_content") == 0


def test_without_limits_nothing_is_charged(clock: ManualClock) -> None:
    rates = Rates(None, clock, lambda _: None)
    ada = _session(rates, clock, "ada")
    rates.charge("written", 10**12, "band", "ada", ada)
    rates.take(ada, "edit_content")
    rates.take_call("ada")
    rates.require_band("band", "edits")


@pytest.mark.parametrize(("wait_s", "told_s"), [(0.0001, 0.001), (0.5, 0.5), (2.0004, 2.001)])
def test_nobody_is_told_to_wait_too_little(wait_s: float, told_s: float) -> None:
    assert RateLimited("too much", wait_s).details == {"retry_after": told_s}
