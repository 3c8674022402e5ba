"""The Python SDK and the order of what comes in, over real sockets: answers and events that arrive in one piece."""

import asyncio

import pytest

from collab.client import Broken, CollabClient
from collab.client.events import RoomLost
from collab.domain.access import BandRoom
from collab.domain.bands import User
from tests.conftest import Gig
from tests.support.clients import agreed, client, heard
from tests.support.clock import ManualClock
from tests.support.proxy import proxy
from tests.support.serving import RunningEngine
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


async def test_what_comes_in_with_the_answer_to_join_room_follows_it(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    async with (
        proxy(server.url) as line,
        CollabClient(line.url, server.token("ada")) as ada,
        client(server, "ben") as ben,
    ):
        line.hold_answers()
        opening = asyncio.create_task(ada.band(gig.band_id))
        await until(lambda: ada.session.id in server.engine.presence.roster(BandRoom(gig.band_id)).sessions)
        # She is in, and the answer is on its way.
        his = await ben.band(gig.band_id)
        clock.advance(0.1)
        await server.engine.contents.create(User("ben", "Ben"), gig.band_id, "setlist", "Saturday")
        await until(lambda: len(his.contents) == 2)
        line.thaw()
        hers = await opening
        await until(lambda: set(hers.roster) == {ada.session.id, ben.session.id})
        await until(lambda: {entry.title for entry in hers.contents.values()} == {"Friday", "Saturday"})


@pytest.mark.parametrize("is_band", [True, False], ids=["band", "content"])
async def test_an_event_that_can_not_be_taken_in_breaks_its_room_down_and_no_other(
    server: RunningEngine, gig: Gig, ada: CollabClient, is_band: bool
) -> None:
    band, content = await ada.band(gig.band_id), await ada.open(gig.setlist_id)
    room = band if is_band else content
    news = room.events()
    event, told = ("content_updated", {"band_id": gig.band_id}) if is_band else ("batch_update", {"room": gig.room})
    server.engine.broadcaster.tell(ada.session.id, event, told)
    lost = await heard(news, RoomLost)
    assert isinstance(lost.error, Broken)
    with pytest.raises(Broken):
        raise room.failure or AssertionError
    again = await (ada.band(gig.band_id) if is_band else ada.open(gig.setlist_id))
    assert again is not room
    hers = await ada.open(gig.setlist_id)
    hers.set("iko", "key", "G")
    await agreed(server, hers)
