"""Connections without a token: how many may wait, and which makes room."""

from hypothesis import given
from hypothesis import strategies as st

from collab.realtime.connection import Connection
from collab.realtime.tokenless import Tokenless
from tests.support.connections import unconnected


def of(address: str | None, count: int) -> list[Connection]:
    """So many connections of an address, none of which has a socket."""
    return [unconnected(address) for _ in range(count)]


def test_the_oldest_of_an_address_makes_room_for_its_next() -> None:
    tokenless = Tokenless(max_connections=10, max_per_address=2)
    first, second, third, fourth, fifth = of("a", 5)
    assert [tokenless.add(connection) for connection in (first, second, third)] == [None, None, first]
    assert tokenless.discard(second)
    assert [tokenless.add(connection) for connection in (fourth, fifth)] == [None, third]


def test_where_all_are_too_many_the_address_with_most_makes_room() -> None:
    tokenless = Tokenless(max_connections=3, max_per_address=3)
    many = of("a", 3)
    assert [tokenless.add(connection) for connection in many] == [None] * 3
    assert tokenless.add(*of("b", 1)) is many[0]
    assert not tokenless.discard(many[0])


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["a", "b", None]), st.booleans()), max_size=80))
def test_no_more_wait_than_may(steps: list[tuple[int, str | None, bool]]) -> None:
    tokenless = Tokenless(max_connections=5, max_per_address=3)
    waiting: set[Connection] = set()
    known: dict[int, Connection] = {}
    for number, address, is_opened in steps:
        connection = known.setdefault(number, *of(address, 1))
        if not is_opened:
            assert tokenless.discard(connection) == (connection in waiting)
            waiting.discard(connection)
        elif connection not in waiting:
            waiting.add(connection)
            if (closed := tokenless.add(connection)) is not None:
                waiting.remove(closed)
        assert len(waiting) <= 5
        assert all([one.address for one in waiting].count(address) <= 3 for address in ("a", "b", None))
