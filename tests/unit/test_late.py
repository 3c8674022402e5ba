"""How long a client may be without a token: longer where the time runs out again and again."""

from datetime import timedelta

from collab.realtime.late import FREE_TIMEOUTS, MAX_DOUBLINGS, TokenTime
from tests.support.clock import ManualClock

TIMEOUT = timedelta(seconds=5)


def test_it_doubles_up_to_a_bound() -> None:
    clock = ManualClock()
    time = TokenTime(clock, TIMEOUT)
    given = []
    for _ in range(FREE_TIMEOUTS + MAX_DOUBLINGS + 3):
        began_at = clock.now()
        given.append(time.at("here") / TIMEOUT)
        clock.advance(time.at("here").total_seconds())
        time.ran_out("here", began_at)
    assert given == [1, 1, 1, 2, 4, 8, 16, 16, 16, 16]
    assert time.at("elsewhere") == time.at(None) == TIMEOUT


def test_it_begins_anew_where_nothing_has_run_out_for_a_while() -> None:
    clock = ManualClock()
    time = TokenTime(clock, TIMEOUT)
    for _ in range(FREE_TIMEOUTS + 1):
        time.ran_out("here", clock.now())
    given = time.at("here")
    assert given == 4 * TIMEOUT
    clock.advance(2 * given.total_seconds())
    assert time.at("here") == given
    clock.advance(0.001)
    assert time.at("here") == TIMEOUT
    time.ran_out("here", clock.now())
    assert time.at("here") == TIMEOUT


def test_many_side_by_side_count_as_one() -> None:
    clock = ManualClock()
    time = TokenTime(clock, TIMEOUT)
    for _ in range(FREE_TIMEOUTS - 1):
        began_at = clock.now()
        for _ in range(20):
            clock.advance(1)
            time.ran_out("here", began_at)
    assert time.at("here") == TIMEOUT
