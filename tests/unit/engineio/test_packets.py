"""Payloads come back as they were; what is none is refused, after no more work than counting it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from collab.engineio.packets import (
    MAX_POLLED_PACKETS,
    Control,
    Malformed,
    Packet,
    from_form,
    message,
    payload,
    read,
    read_payload,
)

TEXTS = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))


@given(st.lists(TEXTS | st.binary(), min_size=1, max_size=20))
def test_a_payload_brings_back_its_messages(messages: list[str | bytes]) -> None:
    written = payload(map(message, messages)).encode()
    assert [read(data) for data in read_payload(written)] == messages


@pytest.mark.parametrize("body", [b"", b"abc", b"4x\x1e", b"\x1e4x", b"4\xff", b"bAQ", b"9"])
def test_what_is_no_payload_is_refused_whole(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_payload(body)


def test_packets_are_counted_before_any_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[object] = []
    monkeypatch.setattr("collab.engineio.packets.read", looked_at.append)
    with pytest.raises(Malformed, match="at most 1000"):
        read_payload(b"2\x1e" * 500_000)
    assert looked_at == []
    assert len(read_payload(b"\x1e".join([b"4x"] * MAX_POLLED_PACKETS))) == MAX_POLLED_PACKETS


def test_a_packet_says_what_it_means() -> None:
    meant = {
        "4hello": "hello",
        "4": "",
        "3": Control.PONG,
        "1": Control.CLOSE,
        "6": Control.NONE,
        "2probe": Control.NONE,
    }
    assert {data: read(data) for data in meant} == meant
    assert read(b"bytes") == b"bytes"


@pytest.mark.parametrize("size", [0, 1, 124, 125, 126, 65_534, 65_535, 65_536, 100_000])
def test_a_frame_is_the_one_that_websockets_makes(size: int) -> None:
    text = "x" * size
    assert message(text).frame == Frame(Opcode.TEXT, f"4{text}".encode()).serialize(mask=False)
    assert Packet(text.encode()).frame == Frame(Opcode.BINARY, text.encode()).serialize(mask=False)


def test_a_form_of_jsonp_keeps_line_breaks_and_those_that_are_written_out() -> None:
    assert from_form("4one\\ntwo") == b"4one\ntwo"
    assert from_form("4one\\\\ntwo") == b"4one\\ntwo"
