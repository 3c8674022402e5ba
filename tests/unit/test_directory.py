"""What a node keeps of users and bands."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from collab.domain.access import Role
from collab.domain.bands import Band, Content, Member, User
from collab.domain.ot.edits import Author
from collab.services.bands.directory import Directory, RoleChange
from collab.services.stores import BandStore

ADA = User("ada", "Ada")


class Store:
    """Ada's bands in the database. A band that is held is read, and what was read comes when it is released."""

    def __init__(self, *band_ids: str) -> None:
        self.roles = {band_id: {"ada": Role.OWNER} for band_id in band_ids}
        self.is_down = False
        self._held: dict[str, tuple[asyncio.Event, asyncio.Event]] = {}

    def hold(self, band_id: str) -> tuple[asyncio.Event, asyncio.Event]:
        """Set when the band was read; to be set when what was read is to come."""
        self._held[band_id] = asyncio.Event(), asyncio.Event()
        return self._held[band_id]

    async def bands_of(self, user_id: str) -> list[tuple[Band, Role]]:
        if self.is_down:
            raise ConnectionError
        return [(Band(key, key), roles[user_id]) for key, roles in self.roles.items() if user_id in roles]

    async def band_within_reach(self, user: User, *, band_id: str) -> str | None:
        return band_id if user.id in self.roles.get(band_id, {}) else None

    async def members(self, band_id: str) -> list[Member]:
        return (await self._read([band_id]))[band_id]

    async def contents(self, _band_id: str) -> list[Content]:
        return []

    async def around(
        self, band_ids: Sequence[str], user_ids: Sequence[str]
    ) -> tuple[dict[str, list[Member]], list[Content]]:
        theirs = [key for key, roles in self.roles.items() if not roles.keys().isdisjoint(user_ids)]
        return await self._read([*band_ids, *theirs]), []

    async def _read(self, band_ids: Sequence[str]) -> dict[str, list[Member]]:
        found = {key: [Member(who, who, role) for who, role in self.roles[key].items()] for key in band_ids}
        for band_id in band_ids:
            if (held := self._held.pop(band_id, None)) is not None:
                was_read, may_come = held
                was_read.set()
                await may_come.wait()
        return found


def of(store: Store) -> Directory:
    return Directory(cast("BandStore", store))


def test_asking_for_a_stranger_and_taking_a_member_out_leave_nothing_behind() -> None:
    directory = of(Store())
    directory.set_role("band", "ada", Role.OWNER)
    directory.set_role("band", "ben", Role.VIEWER)
    directory.set_role("band", "ben", None)

    assert directory.bands_of("ada") == {"band"}
    assert directory.bands_of("ben") == directory.bands_of("stranger") == set()
    assert list(directory._bands_of) == ["ada"]  # noqa: SLF001  # what it keeps is the point


def test_a_band_has_its_own_contents_each_once_and_archived_ones_too() -> None:
    directory = of(Store())
    setlist = Content("friday", "band", "setlist", "Friday", 0, datetime.now(UTC), Author("ada", "Ada"))
    directory.put_content(setlist)
    directory.put_content(replace(setlist, id="other", band_id="other"))
    directory.put_content(replace(setlist, is_archived=True))

    assert directory.contents_of("band") == ["friday"]
    assert directory.contents_of("other") == ["other"]
    assert directory.contents_of("never") == []
    ref = directory.content("friday")
    assert ref is not None
    assert ref.is_archived


@pytest.mark.asyncio
async def test_a_band_that_takes_long_to_read_holds_no_other_up() -> None:
    store = Store("slow", "other")
    directory = of(store)
    was_read, may_come = store.hold("slow")
    slow = asyncio.create_task(directory.learn_band(ADA, "slow"))
    await was_read.wait()
    async with asyncio.timeout(5):
        await directory.learn_band(ADA, "other")
        async with directory.changing.at("other"):
            directory.set_role("other", "ben", Role.EDITOR)
        assert await directory.refresh(["other"]) == [RoleChange("other", "ben", Role.EDITOR, None)]
    assert directory.bands() == ["other"]
    may_come.set()
    await slow
    assert directory.bands() == ["other", "slow"]


@pytest.mark.asyncio
async def test_a_change_waits_for_its_band_and_is_not_overwritten_by_what_was_read_before_it() -> None:
    store = Store("band")
    directory = of(store)
    await directory.learn_band(ADA, "band")
    was_read, may_come = store.hold("band")
    refreshing = asyncio.create_task(directory.refresh())
    await was_read.wait()

    async def change() -> None:
        async with directory.changing.at("band"):
            store.roles["band"]["ben"] = Role.EDITOR
            directory.set_role("band", "ben", Role.EDITOR)

    changing = asyncio.create_task(change())
    await asyncio.sleep(0)
    assert "ben" not in store.roles["band"]
    may_come.set()
    await asyncio.gather(refreshing, changing)
    assert directory.bands_of("ben") == {"band"}


@pytest.mark.asyncio
async def test_a_band_that_is_learned_while_all_are_read_is_read_again() -> None:
    store = Store("first")
    directory = of(store)
    await directory.learn_user(ADA)
    store.roles["new"] = {"ada": Role.OWNER}
    learned, may_learn = store.hold("new")
    learning = asyncio.create_task(directory.learn_band(ADA, "new"))
    await learned.wait()
    store.roles["new"]["ben"] = Role.VIEWER
    was_read, may_come = store.hold("new")
    refreshing = asyncio.create_task(directory.refresh())
    await was_read.wait()
    may_learn.set()
    await learning
    assert directory.bands_of("ben") == set()
    may_come.set()
    assert await refreshing == [RoleChange("new", "ben", None, Role.VIEWER)]
    assert directory.bands_of("ben") == {"new"}


@pytest.mark.asyncio
async def test_what_is_learned_late_does_not_overwrite_what_was_read_after_it() -> None:
    store = Store("first")
    directory = of(store)
    await directory.learn_user(ADA)
    store.roles["new"] = {"ada": Role.OWNER}
    learned, may_learn = store.hold("new")
    learning = asyncio.create_task(directory.learn_band(ADA, "new"))
    await learned.wait()
    store.roles["new"]["ben"] = Role.VIEWER
    await directory.refresh()
    may_learn.set()
    await learning
    assert directory.bands_of("ben") == {"new"}


@pytest.mark.asyncio
async def test_a_user_whose_bands_could_not_be_read_is_learned_the_next_time() -> None:
    store = Store("band")
    directory = of(store)
    store.is_down = True
    with pytest.raises(ConnectionError):
        await directory.learn_user(ADA)
    store.is_down = False
    assert not directory.is_known(ADA)
    await directory.learn_user(ADA)
    assert directory.bands_of("ada") == {"band"}
