"""What the servers speak: Socket.IO as collab and the relays do, ShareDB's JSON, and Hocuspocus' Yjs messages."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson

from collab.protocol.ids import new_id
from tests.bench import yjs
from tests.bench.clients import Member, mark
from tests.bench.sockets import BINARY

Op = dict[str, Any]
OpMaker = Callable[[Member, int], Op]

_EVENTS = (b'42["content_edited"', b'42["batch_update"')
_EDIT_VERSION = re.compile(rb'"version":(\d+)')
_SHAREDB_VERSION = re.compile(rb'"v":(\d+)')


def own_title(member: Member, edit: int) -> Op:
    """Everybody sets the title of a song of their own: nobody is overwritten."""
    return {
        "op": "set",
        "item": f"s{member.song}",
        "field": "title",
        "value": f"Iko Iko {mark(member.number, edit)}",
    }


@lru_cache(maxsize=4096)
def _last_version(message: bytes) -> int:
    return int(_EDIT_VERSION.findall(message)[-1])


class SocketioMember(Member):
    path = "/socket.io/?EIO=4&transport=websocket"
    make_op: OpMaker = staticmethod(own_title)

    version = 0

    async def enter(self, songs: int) -> bytes:
        await self.greet()
        return await self.call("join_room", self.room)

    async def greet(self) -> None:
        """Shows the token. Raises `ConnectionError` where the server wants another."""
        await self.answer()
        self.socket.send(b"40" + orjson.dumps({"token": self.token}))
        answer = await self.answer()
        if not answer.startswith(b"40"):
            raise ConnectionError(f"expected to be let in, got {answer!r}")

    async def call(self, event: str, payload: object) -> bytes:
        """The answer to an event other than an edit."""
        self.socket.send(b"420" + orjson.dumps([event, payload]))
        answer = await self.answer()
        if b'"ok":true' not in answer:
            raise RuntimeError(f"expected ok to {event}, got {answer[:300]!r}")
        content = orjson.loads(answer[answer.index(b"[") :])[0].get("content", {})
        self.version = max(self.version, content.get("version", 0))
        return answer

    def send_edit(self, edit: int) -> None:
        body = {
            "room_id": self.room,
            "edit_id": new_id(),
            "base_version": self.version,
            "ops": [self.make_op(self, edit)],
        }
        self.socket.send(b"421" + orjson.dumps(["edit_content", body]))

    def take(self, message: bytes) -> None:
        if message.startswith(b"431"):
            [answer] = orjson.loads(message[3:])
            if answer["ok"]:
                self.version = max(self.version, answer["version"])
                self.acknowledged()
            else:
                self.refused(message)
        elif message.startswith(_EVENTS):
            self.version = max(self.version, _last_version(message))
            self.tally.hear(self.number, message)
        elif message == b"2":
            self.socket.send(b"3")
        elif message.startswith((b"0", b"40", b"44", b"430")):
            self.give(message)


class SharedbMember(Member):
    """Sends json0 ops on the version it has heard of; others touch other songs, so nothing is to be transformed."""

    _version = 0
    _title = ""
    _own = b""

    async def enter(self, songs: int) -> bytes:
        self._send(a="hs", id=None)
        hello = orjson.loads(await self.answer())
        self._own = f'"src":"{hello["id"]}"'.encode()
        if songs:
            items = [{"id": f"s{n}", "type": "song", "title": f"Song {n}", "tempo": 100} for n in range(songs)]
            kind = "http://sharejs.org/types/JSONv0"
            self._send(
                a="op", c="sets", d=self.room, v=None, seq=1, x={}, create={"type": kind, "data": {"items": items}}
            )
            await self.answer()
        self._send(a="s", c="sets", d=self.room)
        answer = await self.answer()
        self._version = orjson.loads(answer)["data"]["v"]
        return answer

    def send_edit(self, edit: int) -> None:
        before, self._title = self._title, f"Iko Iko {mark(self.number, edit)}"
        op = {"p": ["items", self.song, "title"], "od": before, "oi": self._title}
        self._send(a="op", c="sets", d=self.room, v=self._version, seq=edit + 2, x={}, op=[op])

    def take(self, message: bytes) -> None:
        if b'"a":"op"' not in message:
            if b'"a":"init"' not in message:
                self.give(message)
        elif self._own in message:
            if b'"error"' in message:
                self.refused(message)
            elif self.edits:
                self._version = orjson.loads(message)["v"] + 1
                self.acknowledged()
            else:
                self.give(message)
        elif (found := _SHAREDB_VERSION.search(message)) and int(found[1]) >= self._version:
            # Older ones have come before: ShareDB sends what a submitter missed once more with the ack.
            self._version = int(found[1]) + 1
            # Not what the op took away, which bears a mark too.
            self.tally.hear(self.number, message[message.index(b'"oi"') :])

    def _send(self, **message: object) -> None:
        self.socket.send(orjson.dumps(message))


_SYNC, _AUTH, _SYNC_REPLY, _SYNC_STATUS = 0, 2, 4, 8
_STEP_1, _STEP_2, _UPDATE = 0, 1, 2


class HocuspocusMember(Member):
    """Sends updates of its own key of a map and applies nobody's: a Yjs document each would be all that is measured."""

    @property
    def _client(self) -> int:
        return 1_000 + self.number

    async def enter(self, songs: int) -> bytes:
        # The token, and as what the provider would say it is.
        self._send(_AUTH, yjs.number(0) + yjs.block(b"anybody") + yjs.block(b"4.7.0"))
        await self.answer()
        self._send(_SYNC, yjs.number(_STEP_1) + yjs.block(yjs.number(0)))
        document = await self.answer()
        if songs:
            seed = {f"s{n}": f"Song {n}, at a tempo of 100" for n in range(songs)}
            self._send(_SYNC, yjs.number(_UPDATE) + yjs.block(yjs.map_update(1, 0, "songs", seed)))
            await self.answer()
        return document

    def send_edit(self, edit: int) -> None:
        title = f"Iko Iko {mark(self.number, edit)}"
        update = (
            yjs.replacement(self._client, edit, title)
            if edit
            else yjs.map_update(self._client, 0, "titles", {f"s{self.song}": title})
        )
        self._send(_SYNC, yjs.number(_UPDATE) + yjs.block(update))

    def take(self, message: bytes) -> None:
        kind = message[1 + len(self.room)]
        if kind == _SYNC_STATUS:
            if not message.endswith(b"\x01"):
                self.refused(message)
            elif self.edits:
                self.acknowledged()
            else:
                self.give(message)
        elif kind == _SYNC and message[2 + len(self.room)] == _UPDATE:
            self.tally.hear(self.number, message)
        elif kind == _AUTH or (kind in (_SYNC, _SYNC_REPLY) and message[2 + len(self.room)] == _STEP_2):
            self.give(message)

    def _send(self, kind: int, payload: bytes) -> None:
        self.socket.send(yjs.block(self.room.encode()) + yjs.number(kind) + payload, BINARY)
