"""Packets of Socket.IO on the wire (its protocol, version 5), for events and their answers.

python-socketio makes and reads packets of every sort, by way of an object for each; these two sorts are nearly all
that is sent, so they are made and read here. All else stays with python-socketio.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from collab.domain.json_text import Unfit, parse_json
from collab.engineio.packets import MESSAGE, Packet
from collab.realtime import wire_json

EVENT = "2"
"""How an event begins."""

BINARY_EVENT, BINARY_ACK = "5", "6"
"""How one begins that has attachments, which follow as bytes; and an answer that has."""

_MAX_ID_DIGITS = 20

_BINARY_HEAD = re.compile(rf"{BINARY_EVENT}\d{{1,9}}-(\d{{0,{_MAX_ID_DIGITS}}})\[", re.ASCII)

_UNFIT = "JSON that is too deep, or of too many values"
"""Stands for the name of an event that can't be read."""

_BINARY = "one with binary attachments, and everything here is JSON"
"""The same for one that is not read."""

Event: TypeAlias = tuple[int | None, Any]
"""The number by which it wants to be answered, if it does, and what it says: its name and arguments, as a rule."""


LONG = 16_000
"""The characters in a part of a payload. A longer payload is sent in parts, to who takes those."""


class Message(Packet):
    """A message on its way to any number of clients; made once. `head` and `tail` are the text before and after its
    payload."""

    __slots__ = ("_head", "_parts", "_payload", "_tail", "is_long")

    def __init__(self, head: str, payload: str, tail: str) -> None:
        super().__init__(f"{MESSAGE}{head}{payload}{tail}")
        self._head, self._payload, self._tail = head, payload, tail
        self._parts: list[Packet] | None = None
        self.is_long = len(payload) > LONG

    @property
    def parts(self) -> Sequence[Packet]:
        """The payload in pieces, and the message itself with their number in its place (PROTOCOL.md, Long payloads).

        A client sees each part come, and a ping passes those that wait.
        """
        if self._parts is None:
            pieces = [self._payload[begin : begin + LONG] for begin in range(0, len(self._payload), LONG)]
            whole = Packet(f'{MESSAGE}{self._head}{{"in_parts":{len(pieces)}}}{self._tail}')
            self._parts = [*(event_message("part", {"text": piece}) for piece in pieces), whole]
        return self._parts


def event_message(event: str, data: Any) -> Message:
    return Message(f'2["{event}",', wire_json.dumps(data), "]")


def answer_message(event_id: int, answer: Any) -> Message:
    return Message(f"3{event_id}[", wire_json.dumps(answer), "]")


def read_event(text: str) -> Event | None:
    """The event of a text that begins as one; None for another namespace's, and for what is none."""
    if text[:1] == BINARY_EVENT:
        found = _BINARY_HEAD.match(text)
        return found and (int(found[1]) if found[1] else None, [_BINARY])
    begin = text.find("[", len(EVENT), len(EVENT) + _MAX_ID_DIGITS + 1)
    digits = text[len(EVENT) : begin]
    if begin < 0 or (digits and not (digits.isascii() and digits.isdecimal())):
        return None
    event_id = int(digits) if digits else None
    try:
        return event_id, parse_json(text[begin:])
    except Unfit:
        # It is answered like any other that nothing here knows.
        return event_id, [_UNFIT]
    except ValueError:
        return None
