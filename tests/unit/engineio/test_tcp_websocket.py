"""Frames from TCP, however they are cut: messages in order, and an end where they are none."""

import asyncio
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import CloseCode, Frame, Opcode

from collab.engineio.connection import Connection
from collab.engineio.packets import message
from collab.engineio.session import Reason, State
from collab.engineio.tcp_websocket import TcpWebSocket
from tests.support.connections import opening
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

MAX_BYTES = 70_000


class Line(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False
        self.is_read = True

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


class Heard(Connection):
    """Keeps what comes, and why it ended."""

    def __init__(self) -> None:
        super().__init__(*opening())
        self.state = State.WEBSOCKET
        self.packets: list[str | bytes] = []

    def receive(self, data: str | bytes) -> None:
        self.packets.append(data)

    def end(self, reason: str, *, at_once: bool = False) -> None:  # as it is called
        self.close(reason)


class Wire:
    """A websocket, and both of its ends."""

    def __init__(self) -> None:
        self.line = Line()
        self.connection = Heard()
        self.websocket = TcpWebSocket(self.line, set(), copy_context(), MAX_BYTES, 45)
        self.websocket.carry(self.connection)

    def comes(self, *frames: Frame, piece_bytes: int = 1_000_000) -> None:
        data = b"".join(frame.serialize(mask=True) for frame in frames)
        for begin in range(0, len(data), piece_bytes):
            self.websocket.data_received(data[begin : begin + piece_bytes])

    @property
    def close_code(self) -> int | None:
        """What the last frame that was written closes with."""
        written = self.line.written
        return int.from_bytes(written[-2:], "big") if written[-4:-2] == b"\x88\x02" else None


def text(said: str, *, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, said.encode(), fin=fin)


@given(
    st.lists(st.text(max_size=20) | st.binary(max_size=20) | st.sampled_from(["x" * 200, "y" * 66_000]), max_size=8),
    st.lists(st.integers(0, 3), min_size=8, max_size=8),
    st.sampled_from([1, 2, 3, 7, 1_000, 1_000_000]),
)
async def test_messages_may_be_cut_and_fragmented_anywhere(
    messages: list[str | bytes], cuts: list[int], piece_bytes: int
) -> None:
    wire = Wire()
    frames: list[Frame] = []
    for said, cut in zip(messages, cuts, strict=False):
        body, opcode = (said, Opcode.BINARY) if isinstance(said, bytes) else (said.encode(), Opcode.TEXT)
        for number in range(cut):
            frames += [Frame(opcode if number == 0 else Opcode.CONT, body[number : number + 1], fin=False)]
            frames += [Frame(Opcode.PING, b"there?")]
        frames.append(Frame(opcode if cut == 0 else Opcode.CONT, body[cut:]))
    wire.comes(*frames, piece_bytes=piece_bytes)
    await until(lambda: wire.line.is_read)
    assert wire.connection.packets == messages
    assert wire.line.written.count(b"there?") == sum(cuts[: len(messages)])
    assert not wire.line.is_closed


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (Frame(Opcode.TEXT, b"\xff"), CloseCode.INVALID_DATA),
        (Frame(Opcode.CONT, b"x"), CloseCode.PROTOCOL_ERROR),
        (text("x" * (MAX_BYTES + 1)), CloseCode.MESSAGE_TOO_BIG),
    ],
)
async def test_what_is_no_message_ends_the_connection(frame: Frame, code: CloseCode) -> None:
    wire = Wire()
    wire.comes(text("4before"), frame, text("4behind"))
    assert wire.connection.packets == ["4before"]
    assert wire.connection.reason == Reason.TRANSPORT_CLOSE
    assert wire.line.written[:1] == b"\x88"
    assert int.from_bytes(wire.line.written[2:4], "big") == code


async def test_fragments_are_too_big_together() -> None:
    wire = Wire()
    wire.comes(text("x" * MAX_BYTES, fin=False), Frame(Opcode.CONT, b"xx"))
    assert wire.connection.packets == []
    assert not wire.connection.is_open


async def test_what_a_length_promises_is_not_waited_for_where_it_is_too_much() -> None:
    wire = Wire()
    wire.websocket.data_received(b"\x81\xff" + (1 << 40).to_bytes(8, "big"))
    assert wire.close_code == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize("data", [b"\x81\x024x", b"\xc1\x82\0\0\0\x004x", b"\x83\x80\0\0\0\0"])
async def test_a_frame_without_a_mask_or_of_no_kind_that_is_known_is_refused(data: bytes) -> None:
    wire = Wire()
    wire.websocket.data_received(data)
    assert wire.connection.packets == []
    assert int.from_bytes(wire.line.written[2:4], "big") == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (CloseCode.NORMAL_CLOSURE.to_bytes(2, "big"), Reason.CLIENT),
        (CloseCode.GOING_AWAY.to_bytes(2, "big"), Reason.TRANSPORT_CLOSE),
        (b"", Reason.TRANSPORT_CLOSE),
    ],
)
async def test_who_closes_it_because_they_are_done_has_said_goodbye(body: bytes, reason: str) -> None:
    wire = Wire()
    wire.comes(Frame(Opcode.CLOSE, body))
    assert wire.connection.reason == reason
    assert wire.line.written[:1] == b"\x88"
    assert wire.line.is_closed


async def test_a_line_that_breaks_is_no_goodbye() -> None:
    wire = Wire()
    wire.websocket.connection_lost(None)
    assert wire.connection.reason == Reason.TRANSPORT_CLOSE


async def test_who_is_hung_up_on_is_heard_no_more_and_answers_the_close() -> None:
    wire = Wire()
    wire.websocket.hang_up()
    wire.websocket.hang_up()
    wire.comes(text("4late"))
    assert (wire.connection.packets, wire.line.written, wire.line.is_closed) == ([], b"\x88\x02\x03\xe8", False)
    wire.comes(Frame(Opcode.CLOSE, b""))
    assert wire.line.is_closed
    wire.websocket.connection_lost(None)


async def test_what_waits_is_written_in_one_piece_once_the_client_takes_it() -> None:
    wire = Wire()
    wire.websocket.pause_writing()
    for said in ("one", "two"):
        wire.connection.put(message(said))
    wire.websocket.flush()
    assert wire.line.written == b""
    wire.websocket.resume_writing()
    assert wire.line.written == b"\x81\x044one\x81\x044two"


async def test_a_connection_whose_message_is_waited_over_is_read_on_after_it() -> None:
    wire = Wire()
    wire.websocket.pause_reading()
    wire.comes(text("4one"), text("4two"))
    await asyncio.sleep(0)
    assert (wire.connection.packets, wire.line.is_read) == ([], False)
    wire.websocket.resume_reading()
    await until(lambda: wire.line.is_read)
    assert wire.connection.packets == ["4one", "4two"]
