"""What listeners are given comes once and in order, whatever the messages between nodes do."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.delivery import Delivery, Numbered
from collab.domain.ot.edits import Author, Edit
from collab.domain.presence.peers import Peer

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)


def edits(*versions: int) -> list[Edit]:
    return [Edit("c", version, f"e{version}", 0, Author("ada", "Ada"), None, (), (), NOW) for version in versions]


def given_out(delivery: Delivery, *versions: int) -> list[int]:
    return [edit.version for edit in delivery.take(edits(*versions))]


def test_what_comes_in_turn_is_given_out() -> None:
    delivery = Delivery(4)
    assert given_out(delivery, 5, 6) == [5, 6]
    assert not delivery.is_behind


def test_what_came_before_is_not_given_out_again() -> None:
    delivery = Delivery(4)
    assert given_out(delivery, 3, 4) == []
    assert given_out(delivery, 4, 5) == [5]
    assert given_out(delivery, 5) == []
    assert not delivery.is_behind


def test_what_comes_too_early_waits_for_what_is_missing() -> None:
    delivery = Delivery(4)
    assert given_out(delivery, 6) == []
    assert delivery.is_behind
    assert given_out(delivery, 5, 6) == [5, 6]
    assert not delivery.is_behind


def test_a_head_tells_of_what_was_lost() -> None:
    delivery = Delivery(4)
    delivery.hear_of(3)
    assert not delivery.is_behind
    delivery.hear_of(6)
    assert delivery.is_behind
    delivery.forget_head()
    assert not delivery.is_behind


def test_what_is_skipped_is_never_given_out() -> None:
    delivery = Delivery(4)
    delivery.skip_to(9)
    assert given_out(delivery, 5, 6, 9) == []
    assert given_out(delivery, 10) == [10]
    delivery.skip_to(2)
    assert delivery.version == 10


messages = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4), st.booleans()), max_size=30)


@given(messages)
def test_listeners_get_every_version_once_and_in_order(sent: list[tuple[int, int, bool]]) -> None:
    delivery, heard = Delivery(0), list[int]()
    for first, count, is_read in sent:
        heard += given_out(delivery, *range(first, first + count))
        if is_read and delivery.is_behind:
            # The database has all of them.
            heard += given_out(delivery, *range(delivery.version + 1, 16))
        assert heard == list(range(1, len(heard) + 1))
    highest = max((first + count - 1 for first, count, _ in sent), default=0)
    assert delivery.is_behind == (highest > delivery.version)


@given(st.lists(st.integers(1, 10), max_size=40), st.integers(0, 6))
def test_each_number_is_taken_once(numbers: list[int], settled: int) -> None:
    numbered = Numbered()
    numbered.settle(settled)
    taken = [number for number in numbers if numbered.take(number)]
    assert sorted(taken) == sorted({number for number in numbers if number > settled})
    for last in range(11):
        assert numbered.is_missing_some(last) == (not set(range(settled + 1, last + 1)) <= set(taken))


def test_numbers_that_came_early_count_once_the_rest_is_settled() -> None:
    numbered = Numbered()
    assert numbered.take(4)
    numbered.settle(3)
    assert numbered.floor == 4
    assert not numbered.take(2)


def test_a_word_that_comes_late_is_not_the_last_one() -> None:
    peer = Peer()
    assert peer.take(3)
    assert peer.is_latest("ben", 3)
    assert peer.take(2)
    assert not peer.is_latest("ben", 2)
    assert peer.is_latest("ada", 2)
    assert peer.last_word("ben") == 3


def test_what_no_message_can_be_older_than_is_forgotten() -> None:
    peer = Peer()
    for number in (1, 2, 3):
        assert peer.take(number)
        assert peer.is_latest("ben", number)
    assert peer.take(4)
    assert peer.last_word("ben") == 0


def test_a_late_message_about_several_overrides_none_that_said_more_since() -> None:
    peer = Peer()
    assert peer.take(2)
    assert peer.is_latest("ada", 2)
    # With it all up to 2 have come.
    assert peer.take(1)
    assert peer.is_latest("ben", 1)
    assert not peer.is_latest("ada", 1)
