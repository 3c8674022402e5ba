"""uvicorn's websocket with a short way: whichever way a message takes, all of them come, in their order."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.utils import apply_mask

from collab.realtime import push
from collab.realtime.push import PushWebSocket, pushing
from tests.support.waiting import until

_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: band.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_PLAIN = bytes(4)
"""The mask that leaves a payload as it is."""

_MASK = b"\x9c\x03\xd5\x6e"
_WHOLE_TEXT = 0x81


class _Transport(asyncio.Transport):
    """Takes all that is written, and is never full."""

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False
        self._is_reading = True

    def write(self, data: Any) -> None: ...

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        self._is_reading = True

    def is_reading(self) -> bool:
        return self._is_reading

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


class _Application:
    """Hears every message by one way or the other; takes those of `takes` where they arrive, one after another."""

    def __init__(self, takes: Sequence[bool]) -> None:
        self.heard: list[str] = []
        self._takes = iter(takes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pushed = pushing(scope)
        assert pushed is not None
        await send({"type": "websocket.accept"})
        pushed.on_text = self._take
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.receive":
                self.heard.append(message["text"])

    def _take(self, text: str) -> bool:
        if next(self._takes, True):
            self.heard.append(text)
            return True
        return False


def _frame(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bytes = _MASK) -> bytes:
    """A frame as a client sends it. `Frame` masks at random, and an example must be the same bytes each time."""
    whole = Frame(opcode, data, fin).serialize(mask=False)
    head = whole[: len(whole) - len(data)]
    return bytes((head[0], head[1] | 0x80)) + head[2:] + mask + apply_mask(data, mask)


def _whole(text: str) -> bytes:
    return _frame(Opcode.TEXT, text.encode())


def _fragmented(text: str) -> bytes:
    data = text.encode()
    return _frame(Opcode.TEXT, data[:1], fin=False) + _frame(Opcode.PING, b"?") + _frame(Opcode.CONT, data[1:])


def _hiding(text: str) -> bytes:
    """A message after a ping whose payload is a frame of its own."""
    return _frame(Opcode.PING, _whole("hidden"), mask=_PLAIN) + _whole(text)


_TEXTS = st.sampled_from(["", "a", "42[]", "\u00e4", "x" * 125, "x" * 126, "x" * 300, "x" * 70_000])
_SHAPES = st.sampled_from([_whole, _whole, _fragmented, _hiding])


async def _heard(
    data: bytes, cuts: Sequence[int], takes: Sequence[bool], count: int, *, is_hasty: bool = False
) -> list[str]:
    application = _Application(takes)
    async with _connected(application) as websocket:
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            if begin < end:
                # A transport brings nothing while it is paused.
                await until(lambda: websocket.transport.is_reading() or websocket.transport.is_closing())
                websocket.data_received(data[begin:end])
                if not is_hasty:
                    await asyncio.sleep(0)
        await until(lambda: len(application.heard) >= count or websocket.transport.is_closing())
    return application.heard


@asynccontextmanager
async def _connected(application: _Application, handshake: bytes = _HANDSHAKE) -> AsyncIterator[PushWebSocket]:
    websocket = PushWebSocket(Config(application, lifespan="off", ws_per_message_deflate=False), ServerState(), {})
    websocket.connection_made(_Transport())
    websocket.data_received(handshake)
    await until(lambda: websocket.on_text is not None)
    yield websocket
    websocket.connection_lost(None)
    await asyncio.gather(*websocket.tasks)


@given(
    messages=st.lists(st.tuples(_SHAPES, _TEXTS), min_size=1, max_size=6),
    takes=st.lists(st.booleans(), max_size=6),
    anywhere=st.integers(0, 100_000),
    picks=st.lists(st.integers(0, 100_000), max_size=6),
    is_hasty=st.booleans(),
)
def test_every_message_comes_once_in_order(
    messages: list[tuple[Any, str]], takes: list[bool], anywhere: int, picks: list[int], is_hasty: bool
) -> None:
    sent = [shape(text) for shape, text in messages]
    data = b"".join(sent)
    # Pieces that begin with a frame, or with what looks like one, are what a short cut may be led astray by.
    likely = [*(index for index, byte in enumerate(data) if byte == _WHOLE_TEXT), anywhere % (len(data) + 1)]
    cuts = sorted(likely[pick % len(likely)] for pick in picks)
    assert asyncio.run(_heard(data, cuts, takes, len(messages), is_hasty=is_hasty)) == [text for _, text in messages]


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"\x81\x82\0\0\0\0\xff\xff", id="no UTF-8"),
        pytest.param(b"\xc1\x81\0\0\0\0a", id="an extension's"),
        pytest.param(b"\x81\x01a", id="not masked"),
        pytest.param(b"\x01\x81\0\0\0\0a", id="a beginning without its end"),
    ],
)
def test_what_is_no_text_of_a_client_closes_the_connection(frame: bytes) -> None:
    before, after = _whole("before"), _whole("after")
    ends = [len(before), len(before + frame)]
    assert asyncio.run(_heard(before + frame + after, ends, [], 2)) == ["before"]


@pytest.mark.asyncio
async def test_a_whole_message_is_taken_where_it_arrives_also_after_others() -> None:
    application = _Application([])
    async with _connected(application) as websocket:
        websocket.data_received(_whole("a") + _whole("b"))
        assert application.heard == ["a", "b"]
        websocket.data_received(_hiding("c"))
        await until(lambda: len(application.heard) == 3)
        websocket.data_received(_whole("d"))
        assert application.heard == ["a", "b", "c", "d"]


@pytest.mark.asyncio
@pytest.mark.parametrize("is_short_way", [True, False])
async def test_who_sends_much_at_once_is_read_in_turn_with_the_others(
    is_short_way: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "READ_S", 0.0)
    flood = _Application([] if is_short_way else [False] * 2_000)
    async with _connected(flood) as websocket:
        texts = [f"{number}" for number in range(2_000)]
        websocket.data_received(b"".join(map(_whole, texts)))
        read, most = 0, 0
        while len(flood.heard) < len(texts):
            # Meanwhile nothing more is taken from the socket.
            assert not websocket.transport.is_reading()
            await asyncio.sleep(0)
            read, most = len(flood.heard), max(most, len(flood.heard) - read)
        assert flood.heard == texts
        assert most <= 150
        await until(websocket.transport.is_reading)


@pytest.mark.asyncio
async def test_what_is_unread_when_a_connection_ends_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "READ_S", 0.0)
    flood = _Application([])
    async with _connected(flood) as websocket:
        websocket.data_received(b"".join(map(_whole, "x" * 100)))
    assert len(flood.heard) == push.READ_MESSAGES


@pytest.mark.asyncio
async def test_an_open_websocket_can_forget_its_handshake_and_hears_on() -> None:
    application = _Application([True, False])
    async with _connected(application, _HANDSHAKE.replace(b"band", b"forgotten")) as websocket:
        websocket.forget_handshake()
        kept = [headers for headers in gc.get_objects() if type(headers) is Headers]
        assert not [headers for headers in kept if headers.get("Host") == "forgotten.example"]
        assert not websocket.scope["headers"]
        websocket.data_received(_whole("a") + _whole("b"))
        await until(lambda: application.heard == ["a", "b"])


@pytest.mark.asyncio
async def test_a_client_that_is_slow_to_read_holds_up_no_other() -> None:
    async with _connected(_Application([])) as slow, _connected(_Application([])) as other:
        slow.pause_writing()
        assert (slow.is_writable, other.is_writable) == (False, True)
        slow.resume_writing()
        assert slow.is_writable


@pytest.mark.asyncio
async def test_a_websocket_has_no_dictionary_of_its_own() -> None:
    async with _connected(_Application([])) as websocket:
        # So many names the objects of a class share (CPython's `SHARED_KEYS_MAX_SIZE`).
        assert len(vars(websocket)) <= 30
