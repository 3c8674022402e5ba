"""What a node reads of bands that another one has changed, alike on every database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from collab.domain.access import Role
from collab.domain.bands import Band, Member, User
from collab.domain.ot.document import Document
from collab.services.bands.directory import Directory, RoleChange
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.engine import reading_engine
from collab.storage.readers import StoredHistory
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
    members, contents = await stores.bands.around(["other"], ["ben"])
    assert {band_id: {member.user_id for member in found} for band_id, found in members.items()} == {
        "b": {"ada", "ben"},
        "other": {"ada"},
    }
    assert {content.id for content in contents} == {"s-b", "s-other"}
    assert await stores.bands.around([], []) == ({}, [])


async def test_who_is_known_keeps_their_name_whatever_an_owner_calls_them(stores: Stores) -> None:
    put = await stores.bands.put_member("other", Member("ben", "Mallory's joke", Role.VIEWER), NOW)
    assert put == Member("ben", "Ben", Role.VIEWER)
    assert put in await stores.bands.members("other")
    assert (await stores.bands.put_member("b", Member("dex", "Dex", Role.VIEWER), NOW)).name == "Dex"


async def test_heads_are_of_the_contents_that_are_asked_for(stores: Stores) -> None:
    assert await stores.history.heads(["s-b", "nothing"]) == {"s-b": 0}


async def test_a_directory_tells_what_another_node_has_changed(stores: Stores) -> None:
    directory = Directory(stores.bands)
    await directory.learn_user(BEN)
    assert await directory.refresh() == []
    await stores.bands.put_member("b", Member("ben", "Ben", Role.VIEWER), NOW)
    await stores.bands.put_member("other", Member("ben", "Ben", Role.EDITOR), NOW)
    changes = await directory.refresh()
    assert RoleChange("b", "ben", Role.EDITOR, Role.VIEWER) in changes
    assert RoleChange("other", "ben", None, Role.EDITOR) in changes
    assert directory.bands_of("ben") == {"b", "other"}
    assert directory.content("s-other") is not None

    await stores.bands.remove_member("b", "ben")
    assert await directory.refresh(["b"]) == [RoleChange("b", "ben", Role.VIEWER, None)]
    assert directory.bands_of("ben") == {"other"}
    assert await directory.refresh() == []


async def test_a_band_of_nobody_here_is_not_learned(stores: Stores) -> None:
    directory = Directory(stores.bands)
    await directory.learn_user(BEN)
    assert await directory.refresh(["other"]) == []
    assert directory.bands() == ["b"]
