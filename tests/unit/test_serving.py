"""How `collab serve` listens."""

import socket

import pytest

from collab.engine import Engine
from collab.serving import Server, serve_until_stopped
from tests.support.serving import settings_for


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone has the option")
def test_a_peer_that_takes_nothing_is_given_up_when_a_ping_would_be(
    sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def run(_server: Server, sockets: list[socket.socket]) -> None:
        for bound in sockets:
            seen.append(bound.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
            bound.close()

    monkeypatch.setattr(Server, "run", run)
    monkeypatch.setattr("collab.serving.collect_garbage_rarely", lambda: None)
    engine = Engine(settings_for(sqlite_database_url, ping_interval_s=7, ping_timeout_s=4))
    serve_until_stopped(engine, lambda *_: None, "127.0.0.1", 0, lambda _: None)  # type: ignore[arg-type]  # never called
    assert seen == [11_000]
