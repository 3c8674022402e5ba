"""What a node keeps of users and bands."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast
from unittest.mock import AsyncMock

import pytest

from collab.domain.access import Right, Role
from collab.domain.bands import BandFacts, Content, ContentRef, User
from collab.domain.ot.edits import Author
from collab.services.bands.directory import READ_AT_ONCE, Directory, RoleChange
from collab.services.stores import BandStore

ADA, BEN = User("ada", "Ada"), User("ben", "Ben")


class Store:
    """Ada's bands in the database. A band that is held is read, and what was read comes when it is released."""

    def __init__(self, *band_ids: str) -> None:
        self.roles = {band_id: {"ada": Role.OWNER} for band_id in band_ids}
        self.revisions = dict.fromkeys(band_ids, 1)
        self.is_down = False
        self.reads: list[list[str]] = []
        self._held: dict[str, tuple[asyncio.Event, asyncio.Event]] = {}

    def hold(self, band_id: str) -> tuple[asyncio.Event, asyncio.Event]:
        """Set when the band was read; to be set when what was read is to come."""
        self._held[band_id] = asyncio.Event(), asyncio.Event()
        return self._held[band_id]

    def put(self, band_id: str, user_id: str, role: Role) -> None:
        self.roles.setdefault(band_id, {})[user_id] = role
        self.revisions[band_id] = self.revisions.get(band_id, 0) + 1

    async def user(self, user_id: str) -> tuple[str | None, list[str]]:
        if self.is_down:
            raise ConnectionError
        names = {ADA.id: ADA.name, BEN.id: BEN.name}
        return names.get(user_id), [key for key, roles in self.roles.items() if user_id in roles]

    async def band_within_reach(self, user: User, *, band_id: str) -> str | None:
        return band_id if user.id in self.roles.get(band_id, {}) else None

    async def changed(self, revisions: Mapping[str, int], user_ids: Collection[str]) -> list[str]:
        outdated = [key for key, revision in revisions.items() if self.revisions[key] != revision]
        theirs = [key for key, roles in self.roles.items() if not roles.keys().isdisjoint(user_ids)]
        return [*outdated, *(key for key in theirs if key not in revisions)]

    async def facts(self, band_ids: Collection[str]) -> dict[str, BandFacts]:
        self.reads.append(sorted(band_ids))
        found = {key: BandFacts(self.revisions[key], dict(self.roles[key]), [_content(key)]) for key in band_ids}
        for band_id in band_ids:
            if (held := self._held.pop(band_id, None)) is not None:
                was_read, may_come = held
                was_read.set()
                await may_come.wait()
        return found


def _content(band_id: str) -> ContentRef:
    return ContentRef(f"setlist of {band_id}", band_id, "setlist", False)


def of(store: Store) -> Directory:
    return Directory(cast("BandStore", store))


async def refreshed(directory: Directory, band_ids: Sequence[str] | None = None) -> list[RoleChange]:
    return [change async for change in directory.refresh(band_ids)]


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
        assert await refreshed(directory, ["other"]) == [RoleChange("other", "ben", Role.EDITOR, None)]
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
    store.put("band", "cid", Role.VIEWER)
    refreshing = asyncio.create_task(refreshed(directory))
    await was_read.wait()

    async def change() -> None:
        async with directory.changing.at("band"):
            store.put("band", "ben", Role.EDITOR)
            directory.set_role("band", "ben", Role.EDITOR)

    changing = asyncio.create_task(change())
    await asyncio.sleep(0)
    assert "ben" not in store.roles["band"]
    may_come.set()
    await asyncio.gather(refreshing, changing)
    assert directory.bands_of("ben") == {"band"}


@pytest.mark.asyncio
async def test_a_band_that_is_learned_while_all_are_read_is_not_overwritten_by_what_is_older() -> None:
    store = Store("first")
    directory = of(store)
    await directory.learn_user("ada")
    store.put("new", "ada", Role.OWNER)
    learned, may_learn = store.hold("new")
    learning = asyncio.create_task(directory.learn_band(ADA, "new"))
    await learned.wait()
    store.put("new", "ben", Role.VIEWER)
    refreshing = asyncio.create_task(refreshed(directory))
    await asyncio.sleep(0)
    may_learn.set()
    await learning
    assert await refreshing == [RoleChange("new", "ben", None, Role.VIEWER)]
    assert directory.bands_of("ben") == {"new"}


@pytest.mark.asyncio
async def test_only_what_has_changed_is_read_again() -> None:
    store = Store(*(f"band {number}" for number in range(READ_AT_ONCE + 1)))
    directory = of(store)
    await directory.learn_user("ada")
    assert list(map(len, store.reads)) == [READ_AT_ONCE, 1]
    store.reads.clear()
    assert await refreshed(directory) == []
    assert store.reads == []
    store.put("band 7", "ben", Role.VIEWER)
    assert await refreshed(directory) == [RoleChange("band 7", "ben", None, Role.VIEWER)]
    assert await refreshed(directory) == []
    assert store.reads == [["band 7"]]


@pytest.mark.asyncio
async def test_a_change_that_was_read_is_told_though_the_rest_can_not_be_read() -> None:
    store = Store("first")
    directory = of(store)
    await directory.learn_user("ada")
    for number in range(READ_AT_ONCE):
        store.put(f"band {number}", "ada", Role.OWNER)
    store.put("first", "ben", Role.VIEWER)
    changes = directory.refresh()
    assert await anext(changes) == RoleChange("first", "ben", None, Role.VIEWER)
    store.facts = AsyncMock(side_effect=ConnectionError)  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        [_ async for _ in changes]


@pytest.mark.asyncio
async def test_who_has_gone_is_forgotten_with_the_bands_that_nobody_here_is_in() -> None:
    store = Store("theirs", "shared")
    store.put("shared", "ben", Role.EDITOR)
    directory = of(store)
    await directory.learn_user("ada")
    await directory.learn_user("ben")
    directory.forget(["ada", "ben"])
    directory.forget(["ben"])
    assert directory.bands() == ["shared"]
    assert (directory.content("setlist of theirs"), directory.contents_of("theirs")) == (None, [])
    assert directory.bands_of("ada") == {"shared"}
    assert (directory.is_known(ADA), directory.is_known(BEN)) == (False, True)
    store.put("theirs", "cid", Role.VIEWER)
    assert await refreshed(directory) == []

    await directory.learn_user("ada")
    assert directory.bands_of("ada") == {"shared", "theirs"}
    assert directory.bands_of("cid") == {"theirs"}


@pytest.mark.asyncio
async def test_what_was_asked_for_lately_or_is_being_changed_is_not_forgotten() -> None:
    store = Store("band")
    directory = of(store)
    await directory.learn_user("ada")
    directory.forget([])
    assert directory.bands() == ["band"], "a call of hers may be under way"
    directory.require_content(ADA, "setlist of band", Right.VIEW)
    directory.forget([])
    assert directory.bands() == ["band"]
    async with directory.changing.at("band"):
        directory.forget([])
        assert directory.bands() == ["band"]
    directory.forget([])
    assert directory.bands() == []
    kept = vars(directory)
    assert not any(kept[name] for name in ("_names", "_revisions", "_contents", "_contents_of", "_bands_of"))


@pytest.mark.asyncio
async def test_a_user_whose_bands_could_not_be_read_is_learned_the_next_time() -> None:
    store = Store("band")
    directory = of(store)
    store.is_down = True
    with pytest.raises(ConnectionError):
        await directory.learn_user("ada")
    store.is_down = False
    assert not directory.is_known(ADA)
    await directory.learn_user("ada")
    assert directory.bands_of("ada") == {"band"}


@pytest.mark.asyncio
async def test_a_band_that_is_wanted_is_learned_though_nobody_in_it_was() -> None:
    directory = of(Store("one"))
    assert await refreshed(directory, ["one"]) == []
    assert not directory.knows("one")
    assert [change.now async for change in directory.refresh(["one"], are_wanted=True)] == [Role.OWNER]
    assert directory.require_content(ADA, "setlist of one", Right.VIEW)[1] is Role.OWNER
