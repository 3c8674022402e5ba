"""How large contents and edits may be, on both databases: edits, undos and reverts alike, right after a start too."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from collab.domain.errors import Conflicting, TooLarge, VersionUnknown
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Proposal, Restore
from collab.domain.ot.ops import Insert, Item, Op, Remove, Set
from collab.domain.ot.rebase import Accepted, Duplicate
from collab.domain.sizes import SizeLimits, content_bytes
from tests.support.rooms import ADA, BEN, NOW, START
from tests.support.storage import SIZES, Node, make_setlist, new_edit_id, node, proposal, undo_of

pytestmark = pytest.mark.asyncio

FRAME_BYTES = len('{"id":"n1","type":"song","position":"a3","fields":{"notes":""}},')
LIMITS = SizeLimits(content_bytes=content_bytes(START) + 2_000, message_bytes=4_000)


@pytest_asyncio.fixture
async def small(any_database_url: str) -> AsyncIterator[Node]:
    """A node on which the setlist may take 2,000 bytes more than it does."""
    async with node(any_database_url, sizes=LIMITS) as running:
        await make_setlist(running)
        yield running


def song(number: int, size_bytes: int) -> Insert:
    """A song that takes just so much."""
    return Insert(Item(f"n{number}", "song", f"a{number + 2}", {"notes": "x" * (size_bytes - FRAME_BYTES)}))


def notes(text: str, item: str = "iko") -> Set:
    return Set(item, "notes", text)


def _unchanged(*ops: Op) -> Proposal:
    return replace(proposal(*ops, base=0, author=BEN), expect="unchanged")


def _revert(wanted: Document) -> Restore:
    return Restore(new_edit_id(), wanted, ADA, None, NOW)


async def _size(room: Node) -> int:
    document = await room.reader.document(START.id)
    live = room.journal.head(START.id)
    assert live is None or live.size_bytes == content_bytes(document)
    return content_bytes(document)


async def test_there_is_room_to_the_last_byte(small: Node) -> None:
    await small.edit(song(1, 1_500), base=0)
    head = await _size(small)
    with pytest.raises(TooLarge, match=f"it holds {head}, 500 more would fit, and this adds 501;"):
        await small.submit(proposal(song(2, 501), base=1))
    await small.edit(song(2, 500), base=1)
    assert await _size(small) == LIMITS.content_bytes
    # As long as nothing is added, anything goes.
    await small.edit(Set("saints", "key", "F#"), base=2)
    with pytest.raises(TooLarge):
        await small.submit(proposal(Set("saints", "key", "F#m"), base=3))


async def test_letters_count_as_they_are_sent(small: Node) -> None:
    before = await _size(small)
    await small.edit(notes("slow 🎷"), base=0)
    await small.edit(notes('slow"\n'), base=1, author=BEN)
    assert await _size(small) == before + len('\\"\\n')


async def test_right_after_a_start(small: Node, any_database_url: str) -> None:
    await small.edit(song(1, 1_500), base=0)
    async with node(any_database_url, sizes=LIMITS) as other:
        with pytest.raises(TooLarge, match="500 more would fit"):
            await other.submit(proposal(song(2, 501), base=1))
        await other.edit(song(2, 500), base=1)
    # And where another node has filled it.
    with pytest.raises(TooLarge, match="0 more would fit"):
        await small.submit(proposal(song(3, 100), base=1))


async def test_an_undo_and_a_redo_find_room_or_are_refused(small: Node) -> None:
    await small.edit(song(1, 1_500), base=0)
    removed = await small.edit(Remove("n1"), base=1)
    await small.edit(song(2, 1_000), base=2, author=BEN)
    with pytest.raises(TooLarge, match="1000 more would fit, and this adds 1500"):
        await small.submit(undo_of(removed))
    await small.edit(Remove("n2"), base=3, author=BEN)
    undone = await small.submit(undo_of(removed))
    assert isinstance(undone, Accepted)
    assert await _size(small) == content_bytes(START) + 1_500


async def test_a_revert_is_refused_likewise(small: Node, any_database_url: str) -> None:
    await small.edit(song(1, 1_500), base=0)
    wanted = await small.reader.document(START.id)
    await small.edit(Remove("n1"), base=1)
    await small.edit(song(2, 1_900), base=2)
    # What comes and what goes is set off.
    assert isinstance(await small.journal.submit(START.id, _revert(wanted)), Accepted)
    assert await _size(small) == content_bytes(wanted)
    await small.edit(Remove("n1"), base=4)
    tight = SizeLimits(content_bytes=content_bytes(START) + 1_000, message_bytes=4_000)
    async with node(any_database_url, sizes=tight) as other:
        with pytest.raises(TooLarge, match="1000 more would fit, and this adds 1500"):
            await other.journal.submit(START.id, _revert(wanted))


async def test_what_was_too_large_before_there_was_a_bound_is_opened_and_made_smaller(
    small: Node, any_database_url: str
) -> None:
    await small.edit(song(1, 1_500), base=0)
    tight = SizeLimits(content_bytes=content_bytes(START) + 100, message_bytes=4_000)
    async with node(any_database_url, sizes=tight) as other:
        assert content_bytes(await other.reader.document(START.id)) > tight.content_bytes
        with pytest.raises(TooLarge, match="0 more would fit"):
            await other.submit(proposal(Set(None, "venue", "Tipitina's"), base=1))
        await other.edit(notes("x" * 1_000, "n1"), base=1)
        await other.edit(Set("n1", "notes", None), base=2)
        await other.edit(notes("slow", "n1"), base=3)


async def test_a_resend_of_what_filled_it_is_known(small: Node, short_memory: int) -> None:
    asked = proposal(song(1, 2_000), base=0)
    first = await small.submit(asked)
    for version in range(1, 3 * short_memory):
        await small.edit(Set("saints", "key", "FG"[version % 2]), base=version, author=BEN)
    assert isinstance(first, Accepted)
    assert await small.submit(asked) == Duplicate(first.edit)


async def test_an_edit_that_is_too_long_to_tell_is_refused(any_database_url: str) -> None:
    async with node(any_database_url, sizes=SizeLimits(content_bytes=100_000, message_bytes=4_000)) as room:
        await make_setlist(room)
        with pytest.raises(TooLarge, match="at most 4000 bytes of JSON to tell"):
            await room.submit(proposal(song(1, 4_000), base=0))
        await room.edit(notes("x" * 3_000, "iko"), base=0)
        await room.edit(notes("x" * 3_000, "saints"), base=1)
        # What it overwrites is told with it, also where it is refused for that.
        emptied = (notes("", "iko"), notes("", "saints"))
        with pytest.raises(TooLarge):
            await room.submit(proposal(*emptied, base=0, author=BEN))
        with pytest.raises(TooLarge):
            await room.submit(_unchanged(*emptied))
        with pytest.raises(Conflicting):
            await room.submit(_unchanged(emptied[0]))
        await room.edit(*emptied, base=2, author=BEN)


async def test_accepted_edits_tell_their_sizes(small: Node) -> None:
    outcome = await small.submit(proposal(song(1, 1_000), base=0))
    assert isinstance(outcome, Accepted)
    assert outcome.sizes.content_bytes == content_bytes(outcome.document)
    assert 1_000 < outcome.sizes.told_bytes < outcome.sizes.stored_bytes < 1_200
    removed = await small.submit(proposal(Remove("n1"), base=1))
    assert isinstance(removed, Accepted)
    assert removed.sizes.told_bytes < 100 < 1_000 < removed.sizes.stored_bytes


async def test_no_more_is_read_than_fits_and_one(small: Node) -> None:
    await small.edit(song(1, 1_000), base=0)
    for version in range(1, 4):
        await small.edit(notes("abc"[version - 1], "n1"), base=version)
    read = small.reader.edits
    assert [len(await read(START.id, 0, 10, max_bytes=size)) for size in (0, 900, 1_300, 10_000)] == [1, 1, 2, 4]
    assert len(await read(START.id, 1, 2, max_bytes=10_000)) == 2
    # What takes an edit back is read with it.
    await small.edit(Remove("n1"), base=4)
    await small.edit(Set("iko", "key", "G"), base=5)
    assert len(await read(START.id, 4, 10, max_bytes=100)) == 1
    assert await read(START.id, 9, 10, max_bytes=0) == []


async def test_long_edits_are_not_all_kept_in_memory_nor_read_back(
    any_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("content_cache", "past"):
        monkeypatch.setattr(f"collab.storage.{module}.MAX_OPS", 50)
    async with node(any_database_url, sizes=SIZES) as room:
        await make_setlist(room)
        for version in range(30):
            await room.edit(notes("ab"[version % 2] * 5_000), base=version)
        live = room.journal.head(START.id)
        assert live is not None
        assert live.oldest > 10
        assert live.weight <= 2 * 50 + 11
        with pytest.raises(VersionUnknown, match="50 kB"):
            await room.submit(proposal(Set("saints", "key", "G"), base=1))
        await room.edit(Set("saints", "key", "G"), base=29)
    async with node(any_database_url, sizes=SIZES) as fresh:
        await fresh.edit(Set("saints", "key", "F"), base=30)
        opened = fresh.journal.head(START.id)
        assert opened is not None
        assert opened.weight <= 50 + 11 + 1
