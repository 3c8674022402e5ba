"""Sockets without a token: how many may wait, and which makes room."""

from hypothesis import given
from hypothesis import strategies as st

from collab.realtime.tokenless import Tokenless


def test_the_oldest_of_an_address_makes_room_for_its_next() -> None:
    tokenless = Tokenless(max_sockets=10, max_per_address=2)
    assert [tokenless.add(socket, "a") for socket in ("1", "2", "3")] == [None, None, "1"]
    assert tokenless.discard("2")
    assert [tokenless.add(socket, "a") for socket in ("4", "5")] == [None, "3"]


def test_where_all_are_too_many_the_address_with_most_makes_room() -> None:
    tokenless = Tokenless(max_sockets=3, max_per_address=3)
    assert [tokenless.add(f"a{n}", "a") for n in range(3)] == [None] * 3
    assert tokenless.add("b", "b") == "a0"
    assert not tokenless.discard("a0")


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["a", "b", None]), st.booleans()), max_size=80))
def test_no_more_wait_than_may(steps: list[tuple[int, str | None, bool]]) -> None:
    tokenless = Tokenless(max_sockets=5, max_per_address=3)
    waiting: dict[str, str | None] = {}
    for number, address, is_opened in steps:
        socket = str(number)
        if not is_opened:
            assert tokenless.discard(socket) == (waiting.pop(socket, "none") != "none")
        elif socket not in waiting:
            waiting[socket] = address
            if (closed := tokenless.add(socket, address)) is not None:
                del waiting[closed]
        assert len(waiting) <= 5
        assert all(list(waiting.values()).count(one) <= 3 for one in ("a", "b", None))
