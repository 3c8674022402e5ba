"""The load: members who edit, one dialect for each sort of server, as lean as can be.

Every edit carries a mark, who made it and which of their edits it is. Marks are found in whatever bytes arrive, so a
delivery costs the load no parsing of JSON, and a document read after a crash tells which edits it holds.
"""

import asyncio
import re
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable
from functools import lru_cache

from tests.bench.sockets import Socket

ANSWER_TIMEOUT_S = 30

_MARK = re.compile(rb"~(\d+)\.(\d+)~")


def mark(member: int, edit: int) -> str:
    return f"~{member}.{edit}~"


@lru_cache(maxsize=4096)
def marks(message: bytes) -> tuple[tuple[int, int], ...]:
    """Whose edits, and which, a message carries. Each message comes to many members: it is looked through once."""
    return tuple((int(member), int(edit)) for member, edit in _MARK.findall(message))


class Tally:
    """What all members of a load saw. Latencies, in seconds, are of edits sent after `begin`."""

    def __init__(self) -> None:
        self.begin = float("inf")
        self.sent_at: list[list[float]] = []
        self.acked: list[int] = []
        self.acks_s = array("d")
        self.propagations_s = array("d")
        self.deliveries = 0
        self.refusals = 0
        self.on_ack: Callable[[], None] | None = None

    @property
    def all_acked(self) -> int:
        return sum(self.acked)

    def ack(self, member: int) -> None:
        self.acked[member] += 1
        sent = self.sent_at[member][-1]
        if sent >= self.begin:
            self.acks_s.append(time.perf_counter() - sent)
        if self.on_ack is not None:
            self.on_ack()

    def hear(self, member: int, message: bytes) -> None:
        now = time.perf_counter()
        for author, edit in marks(message):
            if author != member:
                self.deliveries += 1
                sent = self.sent_at[author][edit]
                if sent >= self.begin:
                    self.propagations_s.append(now - sent)


class Member(ABC):
    """One connection of the load: one edit under way at a time, the next after its ack or after a pause."""

    path = "/"

    def __init__(self, port: int, room: str, song: int, tally: Tally, token: str = "") -> None:
        self.room = room
        self.song = song
        self.token = token
        self.number = len(tally.acked)
        self.tally = tally
        self.edits = 0
        self.is_editing = False
        self._pause_s = 0.0
        self._next_at = 0.0
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.socket = Socket(port, self.path, self.take)
        tally.acked.append(0)
        tally.sent_at.append([])

    async def open(self, songs: int = 0) -> bytes:
        """Connects and enters the room; what the server tells of its document. `songs`: makes the document first."""
        await self.socket.open()
        return await self.enter(songs)

    def start(self, pause_s: float = 0.0, share: float = 0.0) -> None:
        """Edits from now on: at once after each ack, or paced, beginning at that share of the first pause."""
        self.is_editing, self._pause_s = True, pause_s
        self._next_at = time.perf_counter() + pause_s * share
        self._go_on()

    def stop(self) -> None:
        self.is_editing = False

    @property
    def is_waiting(self) -> bool:
        """Whether an edit is under way."""
        return self.edits > self.tally.acked[self.number]

    @abstractmethod
    async def enter(self, songs: int) -> bytes:
        """As `open`, once connected."""

    @abstractmethod
    def take(self, message: bytes) -> None:
        """A message has come."""

    @abstractmethod
    def send_edit(self, edit: int) -> None:
        """Sends an edit with its mark in it."""

    def acknowledged(self) -> None:
        self.tally.ack(self.number)
        if self.is_editing:
            self._go_on()

    def refused(self, message: bytes) -> None:
        self.tally.refusals += 1
        self.is_editing = False
        print("refused:", message[:300])

    async def answer(self) -> bytes:
        """The next message that `take` keeps for whoever asks."""
        return await asyncio.wait_for(self._answers.get(), ANSWER_TIMEOUT_S)

    def give(self, message: bytes) -> None:
        self._answers.put_nowait(message)

    def _go_on(self) -> None:
        wait_s = self._next_at - time.perf_counter()
        if not self._pause_s:
            self._edit()
        else:
            asyncio.get_running_loop().call_later(max(0.0, wait_s), self._edit)
            self._next_at += self._pause_s

    def _edit(self) -> None:
        if not self.is_editing or self.socket.closed.done():
            return
        edit, self.edits = self.edits, self.edits + 1
        self.tally.sent_at[self.number].append(time.perf_counter())
        self.send_edit(edit)
