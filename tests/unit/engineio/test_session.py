"""A session makes the moves of its table and no others; what is sent waits in order; silence ends it, slowness not."""

from itertools import product

import pytest

from collab.engineio.packets import PING, Packet, message
from collab.engineio.session import MOVES, Asked, Flow, Misplaced, Move, Reason, Session, Silence, State


def in_state(state: State) -> Session:
    session = Session("s")
    session.state = state
    return session


@pytest.mark.parametrize(("before", "move"), list(product(State, Move)))
def test_each_state_makes_the_moves_of_the_table_and_no_others(before: State, move: Move) -> None:
    session = in_state(before)
    if (before, move) in MOVES:
        session.move(move)
        assert session.state is MOVES[before, move]
    else:
        with pytest.raises(Misplaced, match=f"{before.value} makes no move '{move.value}'"):
            session.move(move)
        assert session.state is before


def test_nothing_comes_back_from_closed_and_all_lead_there() -> None:
    assert {before for before, move in MOVES if move is Move.CLOSE} == set(State) - {State.CLOSED}
    assert State.CLOSED not in {before for before, _ in MOVES}


def test_a_session_closes_once_and_forgets_what_waits() -> None:
    session = in_state(State.POLLING)
    session.put(message("news"))
    assert session.close(Reason.CLIENT)
    assert not session.close(Reason.SERVER)
    session.put(message("more"))
    assert (session.reason, session.waiting_count, session.waiting_bytes) == (Reason.CLIENT, 0, 0)


def test_what_waits_is_taken_in_order_in_pieces_and_a_ping_first() -> None:
    session = in_state(State.WEBSOCKET)
    for number in range(4):
        session.put(message(str(number) * 10))
    session.put(Packet(PING))
    assert (session.waiting_count, session.waiting_bytes) == (5, 45)
    taken = []
    while session.waiting_count:
        taken.append([str(packet.data)[:2] for packet in session.take(23)])
    assert taken == [["2", "40", "41"], ["42", "43"]]
    assert session.waiting_bytes == 0


def test_what_is_larger_than_a_piece_is_a_piece() -> None:
    session = in_state(State.WEBSOCKET)
    for size in (50, 1):
        session.put(message("x" * size))
    assert [len(session.take(10)), len(session.take(10))] == [1, 1]


def looked_at(flows: list[Flow]) -> list[Silence]:
    """What is to be done each second after a ping, where an interval is 6 s and a timeout 4."""
    asked = Asked(0.0, Flow(100, 100, 50))
    return [asked.look(float(at), flow, 6, 4) for at, flow in enumerate(flows, 1)]


def test_who_is_silent_for_a_timeout_is_given_up() -> None:
    assert looked_at([Flow(100, 100, 50)] * 4) == [Silence.WAIT] * 3 + [Silence.GIVE_UP]


def test_who_sends_or_takes_what_came_before_the_ping_is_there_and_asked_again() -> None:
    sends = [Flow(100 + at, 100, 50) for at in range(1, 8)]
    takes = [Flow(100, 100 + at, 50 - at) for at in range(1, 8)]
    expected = [Silence.WAIT] * 5 + [Silence.ASK_AGAIN, Silence.WAIT]
    assert looked_at(sends) == expected
    assert looked_at(takes) == expected


def test_who_takes_only_what_comes_behind_the_ping_is_given_up() -> None:
    """The system of a process that stands still goes on to take in what it is sent."""
    assert looked_at([Flow(100, 150 + at, 0) for at in range(1, 6)])[-1] is Silence.GIVE_UP
