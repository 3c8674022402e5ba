"""The heartbeat goes on where the event loop is late, and wakes up once for all who are due in one beat."""

import asyncio
import time
from typing import Any

import pytest

from collab.engineio.connection import Connection
from collab.engineio.heartbeat import Heartbeat
from collab.engineio.packets import PING, Packet
from tests.support.connections import opening
from tests.support.waiting import until

uvloop = pytest.importorskip("uvloop")


class Sent(Connection):
    """Keeps what it is to send."""

    def send(self, packet: Packet) -> None:
        self.put(packet)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_connection_may_come_while_another_is_overdue(loop_factory: Any) -> None:
    async def come() -> list[Sent]:
        heartbeat = Heartbeat(0.001, 20)
        connections = [Sent(*opening()) for _ in range(3)]
        for connection in connections:
            heartbeat.add(connection)
            time.sleep(0.002)  # noqa: ASYNC251  # the loop is late
        await until(lambda: all(connection.waiting_count for connection in connections))
        heartbeat.stop()
        return connections

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        asked = runner.run(come())
    assert [{packet.data for packet in connection.take(100)} for connection in asked] == [{PING}] * 3


def test_who_comes_within_one_beat_is_pinged_in_one_turn() -> None:
    async def come() -> int:
        heartbeat = Heartbeat(0.4, 20)
        turns: set[int] = set()
        turn = 0

        class Noted(Sent):
            def send(self, packet: Packet) -> None:
                super().send(packet)
                turns.add(turn)

        connections = [Noted(*opening()) for _ in range(50)]
        for connection in connections:
            heartbeat.add(connection)
            await asyncio.sleep(0.001)
        while not all(connection.waiting_count for connection in connections):
            await asyncio.sleep(0)
            turn += 1
        heartbeat.stop()
        return len(turns)

    # A timer each would make about 50; a busy machine spreads their coming over some beats of 100 ms.
    assert asyncio.run(come()) < 25
