"""Two members edit one setlist over real sockets."""

import pytest

from tests.conftest import Gig
from tests.support.members import member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_an_edit_is_answered_to_its_sender_and_told_to_the_others(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben", ["polling"]) as ben:
        await ada.ok("join_room", gig.room)
        await ben.ok("join_room", gig.room)

        answer = await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        told = await ben.next("content_edited")

        assert answer["version"] == told["version"] == 1
        assert told["author"] == {"id": "ada", "name": "Ada"}
        assert told["ops"] == answer["ops"] == [set_("iko", "key", "G")]
        # The sender is skipped: the next thing that ada hears is ben's edit, not her own.
        await ben.edit(gig.setlist_id, 1, set_("iko", "key", "A"))
        assert (await ada.next("content_edited"))["version"] == 2
