"""A band on an in-process network that delays, repeats and loses messages, over the real services and storage."""

import asyncio
import itertools
import uuid
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from collab.client.errors import error_of
from collab.client.events import Notice, Refused
from collab.client.replica import Replica
from collab.client.request import Request
from collab.client.wire import answer_of, document_of
from collab.domain.access import Role
from collab.domain.bands import Band, Member, User
from collab.domain.errors import CollabError
from collab.domain.kinds import KINDS
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.domain.ot.ops import Insert, Item
from collab.protocol import requests
from collab.protocol.events import edits_json, outcome_json
from collab.protocol.ops import to_domain
from collab.services.bands.directory import Directory
from collab.services.editing.after_commit import Commit
from collab.services.editing.service import EditingService, Opened
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.engine import reading_engine
from collab.storage.journal import Journal
from collab.storage.readers import StoredHistory
from collab.storage.writer import Writer
from tests.support.clock import ManualClock
from tests.support.storage import SIZES

ADA, BEN = User("ada", "Ada"), User("ben", "Ben")

Json = dict[str, Any]


@dataclass(eq=False)
class Socket:
    """One connection of a client and what is under way on it. What the server sends comes in two queues, since
    answers and broadcasts may overtake each other."""

    session_id: str
    to_server: deque[Request] = field(default_factory=deque)
    answers: deque[Json] = field(default_factory=deque)
    broadcasts: deque[list[Json]] = field(default_factory=deque)


class Client:
    """A user's replica, and its connection while there is one."""

    def __init__(self, user: User, document: Document) -> None:
        self.user = user
        self.replica = Replica(document, user.id)
        self.socket: Socket | None = None
        self.told: list[Notice] = []
        self.made: dict[str, int] = {}
        """The edits and undos that the user has made, each with the version that they saw then."""
        self.is_moved_coarsely = False
        """Whether what was sent last was moved over the difference of two whole documents."""
        self._sent: str | None = None

    @property
    def refusals(self) -> list[Refused]:
        return [notice for notice in self.told if isinstance(notice, Refused)]

    def send(self) -> None:
        """Sends what the replica has to send, which may be what it sent before."""
        if self.socket is None or (request := self.replica.send()) is None:
            return
        if request.edit_id != self._sent:
            self._sent, self.is_moved_coarsely = request.edit_id, False
        self.socket.to_server.append(request)

    def hear(self) -> None:
        """Takes in the next broadcast."""
        if self.socket is not None and self.socket.broadcasts:
            self.told += self.replica.receive(map(Edit.from_json, self.socket.broadcasts.popleft()))

    def get_answer(self) -> None:
        """Takes in the next answer."""
        if self.socket is None or not self.socket.answers:
            return
        answer = self.socket.answers.popleft()
        if "error" in answer:
            self.told += self.replica.refuse(answer["edit_id"], error_of(answer["error"]))
        elif "content" in answer:
            document = document_of(answer["content"])
            self.is_moved_coarsely |= document.version > self.replica.confirmed.version
            self.told += self.replica.reset(document)
        elif "edits" in answer:
            self.told += self.replica.receive(map(Edit.from_json, answer["edits"]))
        else:
            self.told += self.replica.answer(answer_of(answer))


class Network:
    """One content on one server, whose database outlives it."""

    def __init__(self, database_url: str) -> None:
        self.clients: list[Client] = []
        self.stored: dict[str, int] = {}
        """The version of each edit that was answered as stored."""
        self.restored: set[str] = set()
        """The items that an undo brought back."""
        self._reading = reading_engine(database_url)
        self._writer = Writer(database_url)
        self._clock = ManualClock()
        self._session_numbers = itertools.count()

    async def open(self, members: Sequence[User], fields: Json, items: Sequence[Item]) -> None:
        """A band with a setlist, in which each member has it open."""
        self._store = StoredBands(self._reading, self._writer, UNLIMITED)
        self._band = Band(str(uuid.uuid4()), "Blue Nile")
        self.content_id = str(uuid.uuid4())
        now = self._clock.now()
        await self._store.save_user(ADA, now)
        await self._store.create_band(self._band, ADA, now)
        for user in {*members} - {ADA}:
            await self._store.put_member(self._band.id, Member(user.id, user.name, Role.EDITOR), now)
        document = Document(
            self.content_id, "setlist", self._band.id, 0, fields, {item.id: item for item in items}, removed={}
        )
        await self._store.create_content(document, ADA, now)
        await self._start()
        for user in members:
            self.clients.append(Client(user, await self.reader.document(self.content_id)))
            await self.connect(self.clients[-1])

    async def close(self) -> None:
        if hasattr(self, "_journal"):
            # Else `open` failed, which is the error to see.
            await self._journal.close()
        await self._writer.close()
        await self._reading.dispose()

    async def restart(self) -> None:
        """The server goes down and another one comes up on the same database. Every connection is cut."""
        for client in self.clients:
            await self.cut(client)
        await self._journal.close()
        await self._start()

    async def connect(self, client: Client, *, is_whole: bool = False) -> None:
        """Connects anew and asks for what was missed, or with `is_whole` for the document."""
        await self.cut(client)
        client.socket = Socket(f"s{next(self._session_numbers)}")
        await self._open(client, client.socket, None if is_whole else client.replica.confirmed.version)

    async def cut(self, client: Client, *, is_late: bool = False) -> None:
        """Ends a connection, with all that is under way. With `is_late` the server still gets what was sent."""
        socket = client.socket
        if socket is None:
            return
        while is_late and socket.to_server:
            await self.serve([client])
        client.socket = None

    async def catch_up(self, client: Client) -> None:
        """A client that misses versions asks for them."""
        if client.socket is not None and client.replica.is_behind:
            await self._open(client, client.socket, client.replica.confirmed.version)

    async def serve(self, clients: Sequence[Client]) -> None:
        """The server takes the next request of each of these at once, and commits them together."""
        sockets = [(client, client.socket) for client in clients if client.socket and client.socket.to_server]
        await asyncio.gather(
            *(self._answer(client.user, socket, socket.to_server.popleft()) for client, socket in sockets)
        )

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way on any connection."""
        sockets = [client.socket for client in self.clients if client.socket is not None]
        return not any(socket.to_server or socket.answers or socket.broadcasts for socket in sockets)

    async def deliver_everything(self) -> None:
        """Connects everybody, and lets them send and hear until nobody has anything to say."""
        for client in self.clients:
            if client.socket is None:
                await self.connect(client)
        for _ in range(1_000):
            if self.is_quiet and not any(client.replica.pending_count for client in self.clients):
                break
            for client in self.clients:
                if client.socket is not None and not client.socket.to_server:
                    client.send()
            await self.serve(self.clients)
            for client in self.clients:
                while client.socket and client.socket.broadcasts:
                    client.hear()
                while client.socket and client.socket.answers:
                    client.get_answer()
                await self.catch_up(client)
        else:
            raise AssertionError("the clients never came to rest")
        for client in self.clients:
            # The last broadcasts may have been lost, which nothing that follows has shown.
            await self.connect(client)
            client.get_answer()

    async def _start(self) -> None:
        self._journal = Journal(self._writer, KINDS, max_waiting=1_000, max_live=10, max_base_edits=1_000, sizes=SIZES)
        self._journal.start(self._told)
        self.reader = StoredHistory(self._reading, self._journal)
        directory = Directory(self._store)
        await directory.learn_band(ADA, self._band.id)
        self._editing = EditingService(directory, self._journal, self.reader, self._clock)

    async def _answer(self, user: User, socket: Socket, request: Request) -> None:
        self._clock.advance(1)
        try:
            answer = await self._carry_out(user, socket.session_id, request)
        except CollabError as error:
            answer = {"edit_id": request.edit_id, "error": error.to_json()}
        else:
            if answer["ops"]:
                assert self.stored.setdefault(request.edit_id, answer["version"]) == answer["version"]
        socket.answers.append(answer)

    async def _carry_out(self, user: User, session_id: str, request: Request) -> Json:
        if request.event == "undo_edit":
            undo = requests.parse(requests.UNDO_EDIT, (request.payload,))
            take = partial(self._editing.take_undo, edit_id=undo.edit_id, target=undo.target)
        else:
            edit = requests.parse(requests.EDIT_CONTENT, (request.payload,))
            take = partial(
                self._editing.take_edit,
                edit_id=edit.edit_id,
                base_version=edit.base_version,
                ops=to_domain(edit.ops),
                is_unchanged_expected=edit.expect == "unchanged",
                rebased_to=edit.rebased_to,
            )
        outcome = await take(user, session_id, self.content_id)
        return outcome_json(request.edit_id, outcome)

    async def _open(self, client: Client, socket: Socket, since: int | None) -> None:
        opened: Opened = await self._editing.open(self.content_id, since)
        if opened.document is not None:
            socket.answers.append({"content": opened.document.to_json()})
        else:
            socket.answers.append({"version": opened.version, "edits": edits_json(opened.edits)})

    def _told(self, commit: Commit) -> None:
        edits = [entry.edit for entry in commit.accepted]
        self.restored |= {op.item.id for edit in edits if edit.undoes for op in edit.ops if isinstance(op, Insert)}
        senders = {edit.session_id for edit in edits}
        for client in self.clients:
            if edits and client.socket is not None and senders != {client.socket.session_id}:
                client.socket.broadcasts.append(edits_json(edits))
        commit.answer()


@asynccontextmanager
async def network(
    database_url: str, members: Sequence[User], fields: Json, items: Sequence[Item]
) -> AsyncIterator[Network]:
    made = Network(database_url)
    try:
        await made.open(members, fields, items)
        yield made
    finally:
        await made.close()
