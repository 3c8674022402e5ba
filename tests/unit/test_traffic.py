"""What REST calls may have on their way at once, and how many large answers are made at a time."""

import asyncio
from contextlib import ExitStack

import pytest
from fastapi import Response
from starlette.types import Message

from collab.domain.errors import RateLimited
from collab.http.exchange import PIECE_BYTES, Paced
from collab.http.traffic import Traffic, TrafficLimits

pytestmark = pytest.mark.asyncio

HTTP = {"type": "http"}
LIMITS = TrafficLimits(user_bytes=100, all_bytes=250, user_answers=2, all_answers=3, timeout_s=60)


async def test_a_user_and_all_have_so_many_bytes_on_their_way() -> None:
    traffic = Traffic(LIMITS)
    with ExitStack() as held:
        held.enter_context(traffic.held("ada", 60))
        with pytest.raises(RateLimited), traffic.held("ada", 50):
            pass
        held.enter_context(traffic.held("ada", 40))
        held.enter_context(traffic.held("ben", 100))
        with pytest.raises(RateLimited), traffic.held("cleo", 51):
            pass
        with traffic.held("cleo", 50):
            assert traffic.held_bytes == 250
    assert traffic.held_bytes == 0


async def test_what_is_larger_than_the_budget_goes_alone() -> None:
    traffic = Traffic(LIMITS)
    with traffic.held("ada", 1_000):
        for user in ("ada", "ben"):
            with pytest.raises(RateLimited), traffic.held(user, 1):
                pass


async def test_large_answers_are_made_in_turn_and_nobody_takes_all_places() -> None:
    traffic = Traffic(LIMITS)
    made: list[str] = []
    may_end = asyncio.Event()

    async def make(user: str) -> None:
        async with traffic.turn(user):
            made.append(user)
            await may_end.wait()

    async with asyncio.TaskGroup() as calls:
        for user in [*["ada"] * 10, "ben", "cleo"]:
            calls.create_task(make(user))
        for _ in range(20):
            await asyncio.sleep(0)
        # Two are ada's, and the last place is for the next who came.
        assert made == ["ada", "ada", "ben"]
        may_end.set()
    assert sorted(made) == ["ada"] * 10 + ["ben", "cleo"]


class _Client:
    """Takes so many pieces of an answer, then reads no more until it is told to."""

    def __init__(self, pieces: int) -> None:
        self.got: list[Message] = []
        self.goes_on = asyncio.Event()
        self._pieces = pieces

    async def send(self, message: Message) -> None:
        self.got.append(message)
        if len(self.got) > self._pieces:
            await self.goes_on.wait()

    async def receive(self) -> Message:
        raise AssertionError("expected an answer to be sent without reading")


def _paced(traffic: Traffic, size_bytes: int) -> Paced:
    return Paced(Response(b"x" * size_bytes, headers={"X-Request-ID": "r"}), traffic, "ada")


async def test_a_large_answer_leaves_in_pieces_and_counts_until_it_has_left() -> None:
    traffic = Traffic(TrafficLimits(10 * PIECE_BYTES, 10 * PIECE_BYTES, 1, 1, timeout_s=60))
    slow, other = _Client(pieces=2), _Client(pieces=100)
    sending = asyncio.create_task(_paced(traffic, 7 * PIECE_BYTES + 1)(HTTP, slow.receive, slow.send))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (len(slow.got), traffic.held_bytes) == (3, 7 * PIECE_BYTES + 1)
    await _paced(traffic, 4 * PIECE_BYTES)(HTTP, other.receive, other.send)
    assert other.got[0]["status"] == 429
    slow.goes_on.set()
    await sending
    assert (b"x-request-id", b"r") in slow.got[0]["headers"]
    pieces = [message["body"] for message in slow.got[1:]]
    assert [len(piece) for piece in pieces] == [*[PIECE_BYTES] * 7, 1]
    assert [message["more_body"] for message in slow.got[1:]] == [True] * 7 + [False]
    assert traffic.held_bytes == 0


async def test_who_does_not_read_an_answer_is_cut_off() -> None:
    traffic = Traffic(TrafficLimits(10 * PIECE_BYTES, 10 * PIECE_BYTES, 1, 1, timeout_s=0.01))
    client = _Client(pieces=1)
    with pytest.raises(TimeoutError):
        await _paced(traffic, 2 * PIECE_BYTES)(HTTP, client.receive, client.send)
    assert traffic.held_bytes == 0
