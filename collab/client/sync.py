"""Brings what was edited here to the server, one edit at a time, and asks it for what is missing here.

One task does both, so that at most one question is open: while the room is entered it asks for what is missing, else it
sends, and rests when there is neither. What others edit comes at any time, in the midst of a question too. A connection
that breaks ends the question; on the next one the replica sends what was in flight again, the same.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from collab.client.backoff import Backoff
from collab.client.connection import Connection
from collab.client.errors import NotConnected
from collab.client.events import Notice
from collab.client.outside import Outside
from collab.client.replica import Replica
from collab.client.request import Request
from collab.client.wire import answer_of, document_of
from collab.domain.access import ContentRoom
from collab.domain.errors import ClientFault, CollabError, RateLimited, Unavailable, VersionUnknown
from collab.domain.ot.edits import Edit


class Sync:
    """At work from when the content is entered first until `end`.

    `tell` hears what the replica has to tell, and where that is nothing, that it may have changed. `fail` hears why the
    content is lost; `break_down` that it is by a failure of the SDK itself.
    """

    def __init__(
        self,
        room: ContentRoom,
        user_id: str,
        ack_timeout_s: float,
        tell: Callable[[Sequence[Notice]], None],
        fail: Callable[[CollabError], None],
        break_down: Callable[[Exception], None],
        outside: Outside,
    ) -> None:
        self.replica: Replica | None = None
        """None until the content has come."""
        self._room = room
        self._user_id = user_id
        self._ack_timeout_s = ack_timeout_s
        self._tell = tell
        self._fail = fail
        self._break_down = break_down
        self._outside = outside
        self._connection: Connection | None = None
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        # The version known here is none of the server's history, which must then be another one.
        self._is_elsewhere = False
        # Something is missing here that nothing heard points to: it is asked for before anything is sent.
        self._is_missing_some = False

    @property
    def opened(self) -> Replica:
        """The replica; `NotConnected` where the content has not come."""
        if self.replica is None:
            raise NotConnected("expected a content that is open: await CollabClient.open first")
        return self.replica

    @property
    def since(self) -> dict[str, Any]:
        """What is known here of the server's history, to go on from: its version, and the edit that made it; nothing
        where the whole document is needed."""
        if self._is_elsewhere or self.replica is None:
            return {}
        version, last_edit = self.replica.confirmed.version, self.replica.last_edit
        return {"since": version} if last_edit is None else {"since": version, "since_edit": last_edit}

    def joined(self, connection: Connection, answer: Any) -> None:
        """The room was entered, and this is what was missed. What was in flight goes out again."""
        self._connection = connection
        if self.replica is None:
            self.replica = Replica(document_of(answer["content"]), self._user_id, answer.get("last_edit"))
            self._worker = asyncio.create_task(self._work_or_fail(), name=f"collab-{self._room.name}")
        else:
            self._tell(self._take(answer))
        self.stir()

    def parted(self) -> None:
        """The connection is over."""
        self._connection = None

    def end(self) -> None:
        """Nothing more is sent, or asked for."""
        self._connection = None
        if self._worker is not None:
            self._worker.cancel()

    def receive(self, bodies: Any) -> None:
        """Others have edited."""
        self._tell(self.opened.receive(map(Edit.from_json, bodies)))
        self.stir()

    def stir(self) -> None:
        """There may be something to send, or to ask for."""
        self._tell(())
        self._wake.set()

    def go_elsewhere(self) -> None:
        """The server does not know the version that is known here: its history was folded, or is a backup's."""
        self._is_elsewhere = True

    async def _work_or_fail(self) -> None:
        try:
            await self._work()
        except Exception as error:  # noqa: BLE001  # a task's edge: whoever waits in `saved` would wait for ever
            self._break_down(error)

    async def _work(self) -> None:
        backoff = Backoff(chance=self._outside.chance)
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (connection := self._connection) is not None:
                try:
                    if self._is_elsewhere or self._is_missing_some or self.opened.is_behind:
                        await self._ask_for_missing(connection)
                    elif (request := self.opened.send(connection.max_message_bytes, self._outside.new_id)) is not None:
                        await self._send(connection, request)
                        backoff.reset()
                    else:
                        break
                except NotConnected:
                    break
                except (Unavailable, RateLimited, VersionUnknown) as error:
                    await asyncio.sleep(backoff.delay_s(error))
                except ClientFault as error:
                    self._fail(error)

    async def _ask_for_missing(self, connection: Connection) -> None:
        if self._is_elsewhere:
            whole = await self._update(connection)
            # What was heard while the document was on its way had no place in the history before.
            self._is_missing_some = True
            self._tell(self._take(whole))
        try:
            missed = await self._update(connection)
        except VersionUnknown:
            self.go_elsewhere()
            raise
        self._is_missing_some = False
        self._tell(self._take(missed))

    async def _update(self, connection: Connection) -> Any:
        """The edits since what is known here, or the whole document."""
        request = {"room_id": self._room.name, **self.since}
        return await connection.call("request_update", request, self._ack_timeout_s)

    def _take(self, answer: Any) -> list[Notice]:
        if "content" not in answer:
            return self.opened.receive(map(Edit.from_json, answer["edits"]))
        document, last_edit = document_of(answer["content"]), answer.get("last_edit")
        if not self._is_elsewhere:
            return self.opened.reset(document, last_edit)
        self._is_elsewhere = False
        return self.opened.restart(document, last_edit)

    async def _send(self, connection: Connection, request: Request) -> None:
        if request.refusal is not None:
            self._tell(self.opened.refuse(request.edit_id, request.refusal))
            return
        try:
            answer = await connection.call(request.event, request.payload, self._ack_timeout_s)
        except (NotConnected, Unavailable, RateLimited):
            raise
        except CollabError as error:
            self._tell(self.opened.refuse(request.edit_id, error))
            if isinstance(error, VersionUnknown):
                self._is_missing_some = True
                raise
        else:
            self._tell(self.opened.answer(answer_of(answer)))
