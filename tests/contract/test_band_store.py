"""What a node reads of bands that another one has changed, alike on every database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import text

from collab.domain.access import Role
from collab.domain.bands import Band, BandFacts, ContentRef, Member, User
from collab.domain.ot.document import Document
from collab.services.bands.directory import Directory, RoleChange
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.counting import free_users
from collab.storage.engine import reading_engine
from collab.storage.readers import StoredHistory
from collab.storage.rows import edits_named
from collab.storage.writer import Writer

pytestmark = pytest.mark.asyncio

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
ADA, BEN = User("ada", "Ada"), User("ben", "Ben")


class Stores:
    def __init__(self, url: str) -> None:
        self.engine, self.writer = reading_engine(url), Writer(url)
        self.bands = StoredBands(self.engine, self.writer, UNLIMITED)
        self.history = StoredHistory(self.engine)


@pytest_asyncio.fixture
async def stores(any_database_url: str) -> AsyncIterator[Stores]:
    """Ada's two bands, `b` with ben and a setlist, and `other`."""
    made = Stores(any_database_url)
    await made.bands.save_user(ADA, NOW)
    for band_id in ("b", "other"):
        await made.bands.create_band(Band(band_id, band_id), ADA, NOW)
        await made.bands.create_content(Document(f"s-{band_id}", "setlist", band_id, 0, {"title": "Friday"}), ADA, NOW)
    await made.bands.put_member("b", Member("ben", "Ben", Role.EDITOR), NOW)
    yield made
    await made.writer.close()
    await made.engine.dispose()


async def test_bands_are_found_by_their_ids_and_by_their_members(stores: Stores) -> None:
    facts = await stores.bands.facts(["other", "nothing"])
    assert facts == {"other": BandFacts(2, {"ada": Role.OWNER}, [ContentRef("s-other", "other", "setlist", False)])}
    assert (await stores.bands.facts(["b"]))["b"].roles == {"ada": Role.OWNER, "ben": Role.EDITOR}
    name, band_ids = await stores.bands.user("ada")
    assert (name, sorted(band_ids)) == ("Ada", ["b", "other"])
    assert await stores.bands.user("nobody") == (None, [])
    assert await stores.bands.changed({}, []) == []
    assert await stores.bands.facts([]) == {}


async def test_a_band_counts_what_changes_its_rights_and_its_list_and_no_edit(stores: Stores) -> None:
    async def revision() -> int:
        return (await stores.bands.facts(["b"]))["b"].revision

    before = await revision()
    assert await stores.bands.changed({"b": before}, ["ben"]) == []
    assert set(await stores.bands.changed({"b": before - 1, "other": 0}, [])) == {"b", "other"}
    assert await stores.bands.changed({}, ["ben"]) == ["b"]
    counted: list[Callable[[], Awaitable[object]]] = [
        lambda: stores.bands.put_member("b", Member("dex", "Dex", Role.VIEWER), NOW),
        lambda: stores.bands.put_member("b", Member("dex", "Dex", Role.EDITOR), NOW),
        lambda: stores.bands.remove_member("b", "dex"),
        lambda: stores.bands.create_content(Document("new", "setlist", "b", 0, {"title": "New"}), ADA, NOW),
        lambda: stores.bands.set_archived("new", True, NOW),
    ]
    for change in counted:
        await change()
        assert await stores.bands.changed({"b": before}, []) == ["b"]
        before = await revision()
    await stores.writer.run(lambda connection: connection.execute(text("UPDATE contents SET version = 7, title = 'x'")))
    assert await revision() == before


async def test_any_number_of_bands_and_users_fits_a_query(stores: Stores) -> None:
    many = [f"id-{number}" for number in range(70_000)]
    everything = dict.fromkeys(many, 0)
    assert set(await stores.bands.changed({**everything, "b": 0}, [*many, "ada"])) == {"b", "other"}
    assert list(await stores.bands.facts([*many, "b"])) == ["b"]
    assert await stores.history.heads([*many, "s-b"]) == {"s-b": 0}
    assert await stores.history.edits_by_id("s-b", many) == []
    assert await stores.writer.run(lambda connection: free_users(connection, {*many, "ada"})) == {"ada"}
    keys = [("s-b", edit_id) for edit_id in many]
    assert await stores.writer.run(lambda connection: list(edits_named(connection, keys))) == []


async def test_who_is_known_keeps_their_name_whatever_an_owner_calls_them(stores: Stores) -> None:
    put = await stores.bands.put_member("other", Member("ben", "Mallory's joke", Role.VIEWER), NOW)
    assert put == Member("ben", "Ben", Role.VIEWER)
    assert put in await stores.bands.members("other")
    assert (await stores.bands.put_member("b", Member("dex", "Dex", Role.VIEWER), NOW)).name == "Dex"


async def test_heads_are_of_the_contents_that_are_asked_for(stores: Stores) -> None:
    assert await stores.history.heads(["s-b", "nothing"]) == {"s-b": 0}


async def refreshed(directory: Directory, band_ids: Sequence[str] | None = None) -> list[RoleChange]:
    return [change async for change in directory.refresh(band_ids)]


async def test_a_directory_tells_what_another_node_has_changed(stores: Stores) -> None:
    directory = Directory(stores.bands)
    await directory.learn_user("ben")
    assert await refreshed(directory) == []
    await stores.bands.put_member("b", Member("ben", "Ben", Role.VIEWER), NOW)
    await stores.bands.put_member("other", Member("ben", "Ben", Role.EDITOR), NOW)
    changes = await refreshed(directory)
    assert RoleChange("b", "ben", Role.EDITOR, Role.VIEWER) in changes
    assert RoleChange("other", "ben", None, Role.EDITOR) in changes
    assert directory.bands_of("ben") == {"b", "other"}
    assert directory.content("s-other") is not None

    await stores.bands.remove_member("b", "ben")
    assert await refreshed(directory, ["b"]) == [RoleChange("b", "ben", Role.VIEWER, None)]
    assert directory.bands_of("ben") == {"other"}
    assert await refreshed(directory) == []


async def test_a_band_of_nobody_here_is_not_learned(stores: Stores) -> None:
    directory = Directory(stores.bands)
    await directory.learn_user("ben")
    assert await refreshed(directory, ["other"]) == []
    assert directory.bands() == ["b"]
