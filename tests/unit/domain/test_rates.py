"""The token bucket: how much passes at once, in the long run, and when a clock is set."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.rates import Bucket, Rate


def _take(bucket: Bucket, now_s: float) -> bool:
    if bucket.wait_s(now_s):
        return False
    bucket.spend()
    return True


def test_a_burst_passes_at_once_and_then_nothing() -> None:
    bucket = Bucket(Rate(per_s=10, burst=3), 0)
    assert [_take(bucket, 0) for _ in range(5)] == [True, True, True, False, False]


def test_the_wait_is_until_there_is_a_token_in_whole_milliseconds() -> None:
    bucket = Bucket(Rate(per_s=4, burst=1), 100)
    assert _take(bucket, 100)
    assert bucket.wait_s(100.0625) == 0.188
    assert bucket.wait_s(100.25) == 0


def test_asking_costs_nothing() -> None:
    bucket = Bucket(Rate(per_s=1, burst=2), 0)
    for _ in range(10):
        assert bucket.wait_s(0) == 0


def test_a_clock_that_is_set_back_neither_gives_nor_takes() -> None:
    bucket = Bucket(Rate(per_s=1, burst=1), 1_000)
    assert _take(bucket, 1_000)
    assert bucket.wait_s(0) == 1
    assert bucket.wait_s(1) == 0


@given(
    rate=st.builds(Rate, st.floats(0.1, 100), st.integers(1, 50)),
    pauses=st.lists(st.floats(0, 2), max_size=200),
)
def test_never_more_than_the_burst_and_the_pace_together(rate: Rate, pauses: list[float]) -> None:
    bucket, now_s, passed = Bucket(rate, 0), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        passed += _take(bucket, now_s)
    # A token that comes within the two microseconds that clocks are wrong by is there.
    assert passed <= rate.burst + rate.per_s * (now_s + 2e-6) + 1e-6


@given(
    per_s=st.floats(0.01, 1e7),
    debt=st.floats(0, 1e6),
    after=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20_000)),
)
def test_who_waits_as_long_as_told_is_let_in(per_s: float, debt: float, after: timedelta) -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC) + after
    bucket = Bucket(Rate(per_s, burst=1), now.timestamp())
    bucket.spend(1 + debt)
    wait_s = bucket.wait_s(now.timestamp())
    assert wait_s == 0 or wait_s >= 0.001
    assert bucket.wait_s((now + timedelta(seconds=wait_s)).timestamp()) == 0
