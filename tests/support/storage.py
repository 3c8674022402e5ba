"""A node without sockets: the journal, its writer and a reader on a real database, with two members and a setlist."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.access import Role
from collab.domain.bands import Band, Member, User
from collab.domain.kinds import KINDS
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Edit, Proposal, Undo
from collab.domain.ot.ops import Op, Set, Text
from collab.domain.ot.rebase import Accepted, Stored
from collab.domain.sizes import SizeLimits
from collab.services.editing.after_commit import Commit
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.engine import reading_engine, sync_url
from collab.storage.journal import Journal
from collab.storage.readers import StoredHistory
from collab.storage.tables import contents, snapshots
from collab.storage.writer import Writer
from tests.support.rooms import ADA, BEN, NOW, START

SIZES = SizeLimits(content_bytes=3_000_000, message_bytes=4_000_000)

_ids = count(1)


def new_edit_id() -> str:
    return f"edit-{next(_ids)}"


@dataclass
class Node:
    """What of a node has to do with edits. `committed` holds what it told of each commit."""

    journal: Journal
    reader: StoredHistory
    store: StoredBands
    engine: AsyncEngine
    committed: list[list[Accepted]] = field(default_factory=list)

    def told(self, commit: Commit) -> None:
        self.committed.append(commit.accepted)
        commit.answer()

    async def submit(self, asked: Proposal | Undo, content_id: str = START.id) -> Stored:
        return await self.journal.submit(content_id, asked)

    async def edit(self, *ops: Op, base: int, author: Author = ADA) -> Edit:
        """An edit that has to be accepted."""
        outcome = await self.submit(proposal(*ops, base=base, author=author))
        assert isinstance(outcome, Accepted)
        return outcome.edit

    async def stored(self, content_id: str = START.id) -> list[Edit]:
        return await self.reader.edits(content_id, 0, 100_000)

    async def snapshot_versions(self, content_id: str = START.id) -> list[int]:
        statement = select(snapshots.c.version).where(snapshots.c.content_id == content_id)
        async with self.engine.connect() as connection:
            return list((await connection.execute(statement.order_by(snapshots.c.version))).scalars())


@asynccontextmanager
async def node(
    database_url: str,
    *,
    max_waiting: int = 10_000,
    max_live: int = 100,
    max_base_edits: int = 1_000,
    sizes: SizeLimits = SIZES,
    is_started: bool = True,
) -> AsyncIterator[Node]:
    writer, engine = Writer(database_url), reading_engine(database_url)
    journal = Journal(
        writer,
        KINDS,
        max_waiting=max_waiting,
        max_live=max_live,
        max_base_edits=max_base_edits,
        sizes=sizes,
    )
    made = Node(journal, StoredHistory(engine, journal), StoredBands(engine, writer, UNLIMITED), engine)
    if is_started:
        journal.start(made.told)
    try:
        yield made
    finally:
        await journal.close()
        await writer.close()
        await engine.dispose()


async def make_setlist(node: Node, *others: Document) -> None:
    """The band of ada and ben, and contents at version 0: `START` and the others."""
    ada = User(ADA.id, ADA.name)
    await node.store.save_user(ada, NOW)
    await node.store.create_band(Band(START.band_id, "Blue Nile"), ada, NOW)
    await node.store.put_member(START.band_id, Member(BEN.id, BEN.name, Role.EDITOR), NOW)
    for document in (START, *others):
        await make_content(node, document)


async def make_content(node: Node, document: Document) -> None:
    """A content at version 0, in a band of its own where that is not the one of ada and ben."""
    ada = User(ADA.id, ADA.name)
    if not await node.store.members(document.band_id):
        await node.store.create_band(Band(document.band_id, document.band_id), ada, NOW)
    await node.store.create_content(document, ada, NOW)


def typed(words: str) -> Text:
    """Before all else in the notes."""
    return Text(None, "notes", (words,))


def venue(name: str) -> Set:
    return Set(None, "venue", name)


def proposal(*ops: Op, base: int, author: Author = ADA, edit_id: str | None = None) -> Proposal:
    return Proposal(edit_id or new_edit_id(), base, ops, author, "session", NOW)


def undo_of(edit: Edit, author: Author = ADA, edit_id: str | None = None) -> Undo:
    return Undo(edit_id or new_edit_id(), edit.edit_id, author, "session", NOW)


@contextmanager
def at_each(event_name: str, callback: Any) -> Iterator[None]:
    """Calls back at an event of any engine: at a `commit` right before it is carried out, at `handle_error`."""
    event.listen(Engine, event_name, callback)
    try:
        yield
    finally:
        event.remove(Engine, event_name, callback)


def versions(edits: Sequence[Edit]) -> list[int]:
    return [edit.version for edit in edits]


@contextmanager
def kept_by_another(database_url: str, row_id: str, table: Table = contents) -> Iterator[Connection]:
    """Somebody at a prompt has begun to change a content, or another row, and does not go on."""
    engine = create_engine(sync_url(database_url))
    try:
        with engine.connect() as connection:
            connection.execute(select(table.c.id).where(table.c.id == row_id).with_for_update())
            yield connection
    finally:
        engine.dispose()
