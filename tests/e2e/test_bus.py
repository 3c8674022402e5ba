"""The bus as it is over a real server: who hears what, and what becomes of it while the server is away."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from collab.bus.redis_bus import RedisBus
from collab.bus.resp import Address, Refused
from tests.support.valkey import Valkey, valkey_server
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

DOCS = (Path(__file__).parents[2] / "collab" / "docs" / "operate.md").read_text()


class Heard:
    """A node's bus, and what it hears, in order."""

    def __init__(self, url: str) -> None:
        self.bus = RedisBus(url)
        self.messages: list[bytes] = []
        self.connected = 0
        self.followed: list[str] = []

    def _connected(self) -> None:
        self.connected += 1

    async def started(self) -> None:
        self.bus.start(self.messages.append, self._connected, self.followed.append)
        await until(lambda: self.connected == 1)


@asynccontextmanager
async def buses(url: str, count: int = 2) -> AsyncIterator[Sequence[Heard]]:
    heard = [Heard(url) for _ in range(count)]
    for each in heard:
        await each.started()
    yield heard
    for each in heard:
        await each.bus.close()


async def test_a_band_is_heard_by_those_who_follow_it_and_all_else_by_everybody(bus_url: str) -> None:
    async with buses(bus_url) as [a, b]:
        b.bus.follow("one")
        await until(lambda: b.followed == ["one"])
        for message, band_id in ((b"1", "one"), (b"2", "two"), (b"3", None), (b"4", "one")):
            a.bus.publish(message, band_id)
        await until(lambda: b.messages == [b"1", b"3", b"4"] and a.messages == [b"3"])
        b.bus.leave("one")
        b.bus.follow("two")
        await until(lambda: b.followed == ["one", "two"])
        for message, band_id in ((b"5", "one"), (b"6", "two")):
            a.bus.publish(message, band_id)
        await until(lambda: b.messages[3:] == [b"6"])


async def test_bands_are_heard_again_before_it_is_said_that_the_bus_is_back_and_nothing_said_is_lost() -> None:
    with valkey_server() as valkey:
        async with buses(valkey.url) as [a, b]:
            b.bus.follow("one")
            await until(lambda: b.followed == ["one"])
            await _restarted(valkey, [a, b])
            b.bus.follow("two")
            many = [str(number).encode() for number in range(2_500)]
            for message in many:
                a.bus.publish(message, "one")
            a.bus.publish(b"last", "two")
            valkey.start()
            await until(lambda: (a.connected, b.connected) == (2, 2))
            # It hears both from the moment on in which it is connected; whoever was sooner was not heard.
            a.bus.publish(b"now", "one")
            a.bus.publish(b"now", "two")
            await until(lambda: b.messages[-1:] == [b"now"] and b.messages.count(b"now") == 2)
            assert b.followed == ["one"]


async def test_the_last_messages_leave_before_the_end(bus_url: str) -> None:
    async with buses(bus_url) as [a, b]:
        many = [str(number).encode() for number in range(3_000)]
        for message in many:
            a.bus.publish(message)
        await a.bus.close()
        await until(lambda: b.messages == many)


async def test_a_server_that_refuses_says_why(bus_url: str) -> None:
    with pytest.raises(Refused, match=r"WRONGPASS|AUTH"):
        await Address(bus_url.replace("://", "://ada:wrong@")).connect(RedisBus(bus_url))


async def test_what_speaks_otherwise_is_no_bus() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Refused, match="speaks RESP"):
            await Address(f"redis://127.0.0.1:{port}").connect(RedisBus("redis://127.0.0.1"))


async def _restarted(valkey: Valkey, heard: Sequence[Heard]) -> None:
    await asyncio.to_thread(valkey.stop)
    await until(lambda: not any(each.bus.is_connected for each in heard))


async def test_a_user_of_the_server_needs_no_more_than_the_docs_say() -> None:
    [channels] = re.findall(r"`(resetchannels [^`]*)`", DOCS)
    [commands] = re.findall(r"`(\+hello [^`]*)`", DOCS)
    with valkey_server() as valkey:
        rules = (*channels.replace("N", "1").split(), *commands.split())
        await asyncio.to_thread(_make_user, valkey.url, rules)
        host = urlsplit(valkey.url).netloc
        async with buses(f"redis://collab:pass@{host}/1") as [a, b]:
            b.bus.follow("one")
            await until(lambda: b.followed == ["one"])
            a.bus.publish(b"1", "one")
            b.bus.leave("one")
            a.bus.publish(b"2")
            await until(lambda: b.messages[-1:] == [b"2"])


def _make_user(url: str, rules: Sequence[str]) -> None:
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", "collab", "on", ">pass", *rules)
