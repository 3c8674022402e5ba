"""How `collab serve` listens."""

import asyncio
import gc
import socket
import weakref
from collections.abc import Iterator

import pytest

from collab.domain.errors import Unavailable
from collab.engine import Engine
from collab.serving import Server, bound_to, keep_from_the_collector, serve_until_stopped
from tests.support.serving import settings_for
from tests.support.waiting import until


@pytest.fixture
def accepted(sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The server's end of a connection, as it is accepted where `collab serve` listens."""
    taken: list[socket.socket] = []

    def run(_server: Server, sockets: list[socket.socket]) -> None:
        [bound] = sockets
        bound.listen()
        with socket.create_connection(bound.getsockname()):
            taken.append(bound.accept()[0])
        bound.close()

    monkeypatch.setattr(Server, "run", run)
    monkeypatch.setattr("collab.serving.collect_garbage_rarely", lambda: None)
    engine = Engine(settings_for(sqlite_database_url, ping_interval_s=7, ping_timeout_s=4))
    serve_until_stopped(engine, lambda *_: None, bound_to("127.0.0.1", 0), lambda _: None)  # type: ignore[arg-type]  # never called
    [connection] = taken
    with connection:
        yield connection


def test_an_address_of_another_machine_is_refused_in_a_sentence() -> None:
    with pytest.raises(Unavailable, match=r"192\.0\.2\.1 port 0 is none"):
        bound_to("192.0.2.1", 0)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone has the option")
def test_a_peer_that_takes_nothing_is_given_up_when_a_ping_would_be(accepted: socket.socket) -> None:
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 11_000


def test_no_answer_waits_for_the_peers_word_on_the_one_before(accepted: socket.socket) -> None:
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.mark.asyncio
async def test_what_has_come_in_is_set_aside_and_circles_in_it_are_found_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collab.serving.FREEZE_EVERY_S", 0.01)
    monkeypatch.setattr("collab.serving.COLLECT_EVERY_S", 0.1)
    gc.disable()
    ageing = asyncio.create_task(keep_from_the_collector())
    try:
        left_behind = weakref.ref(Circle())
        await until(lambda: gc.get_freeze_count() > 0)
        assert left_behind() is not None
        await until(lambda: left_behind() is None)
    finally:
        ageing.cancel()
        gc.unfreeze()
        gc.enable()
