"""Packets of Socket.IO on the wire (its protocol, version 5; Engine.IO, version 4), for events and their answers.

python-socketio makes and reads packets of every sort, by way of an object for each; these two sorts are nearly all
that is sent, so they are made and read here. All else stays with python-socketio.
"""

from functools import cached_property
from typing import Any, TypeAlias

from engineio import packet
from websockets.frames import Frame, Opcode

from collab.realtime import wire_json

EVENT = "42"
"""How an event begins: Engine.IO's digit for a message, then Socket.IO's for an event."""

_MAX_ID_DIGITS = 20

Event: TypeAlias = tuple[int | None, Any]
"""The number by which it wants to be answered, if it does, and what it says: its name and arguments, as a rule."""


class Message:
    """A message on its way to any number of clients; made once, whatever they are connected by."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def frame(self) -> bytes:
        """As a whole frame of a websocket."""
        return Frame(Opcode.TEXT, b"4" + self._text.encode()).serialize(mask=False)

    @cached_property
    def packet(self) -> packet.Packet:
        """As a packet of Engine.IO, which may also be polled."""
        return packet.Packet(packet.MESSAGE, self._text)


def event_message(event: str, data: Any) -> Message:
    return Message("2" + wire_json.dumps([event, data]))


def answer_message(event_id: int, answer: Any) -> Message:
    return Message(f"3{event_id}{wire_json.dumps([answer])}")


def read_event(text: str) -> Event | None:
    """The event of a text that begins as one; None for another namespace's, and for what is none."""
    begin = text.find("[", len(EVENT), len(EVENT) + _MAX_ID_DIGITS + 1)
    digits = text[len(EVENT) : begin]
    if begin < 0 or (digits and not (digits.isascii() and digits.isdecimal())):
        return None
    try:
        return int(digits) if digits else None, wire_json.loads(text[begin:])
    except ValueError:
        return None
