"""The token bucket: how much passes at once, in the long run, and when a clock is set."""

import pytest
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


def test_the_wait_is_exactly_until_there_is_a_token() -> None:
    bucket = Bucket(Rate(per_s=4, burst=1), 100)
    assert _take(bucket, 100)
    assert bucket.wait_s(100.0625) == pytest.approx(0.1875)
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
    assert passed <= rate.burst + rate.per_s * now_s + 1e-6
