"""The heartbeat goes on where the event loop is late."""

import asyncio
from typing import Any

import pytest

from collab.engineio.connection import Connection
from collab.engineio.heartbeat import Heartbeat
from collab.engineio.packets import PING, Packet
from tests.support.connections import opening

uvloop = pytest.importorskip("uvloop")


class Sent(Connection):
    """Keeps what it is to send."""

    def send(self, packet: Packet) -> None:
        self.put(packet)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_connection_may_come_while_another_is_overdue(loop_factory: Any) -> None:
    async def come() -> list[Sent]:
        heartbeat = Heartbeat(0, 20)
        connections = [Sent(*opening()) for _ in range(3)]
        for connection in connections:
            heartbeat.add(connection)
        for _ in range(3):
            await asyncio.sleep(0)
        heartbeat.stop()
        return connections

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        asked = runner.run(come())
    assert [[packet.data for packet in connection.take(100)] for connection in asked] == [[PING]] * 3
