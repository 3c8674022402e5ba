"""Whose edits a webhook is given next: what fails, or is much, holds up nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.outbox import (
    GIVEN_UP_AFTER,
    MAX_AT_ONCE,
    MAX_RETRIES,
    MAX_RETRY_S,
    MIN_AT_ONCE,
    PARKED_AFTER,
    Pace,
    Waiting,
    next_turn,
    retry_in_s,
)


def content(name: str, band: str = "band", failures: int = 0) -> Waiting:
    return Waiting(name, band, 0, 1, failures)


def all_at_work(waiting: list[Waiting]) -> list[Waiting]:
    """Who is at work once nobody more may begin."""
    at_work: list[Waiting] = []
    while (chosen := next_turn([one for one in waiting if one not in at_work], at_work)) is not None:
        at_work.append(chosen)
    return at_work


def test_who_waits_longest_comes_first() -> None:
    waiting = [content("a"), content("b")]
    assert next_turn(waiting, []) == waiting[0]
    assert next_turn([], []) is None


def test_who_failed_comes_after_who_did_not() -> None:
    assert next_turn([content("a", failures=9), content("b", failures=1), content("c")], []) == content("c")
    assert next_turn([content("a", failures=9), content("b", failures=1)], []) == content("b", failures=1)


def test_what_fails_however_much_leaves_room_for_all_others() -> None:
    failing = [content(f"f{number}", f"band {number % 7}", failures=3) for number in range(100)]
    assert len(all_at_work(failing)) == MAX_RETRIES
    assert next_turn([*failing, content("new", "band 1")], all_at_work(failing)) == content("new", "band 1")


def test_a_band_with_much_leaves_room_for_all_others() -> None:
    loud = [content(f"l{number}", "loud") for number in range(100)]
    assert len(all_at_work(loud)) == MIN_AT_ONCE // 2
    assert next_turn([*loud, content("quiet", "quiet")], all_at_work(loud)) == content("quiet", "quiet")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=60))
def test_places_are_shared_evenly_and_none_stays_free(drawn: list[tuple[int, int]]) -> None:
    waiting = [content(f"c{number}", f"band {band}", failures) for number, (band, failures) in enumerate(drawn)]
    at_work = all_at_work(waiting)
    assert len(at_work) <= MIN_AT_ONCE
    assert sum(one.failures > 0 for one in at_work) <= MAX_RETRIES
    bands = {one.band_id for one in waiting}
    counts = {band: sum(one.band_id == band for one in at_work) for band in bands}
    for band in bands:
        left = [one for one in waiting if one.band_id == band and one not in at_work and not one.failures]
        # Who has to wait has as many at work as any other band, or all places are taken by now.
        assert not left or counts[band] == MIN_AT_ONCE // 2 or len(at_work) == MIN_AT_ONCE
        assert not left or counts[band] >= max(counts.values()) - 1 - MAX_RETRIES


def test_more_are_delivered_at_once_while_answers_come_as_fast_as_ever() -> None:
    pace = Pace()
    assert pace.at_once == MIN_AT_ONCE
    for _ in range(10 * MAX_AT_ONCE**2):
        pace.answered(0.01)
    assert pace.at_once == MAX_AT_ONCE
    for _ in range(3 * MAX_AT_ONCE):
        pace.answered(0.5)
    assert MIN_AT_ONCE < pace.at_once < MAX_AT_ONCE - 2
    for _ in range(3):
        pace.failed()
    assert pace.at_once == MIN_AT_ONCE


def test_a_receiver_that_is_slow_from_now_on_is_known_for_it_after_a_while() -> None:
    pace = Pace()
    pace.answered(0.001)
    for _ in range(10_000):
        pace.answered(0.2)
    assert pace.at_once > MIN_AT_ONCE


@given(st.lists(st.one_of(st.none(), st.floats(0, 60)), max_size=300))
def test_the_pace_keeps_its_bounds_whatever_comes(answers: list[float | None]) -> None:
    pace = Pace()
    for seconds in answers:
        if seconds is None:
            pace.failed()
        else:
            pace.answered(seconds)
        assert MIN_AT_ONCE <= pace.at_once <= MAX_AT_ONCE


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_retry_waits_longer_each_time_and_never_too_long(failures: int, spread: float) -> None:
    delay_s = retry_in_s(failures, 1.0, spread)
    assert min(2.0 ** min(failures - 1, 40), MAX_RETRY_S) / 2 <= delay_s <= MAX_RETRY_S
    assert retry_in_s(failures + 1, 1.0, spread) >= delay_s


def test_parked_is_after_a_quarter_of_an_hour_and_given_up_after_a_day() -> None:
    def after_s(count: int) -> float:
        return sum(retry_in_s(failures, 1.0, 0.5) for failures in range(1, count))

    assert 300 < after_s(PARKED_AFTER) < 1_800
    assert 20 * 3_600 < after_s(GIVEN_UP_AFTER) < 30 * 3_600
