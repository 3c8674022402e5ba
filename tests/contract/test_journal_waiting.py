"""What happens to an edit that waits: what allowed it goes, or another process keeps the database."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import create_engine, delete

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.errors import Forbidden, NotFound, Unavailable
from collab.domain.ot.ops import Set
from collab.domain.ot.rebase import Accepted, Duplicate, Stored
from collab.engine import Engine
from collab.services.editing.after_commit import Commit
from collab.services.ticket import Ticket
from collab.storage.engine import sqlite_file, sync_url
from collab.storage.tables import contents, snapshots
from tests.support.rooms import NOW, START
from tests.support.serving import settings_for
from tests.support.storage import make_setlist, node, proposal, venue

pytestmark = pytest.mark.asyncio

ADA, BEN = User("ada", "Ada"), User("ben", "Ben")


async def test_an_edit_that_waits_while_its_content_is_archived_is_refused(any_database_url: str) -> None:
    stored = proposal(venue("Blue Nile"), base=0)
    async with node(any_database_url, is_started=False) as room, node(any_database_url) as other:
        await make_setlist(room)
        assert isinstance(await other.submit(stored), Accepted)
        waiting = room.journal.submit(START.id, proposal(venue("Maple Leaf"), base=1))
        again = room.journal.submit(START.id, stored)
        await other.store.set_archived(START.id, True, NOW)
        room.journal.start(Commit.answer)
        with pytest.raises(Forbidden, match="is archived"):
            await waiting
        assert isinstance(await again, Duplicate), "what is stored is answered all the same"
        await other.store.set_archived(START.id, False, NOW)
        assert isinstance(await room.submit(proposal(venue("Maple Leaf"), base=1)), Accepted)


async def test_an_edit_that_waits_while_its_content_is_deleted_is_refused(any_database_url: str) -> None:
    async with node(any_database_url, is_started=False) as room:
        await make_setlist(room)
        waiting = room.journal.submit(START.id, proposal(venue("Maple Leaf"), base=0))
        host = create_engine(sync_url(any_database_url))
        with host.begin() as connection:
            connection.execute(delete(snapshots).where(snapshots.c.content_id == START.id))
            connection.execute(delete(contents).where(contents.c.id == START.id))
        host.dispose()
        room.journal.start(Commit.answer)
        with pytest.raises(NotFound):
            await waiting


@pytest.mark.parametrize("role", [Role.VIEWER, None])
async def test_an_edit_that_waits_while_its_author_loses_their_role_is_refused(
    any_database_url: str, role: Role | None
) -> None:
    engine = Engine(settings_for(any_database_url))
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile")
        await engine.membership.put_member(ADA, band.id, BEN.id, Role.EDITOR, BEN.name)
        content = await engine.contents.create(ADA, band.id, "setlist", "Friday")
        ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(3)]

        def edit(user: User, edit_id: str) -> Ticket[Stored]:
            ops = (Set(None, "venue", "Blue Nile"),)
            return engine.editing.take_edit(user, "session", content.id, edit_id=edit_id, base_version=0, ops=ops)

        refused = [
            edit(BEN, ids[0]),
            engine.editing.take_undo(BEN, "session", content.id, edit_id=ids[1], target=ids[0]),
        ]
        kept = edit(ADA, ids[2])
        # Before the event loop has its next turn: they still wait.
        engine.directory.set_role(band.id, BEN.id, role)
        for waiting in refused:
            with pytest.raises(Forbidden):
                await waiting
        assert isinstance(await kept, Accepted)
        assert (await engine.history.document(ADA, content.id)).version == 1


class TestAnSqliteDatabaseThatAnotherProcessWrites:
    async def test_an_edit_waits_for_it(self, sqlite_database_url: str) -> None:
        async with node(sqlite_database_url) as room:
            await make_setlist(room)
            with locked(sqlite_database_url):
                waiting = room.submit(proposal(venue("Blue Nile"), base=0))
                answer = asyncio.ensure_future(waiting)
                assert (await room.reader.document(START.id)).version == 0, "reading goes on"
                assert not answer.done()
            assert isinstance(await answer, Accepted)

    async def test_and_is_refused_after_a_while(
        self, sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collab.storage.engine.BUSY_TIMEOUT_MS", 100)
        asked = proposal(venue("Blue Nile"), base=0)
        async with node(sqlite_database_url) as room:
            await make_setlist(room)
            with locked(sqlite_database_url):
                with pytest.raises(Unavailable, match="send it again"):
                    await room.submit(asked)
                assert (await room.reader.document(START.id)).version == 0
            assert isinstance(await room.submit(asked), Accepted)


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    with closing(sqlite3.connect(str(sqlite_file(database_url)), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
