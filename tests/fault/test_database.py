"""The database fails: edits are answered `unavailable`, nothing is half stored, and the same edit works afterwards."""

import pytest
from sqlalchemy import Connection, Engine, event, insert
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from collab.logs import exception_text
from collab.storage.engine import Writer
from collab.storage.migrate import migrate
from collab.storage.tables import bands
from tests.conftest import make_gig
from tests.support.members import edit, member, set_
from tests.support.postgres import create_database, postgres_server
from tests.support.serving import serving, settings_for
from tests.support.storage import at_each

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]


async def test_a_database_that_is_gone_for_a_while() -> None:
    with postgres_server() as postgres:
        url = create_database(postgres.url, "gig")
        migrate(url)
        async with serving(settings_for(url)) as server:
            gig = await make_gig(server)
            async with member(server, "ada") as ada, member(server, "ben") as ben, server.rest("ben") as rest:
                await ben.ok("join_room", gig.room)
                await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
                postgres.stop(is_graceful=False)

                kept = edit(gig.setlist_id, 1, set_("iko", "key", "A"))
                errors = [await ada.refused("edit_content", kept) for _ in range(3)]
                unread = await ada.refused("request_update", {"room_id": gig.room})
                not_ready = await rest.get("/readyz")
                alive = await rest.get("/healthz")

                postgres.start()
                # The first use of a connection that broke may still say so; a client tries again.
                answer = await ada.call("edit_content", kept)
                if not answer["ok"]:
                    answer = await ada.ok("edit_content", kept)
                await ben.next("content_edited")
                told = await ben.next("content_edited")
                document = (await ada.call("request_update", {"room_id": gig.room})).get("content")
                if document is None:
                    document = (await ada.ok("request_update", {"room_id": gig.room}))["content"]

    assert {error["code"] for error in [*errors, unread]} == {"unavailable"}
    assert (not_ready.status_code, alive.status_code) == (503, 200)
    assert answer["version"] == told["version"] == document["version"] == 2
    assert document["items"][0]["fields"]["key"] == "A"


async def test_a_disk_that_is_full(sqlite_database_url: str) -> None:
    is_full = False

    def limit(connection: Connection) -> None:
        # With no page left to add, SQLite says what it says on a full disk.
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() if is_full else 1_000_000
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    async with serving(settings_for(sqlite_database_url)) as server, member(server, "ada") as ada:
        gig = await make_gig(server)
        event.listen(Engine, "begin", limit)
        try:
            long = "la " * 6_000
            is_full = True
            kept = edit(gig.setlist_id, 0, set_(None, "notes", long))
            error = await ada.refused("edit_content", kept)
            before = (await ada.ok("request_update", {"room_id": gig.room}))["content"]
            is_full = False
            answer = await ada.ok("edit_content", kept)
        finally:
            event.remove(Engine, "begin", limit)

    assert error["code"] == "unavailable"
    assert before["version"] == 0
    assert answer["version"] == 1


async def test_the_log_names_the_edits_that_failed_and_none_of_their_words(any_database_url: str) -> None:
    def fail(connection: Connection) -> None:
        # What a database says names the values that it did not like.
        connection.exec_driver_sql("INSERT INTO bands (id, name) VALUES (NULL, 'Jock-A-Mo')")

    async with serving(settings_for(any_database_url)) as server, member(server, "ada") as ada:
        gig = await make_gig(server)
        kept = edit(gig.setlist_id, 0, set_("iko", "title", "Jock-A-Mo"))
        with capture_logs() as lines, at_each("commit", fail):
            await ada.refused("edit_content", kept)
        sid = ada.sid

    [line] = [line for line in lines if "journal" in line["event"]]
    assert (line["edits"], line["first"]) == (1, [f"{kept['edit_id']} of {sid}"])


async def test_a_fault_of_the_database_is_told_without_its_values(any_database_url: str) -> None:
    words = "Jock-A-Mo"
    writer = Writer(any_database_url)
    try:
        with pytest.raises(IntegrityError) as raised:
            await writer.run(lambda connection: connection.execute(insert(bands), [{"id": None, "name": words}]))
    finally:
        await writer.close()
    error = raised.value
    told = exception_text((type(error), error, error.__traceback__))
    assert "IntegrityError" in told
    assert words not in told
    # What SQLAlchemy adds to the driver's own message, for whoever logs it another way.
    assert words not in str(error).replace(str(error.orig), "")
