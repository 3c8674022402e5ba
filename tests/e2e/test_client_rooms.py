"""The Python SDK in rooms: who is there, what a band has, and who may not be there any more."""

import asyncio
from typing import Any

import pytest

from collab.client import Broken, CollabClient
from collab.client.connection import Connection
from collab.client.errors import NotConnected
from collab.client.events import (
    ContentListed,
    ContentUnlisted,
    MembershipChanged,
    Online,
    RoomLost,
    RosterChanged,
)
from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.errors import Forbidden
from collab.domain.ot.ops import Set
from collab.domain.presence.focus import Focus
from tests.conftest import Gig
from tests.support.clients import Wire, agreed, break_connection, client, heard
from tests.support.clock import ManualClock
from tests.support.members import TIMEOUT_S
from tests.support.serving import RunningEngine

pytestmark = pytest.mark.asyncio


async def test_everybody_sees_who_is_where(
    server: RunningEngine, gig: Gig, ada: CollabClient, clock: ManualClock
) -> None:
    hers = await ada.open(gig.setlist_id)
    news = hers.events()
    async with client(server, "ben") as ben:
        his = await ben.open(gig.setlist_id)
        assert {entry.user.name for entry in his.roster.values()} == {"Ada", "Ben"}
        await his.focus("iko", "notes", 0, 3)
        await his.set_status("idle")
        clock.advance(0.1)
        idle = await heard(news, RosterChanged, lambda change: _status(change, "ben") == "idle")
        assert idle.roster[ben.session.id].focus == Focus("iko", "notes", 0, 3)
        assert his.roster[ben.session.id].status == "idle"

        his_news = his.events()
        await break_connection(ben)
        await heard(his_news, RosterChanged, lambda change: _status(change, "ben", besides=idle) == "idle")
        # Back, he is where he was.
        clock.advance(0.1)
        back = await heard(news, RosterChanged, lambda change: _status(change, "ben", besides=idle) == "idle")
        assert back.roster[ben.session.id].focus == Focus("iko", "notes", 0, 3)
    # Leaving is no broken connection, after which he might come back: it shows at once.
    clock.advance(0.1)
    await heard(news, RosterChanged, lambda change: ben.session.id not in change.roster)


async def test_who_says_that_they_are_at_an_item_that_is_gone_sees_that_they_are_not(
    server: RunningEngine, gig: Gig, ada: CollabClient
) -> None:
    hers = await ada.open(gig.setlist_id)
    await hers.focus("saints", "title")
    async with client(server, "ben") as ben:
        his = await ben.open(gig.setlist_id)
        his.remove("iko")
        await his.saved()
    await hers.focus("iko", "title")
    assert hers.roster[ada.session.id].focus is None
    await hers.set_status("idle")
    assert hers.roster[ada.session.id].focus is None


async def test_a_band_lists_its_contents(server: RunningEngine, gig: Gig, ada: CollabClient) -> None:
    band = await ada.band(gig.band_id)
    assert [entry.title for entry in band.contents.values()] == ["Friday"]
    assert band.role == "owner"
    news = band.events()
    made = await server.engine.contents.create(User("ada", "Ada"), gig.band_id, "setlist", "Saturday")
    assert (await heard(news, ContentListed)).content.id == made.id
    await server.engine.contents.set_archived(User("ada", "Ada"), made.id, True)
    assert (await heard(news, ContentUnlisted)).content.id == made.id
    setlist = await ada.open(next(iter(band.contents)))
    setlist.set(None, "title", "Friday night")
    assert (await heard(news, ContentListed)).content.title == "Friday night"


async def test_who_is_taken_out_of_the_band_is_told_and_hears_nothing_more(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    his = await ben.open(gig.setlist_id)
    his_news, news = his.events(), ben.events()
    await server.engine.membership.remove_member(User("ada", "Ada"), gig.band_id, "ben")
    assert await heard(news, MembershipChanged) == MembershipChanged(gig.band_id, None)
    assert isinstance((await heard(his_news, RoomLost)).error, Forbidden)
    with pytest.raises(Forbidden):
        his.set("iko", "key", "A")
    with pytest.raises(Forbidden):
        await ben.open(gig.setlist_id)


async def test_who_loses_a_content_is_told_what_of_theirs_is_not_stored(
    server: RunningEngine, gig: Gig, ben: CollabClient, wire: Wire
) -> None:
    async def lose(_connection: Connection, _event: str, _payload: Any, _timeout_s: float) -> Any:
        raise NotConnected("expected an answer, and none came")

    async def refuse(_connection: Connection, _event: str, _payload: Any, _timeout_s: float) -> Any:
        raise Forbidden("expected a member of the band")

    his = await ben.open(gig.setlist_id)
    news = his.events()
    wire.then("ben", "edit_content", lose)
    wire.then("ben", "join_room", refuse)
    his.set("iko", "key", "Bb")
    his.set(None, "venue", "Tipitina's")
    await break_connection(ben)
    lost = await heard(news, RoomLost)
    assert isinstance(lost.error, Forbidden)
    assert lost.ops == (Set("iko", "key", "Bb"), Set(None, "venue", "Tipitina's"))


async def test_who_is_taken_back_into_the_band_opens_all_again(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    lost, lost_band = await ben.open(gig.setlist_id), await ben.band(gig.band_id)
    news = ben.events()
    await server.engine.membership.remove_member(User("ada", "Ada"), gig.band_id, "ben")
    await heard(news, MembershipChanged)
    await server.engine.membership.put_member(User("ada", "Ada"), gig.band_id, "ben", Role.EDITOR, None)
    await heard(news, MembershipChanged)
    his, band = await ben.open(gig.setlist_id), await ben.band(gig.band_id)
    assert his is not lost
    assert [entry.title for entry in band.contents.values()] == ["Friday"]
    # What is lost is left already; the room that is open by now is another.
    await ben.leave(lost)
    await ben.leave(lost_band)
    his.set("iko", "key", "G")
    await agreed(server, his, await ada.open(gig.setlist_id))


async def test_a_content_that_was_lost_while_it_caught_up_can_be_opened_again(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    async def refuse(_connection: Connection, _event: str, _payload: Any, _timeout_s: float) -> Any:
        raise Forbidden("expected a member of the band")

    hers, lost = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    his_news = lost.events()
    wire.lose_next_event("ben", "content_edited")
    wire.then("ben", "request_update", refuse)
    hers.set("iko", "key", "G")
    await hers.saved()
    hers.set("iko", "key", "A")
    await heard(his_news, RoomLost)
    await agreed(server, hers, await ben.open(gig.setlist_id))
    # A new connection enters what is open, and nothing that is lost.
    online = ben.events()
    await break_connection(ben)
    await heard(online, Online)
    his = await ben.open(gig.setlist_id)
    his.set("iko", "key", "Bb")
    await agreed(server, hers, his)
    assert isinstance(lost.failure, Forbidden)


async def test_a_room_that_breaks_down_on_a_new_connection_takes_no_other_with_it(
    server: RunningEngine, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    async def answer_nonsense(_connection: Connection, _event: str, _payload: Any, _timeout_s: float) -> Any:
        return {"ok": True}

    band, hers = await ada.band(gig.band_id), await ada.open(gig.setlist_id)
    news = band.events()
    wire.then("ada", "join_room", answer_nonsense)
    await break_connection(ada)
    assert isinstance((await heard(news, RoomLost)).error, Broken)
    hers.set("iko", "key", "G")
    await agreed(server, hers)
    assert await ada.band(gig.band_id) is not band


async def test_a_server_that_forgot_the_session_gets_the_edit_on_the_next_connection(
    server: RunningEngine, gig: Gig, ada: CollabClient
) -> None:
    hers = await ada.open(gig.setlist_id)
    band = await ada.band(gig.band_id)
    session = server.engine.sessions.find(ada.session.id)
    assert session is not None
    server.engine.sessions.end(session)
    hers.set("iko", "key", "G")
    await hers.saved()
    assert await ada.open(gig.setlist_id) is hers
    assert await ada.band(gig.band_id) is band
    await agreed(server, hers)


async def test_opening_that_was_given_up_goes_on_for_whoever_asks_next(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    is_asked, goes_on = asyncio.Event(), asyncio.Event()

    async def hold(connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        is_asked.set()
        await goes_on.wait()
        return await connection.call(event, payload, timeout_s)

    wire.then("ben", "join_room", hold)
    opening = asyncio.create_task(ben.open(gig.setlist_id))
    await is_asked.wait()
    opening.cancel()
    await asyncio.wait([opening])
    assert opening.cancelled()
    goes_on.set()
    async with asyncio.timeout(TIMEOUT_S):
        his = await ben.open(gig.setlist_id)
    his.set("iko", "key", "G")
    await agreed(server, his, await ada.open(gig.setlist_id))


async def test_a_content_that_is_not_ones_own_can_not_be_opened(server: RunningEngine, gig: Gig) -> None:
    async with client(server, "stranger") as stranger:
        with pytest.raises(Forbidden):
            await stranger.open(gig.setlist_id)
        with pytest.raises(Forbidden):
            await stranger.band(gig.band_id)


async def test_a_viewer_follows_and_can_not_edit(server: RunningEngine, gig: Gig, ada: CollabClient) -> None:
    async with client(server, "dex") as dex:
        hers, seen = await ada.open(gig.setlist_id), await dex.open(gig.setlist_id)
        assert seen.role == "viewer"
        hers.set("iko", "key", "G")
        await agreed(server, hers, seen)
        seen.set("iko", "key", "A")
        with pytest.raises(Forbidden):
            await seen.saved()
        assert seen.document.items["iko"].fields["key"] == "G"


async def test_a_content_that_is_left_is_heard_no_more(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    assert await ben.open(gig.setlist_id) is his
    await ben.leave(his)
    hers.set("iko", "key", "G")
    await hers.saved()
    assert his.document.items["iko"].fields["key"] == "F"
    again = await ben.open(gig.setlist_id)
    assert again.document.items["iko"].fields["key"] == "G"


def _status(change: RosterChanged, user_id: str, besides: RosterChanged | None = None) -> str | None:
    known = {} if besides is None else besides.roster
    found = [entry.status for key, entry in change.roster.items() if entry.user.id == user_id and key not in known]
    return found[0] if found else None
