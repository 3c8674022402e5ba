"""The chain of a device's credentials: what is a copy and what only looks like one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.devices import GRACE, KEPT_FOR, Device, label_of, new_device, shown

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
LATER = NOW + GRACE
DEVICE = new_device("d", "ada", "Chrome on Android", NOW)


def test_a_link_that_is_shown_is_followed_by_the_next() -> None:
    device = shown(DEVICE, 1, LATER)
    assert (device.link, device.ended_at) == (2, None)
    assert shown(device, 2, LATER + GRACE).link == 3


def test_two_tabs_that_show_one_link_at_once_are_given_the_same() -> None:
    first = shown(DEVICE, 1, LATER)
    second = shown(first, 1, LATER + timedelta(seconds=1))
    assert (first.link, second.link, second.ended_at) == (2, 2, None)
    # A third one, which has the new one already, does not make it old for the other two.
    assert shown(second, 2, LATER + timedelta(seconds=2)).link == 2


def test_a_lost_answer_signs_nobody_out_however_long_ago_it_was() -> None:
    device = shown(shown(DEVICE, 1, LATER), 1, NOW + timedelta(days=30))
    assert (device.link, device.ended_at) == (3, None)


def test_who_took_the_lost_answer_is_found_out() -> None:
    device = shown(shown(DEVICE, 1, LATER), 1, LATER + GRACE)
    assert shown(device, 2, LATER + 2 * GRACE).ending == "copied"


@pytest.mark.parametrize("is_soon", [True, False], ids=["the new one shown within the grace", "and later"])
def test_a_link_that_is_shown_again_after_the_next_one_was_is_a_copy(*, is_soon: bool) -> None:
    after = shown(shown(DEVICE, 1, LATER), 2, LATER + (GRACE / 2 if is_soon else GRACE))
    ended = shown(after, 1, LATER + 3 * GRACE)
    assert (ended.ending, ended.is_signed_in(LATER + 3 * GRACE)) == ("copied", False)


def test_who_is_not_seen_for_long_is_signed_out() -> None:
    assert DEVICE.is_signed_in(NOW + KEPT_FOR - timedelta(seconds=1))
    assert not DEVICE.is_signed_in(NOW + KEPT_FOR)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 90)), min_size=4, max_size=40))
def test_a_thief_and_the_owner_do_not_both_go_on(turns: list[tuple[bool, int]]) -> None:
    """Each shows what they hold, in any order, further apart than the grace: once each has come after the other, the
    device is signed out."""
    device, at, holds, order = DEVICE, LATER, {True: 1, False: 1}, ""
    for who, wait_s in turns:
        at += GRACE + timedelta(seconds=wait_s)
        device = shown(device, holds[who], at)
        holds[who] = device.link
        if not order.endswith(str(who)[0]):
            order += str(who)[0]
        if device.ended_at is not None:
            break
    assert device.ended_at is not None or len(order) <= 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3_600)), max_size=60))
def test_who_loses_answers_and_is_alone_is_never_signed_out(turns: list[tuple[bool, int]]) -> None:
    device, at, holds = DEVICE, NOW, 1
    for is_lost, wait_s in turns:
        at += timedelta(seconds=wait_s)
        device = shown(device, holds, at)
        assert device.ended_at is None
        holds = holds if is_lost else device.link


def test_what_a_device_was_is_not_changed() -> None:
    assert shown(DEVICE, 1, LATER) != DEVICE
    assert replace(DEVICE) == Device("d", "ada", "Chrome on Android", NOW, NOW, NOW)


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("", "A browser"),
    ],
)
def test_a_device_is_called_by_what_its_browser_says(user_agent: str, label: str) -> None:
    assert label_of(user_agent) == label
