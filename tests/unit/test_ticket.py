"""A ticket is settled once, and heard once, where it is settled."""

import asyncio
import gc
import weakref

import pytest

from collab.domain.errors import Unavailable
from collab.services.ticket import Ticket


def test_who_hears_does_so_where_the_ticket_is_settled_and_once() -> None:
    heard: list[int | Exception] = []
    ticket: Ticket[int] = Ticket()
    ticket.then(heard.append)
    assert heard == []
    ticket.settle(1)
    assert heard == [1]
    ticket.settle(2)
    ticket.settle(Unavailable("too late"))
    assert heard == [1]


def test_who_comes_after_it_is_settled_hears_at_once() -> None:
    heard: list[int | Exception | None] = []
    ticket: Ticket[int | None] = Ticket()
    ticket.settle(None)
    ticket.settle(2)
    ticket.then(heard.append)
    assert heard == [None]


@pytest.mark.asyncio
@pytest.mark.parametrize("is_settled_first", [True, False])
async def test_who_waits_gets_the_outcome_or_the_error(is_settled_first: bool) -> None:
    loop = asyncio.get_running_loop()
    good, bad = Ticket[int](), Ticket[int]()
    if is_settled_first:
        good.settle(1)
        bad.settle(Unavailable("down"))
    else:
        loop.call_soon(good.settle, 1)
        loop.call_soon(bad.settle, Unavailable("down"))
    assert await good == 1
    with pytest.raises(Unavailable, match="down"):
        await bad


@pytest.mark.asyncio
async def test_a_ticket_of_which_nobody_wants_to_hear_any_more_is_settled_all_the_same() -> None:
    ticket: Ticket[int] = Ticket()

    async def wait() -> int:
        return await ticket

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    ticket.settle(1)
    assert waiting.cancelled()


class _Weak(Exception):
    """An error that says when it is gone."""


@pytest.mark.asyncio
@pytest.mark.parametrize("is_settled_first", [True, False])
async def test_an_error_that_was_heard_is_kept_by_nobody(is_settled_first: bool) -> None:
    async def refused() -> "weakref.ref[_Weak]":
        ticket: Ticket[int] = Ticket()
        error = _Weak()
        gone = weakref.ref(error)
        if is_settled_first:
            ticket.settle(error)
        else:
            asyncio.get_running_loop().call_soon(ticket.settle, error)
        del error
        try:
            await ticket
        except _Weak:
            return gone
        raise AssertionError("expected the error")

    gc.disable()
    try:
        gone = await refused()
        await asyncio.sleep(0)
        assert gone() is None
    finally:
        gc.enable()
