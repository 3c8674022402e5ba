"""The Python SDK when connections break and tokens expire: what was edited is stored, once."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collab.client import CollabClient, NotConnected
from collab.client.connection import Connection
from collab.client.events import Edited, Offline, Online, TokenRefused
from collab.domain.errors import CollabError, TokenExpired, TokenInvalid, TokenMissing
from collab.services.ports import Identity
from tests.conftest import Gig, make_gig
from tests.support.clients import Wire, agreed, break_connection, client, heard, stored_ids
from tests.support.clock import SLACK_S, ManualClock
from tests.support.members import TIMEOUT_S
from tests.support.proxy import proxy
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


async def test_what_was_in_flight_when_the_connection_broke_is_stored_once(
    server: RunningEngine, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    setlist = await ada.open(gig.setlist_id)
    wire.then("ada", "edit_content", wire.cut_after_answer)
    first = setlist.set("iko", "key", "G")
    second = setlist.type("iko", "notes", 0, "second line")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    sent = wire.sent("ada", "edit_content")
    assert [payload["edit_id"] for payload in sent] == [first, first, second]
    assert sent[0] == sent[1]
    assert await stored_ids(server, setlist) == [first, second]


async def test_what_was_sent_as_the_connection_broke_is_stored_once(
    server: RunningEngine, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    setlist = await ada.open(gig.setlist_id)
    wire.then("ada", "edit_content", wire.cut_while_sending)
    edit_id = setlist.set("iko", "key", "G")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    assert len(wire.sent("ada", "edit_content")) == 2
    assert await stored_ids(server, setlist) == [edit_id]


async def test_an_answer_that_never_comes_ends_the_connection_and_is_asked_for_on_the_next(
    server: RunningEngine, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    setlist = await ada.open(gig.setlist_id)
    news, session_id = ada.events(), ada.session.id
    wire.then("ada", "edit_content", wire.lose_answer)
    edit_id = setlist.set("iko", "key", "G")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    assert isinstance(await heard(news, Online), Online)
    assert ada.session.id != session_id
    assert len(wire.sent("ada", "edit_content")) == 2
    assert await stored_ids(server, setlist) == [edit_id]


async def test_a_server_that_goes_silent_is_left_at_the_first_answer_that_does_not_come(
    server: RunningEngine, gig: Gig
) -> None:
    async with (
        proxy(server.url) as line,
        CollabClient(line.url, server.token("ada"), ack_timeout_s=0.2, first_retry_s=0.01) as ada,
    ):
        setlist = await ada.open(gig.setlist_id)
        news = ada.events()
        line.freeze()
        edit_id = setlist.set("iko", "key", "G")
        await heard(news, Offline)
        assert setlist.pending == 1
        # What lay on the line arrives too, as an edit that was sent before.
        line.thaw()
        await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
        assert await stored_ids(server, setlist) == [edit_id]


async def test_a_server_that_goes_silent_is_noticed_by_who_only_listens(database_url: str) -> None:
    async with serving(settings_for(database_url, ping_interval_s=1, ping_timeout_s=1)) as server:
        gig = await make_gig(server)
        async with (
            proxy(server.url) as line,
            CollabClient(line.url, server.token("ben"), ack_timeout_s=1, first_retry_s=0.01) as ben,
        ):
            his = await ben.open(gig.setlist_id)
            news, heard_here = ben.events(), his.events()
            line.freeze()
            await heard(news, Offline)
            async with client(server, "ada") as ada:
                (await ada.open(gig.setlist_id)).set("iko", "key", "G")
            line.thaw()
            await heard(heard_here, Edited)
            assert his.document.items["iko"].fields["key"] == "G"


async def test_where_one_is_is_told_again_on_the_next_connection(gig: Gig, ada: CollabClient, wire: Wire) -> None:
    setlist = await ada.open(gig.setlist_id)
    session_id = ada.session.id
    wire.then("ada", "update_presence", wire.lose_answer)
    await setlist.focus("iko", "key")
    await until(lambda: len(wire.sent("ada", "update_presence")) == 2)
    assert ada.session.id != session_id
    first, second = wire.sent("ada", "update_presence")
    assert first == second


async def test_a_server_that_can_not_store_now_is_asked_again(
    server: RunningEngine, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    setlist = await ada.open(gig.setlist_id)
    wire.then("ada", "edit_content", wire.answer_unavailable)
    edit_id = setlist.set("iko", "key", "G")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    assert await stored_ids(server, setlist) == [edit_id]


async def test_who_was_away_catches_up_and_brings_their_own(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    online = ben.events()
    await break_connection(ben)
    hers.type(None, "notes", 0, "bring the sousaphone; ")
    hers.remove("rest")
    his.type(None, "notes", 10, " sharp")
    await hers.saved()
    assert isinstance(await heard(online, Online), Online)
    await agreed(server, hers, his)
    assert his.document.fields["notes"] == "bring the sousaphone; doors at 8 sharp"
    assert "rest" not in his.document.items


async def test_a_version_that_was_missed_is_asked_for(
    server: RunningEngine, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    wire.lose_next_event("ben", "content_edited")
    hers.set("iko", "key", "G")
    await hers.saved()
    hers.set("iko", "tempo", 100)
    await agreed(server, hers, his)
    assert [payload["since"] for payload in wire.sent("ben", "request_update")] == [0]


async def test_a_server_that_ends_the_connection_is_connected_to_again(
    server: RunningEngine, gig: Gig, ada: CollabClient
) -> None:
    setlist = await ada.open(gig.setlist_id)
    news = ada.events()
    server.engine.broadcaster.tell(ada.session.id, "server_restarting", {"retry_in": 0.02})
    await server.engine._server.disconnect(ada.session.id)  # noqa: SLF001  # as its shutdown does
    setlist.set("iko", "key", "G")
    assert (await heard(news, Offline)).error is None
    await heard(news, Online)
    await agreed(server, setlist)


async def test_a_token_callback_is_asked_again_when_the_session_has_expired(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    asked = 0

    async def fresh_token() -> str:
        nonlocal asked
        asked += 1
        # The server's timers run on the clock that this test moves; its tokens are checked by the real one.
        return server.token("ada", ttl_s=3_600 * asked)

    async with CollabClient(server.url, fresh_token, first_retry_s=0.01) as ada:
        setlist = await ada.open(gig.setlist_id)
        news = ada.events()
        clock.advance(3_600 + SLACK_S)
        await heard(news, Offline)
        setlist.set("iko", "key", "G")
        await heard(news, Online)
        await agreed(server, setlist)
    assert asked == 2


async def test_a_token_callback_renews_the_session_before_it_expires(
    server: RunningEngine, gig: Gig, clock: ManualClock, wire: Wire
) -> None:
    ttls_s = iter([2, 3_600])
    async with CollabClient(server.url, lambda: server.token("ada", ttl_s=next(ttls_s))) as ada:
        setlist = await ada.open(gig.setlist_id)
        session = ada.session
        await wire.answered("ada", "authenticate")
        clock.advance(60)
        setlist.set("iko", "key", "G")
        await agreed(server, setlist)
        assert ada.session.id == session.id
        assert ada.session.expires_at > session.expires_at


@pytest.mark.parametrize("refusal", [TokenInvalid, TokenExpired, TokenMissing])
async def test_a_token_callback_is_asked_again_and_again_while_its_tokens_are_refused(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch, refusal: type[CollabError]
) -> None:
    verify, left = server.engine.tokens.verify, 0

    async def refuse(token: str | None, headers: Mapping[str, str]) -> Identity:
        nonlocal left
        left -= 1
        if left >= 0:
            raise refusal("not yet: as of a clock that is ahead")
        return await verify(token, headers)

    monkeypatch.setattr(server.engine.tokens, "verify", refuse)
    async with CollabClient(server.url, lambda: server.token("ada"), first_retry_s=0.01) as ada:
        setlist = await ada.open(gig.setlist_id)
        news, left = ada.events(), 3
        await break_connection(ada)
        setlist.set("iko", "key", "G")
        for _ in range(3):
            assert isinstance((await heard(news, TokenRefused)).error, refusal)
        await heard(news, Online)
        await agreed(server, setlist)


async def test_a_renewal_that_is_refused_is_told_and_tried_again(
    server: RunningEngine, gig: Gig, wire: Wire, clock: ManualClock
) -> None:
    async def refuse(_connection: Connection, _event: str, _payload: Any, _timeout_s: float) -> Any:
        raise TokenInvalid("not yet: as of a clock that is ahead")

    ttls_s = iter([2, 3_600, 3_600])
    wire.then("ada", "authenticate", refuse)
    async with CollabClient(server.url, lambda: server.token("ada", ttl_s=next(ttls_s)), first_retry_s=0.01) as ada:
        session_id, news = ada.session.id, ada.events()
        assert isinstance((await heard(news, TokenRefused)).error, TokenInvalid)
        await until(lambda: ada.session.expires_at > datetime.now(UTC) + timedelta(minutes=30))
        clock.advance(120)
        assert ada.session.id == session_id
        assert ada.is_online


async def test_a_token_that_expired_and_can_not_be_renewed_ends_the_client(
    server: RunningEngine, gig: Gig, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(server, "ada") as ada:
        setlist = await ada.open(gig.setlist_id)
        news = ada.events()

        async def expired(token: str | None, headers: Mapping[str, str]) -> Identity:
            raise TokenExpired("the token has expired: get a new one and connect again")

        monkeypatch.setattr(server.engine.tokens, "verify", expired)
        clock.advance(3_600 + SLACK_S)
        assert isinstance((await heard(news, Offline, lambda event: event.error is not None)).error, TokenExpired)
        with pytest.raises(TokenExpired):
            setlist.set("iko", "key", "G")
        with pytest.raises(TokenExpired):
            await ada.open(gig.setlist_id)


async def test_a_bad_token_is_refused_on_entering(server: RunningEngine) -> None:
    with pytest.raises(TokenInvalid):
        async with CollabClient(server.url, "no token"):
            pass


async def test_a_server_that_is_not_there_is_not_connected_to() -> None:
    with pytest.raises(NotConnected, match="expected a collab server at"):
        async with CollabClient("http://127.0.0.1:9", "a token"):
            pass


async def test_a_server_that_does_not_answer_is_said_to(server: RunningEngine) -> None:
    with pytest.raises(NotConnected, match="no answer"):
        async with CollabClient(server.url, server.token("ada"), ack_timeout_s=0):
            pass


async def test_leaving_waits_until_all_is_stored(server: RunningEngine, gig: Gig) -> None:
    async with client(server, "ada") as ada:
        setlist = await ada.open(gig.setlist_id)
        edit_ids = [setlist.set("iko", "tempo", tempo) for tempo in range(100, 120)]
    assert await stored_ids(server, setlist) == edit_ids


async def test_leaving_with_edits_that_can_not_be_stored_is_an_error(
    server: RunningEngine, gig: Gig, wire: Wire
) -> None:
    async def edit_and_leave() -> None:
        async with client(server, "ada", close_timeout_s=0.05) as ada:
            setlist = await ada.open(gig.setlist_id)
            with wire.held("ada", for_good=True):
                setlist.set("iko", "key", "G")

    with pytest.raises(NotConnected, match="1 are not"):
        await edit_and_leave()


async def test_a_client_that_leaves_while_it_connects_leaves_nothing_open(
    server: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, is_over = asyncio.Event(), asyncio.Event()

    async def never(token: str | None, headers: Mapping[str, str]) -> Identity:
        is_asked.set()
        await is_over.wait()
        raise TokenInvalid("too late")

    monkeypatch.setattr(server.engine.tokens, "verify", never)
    connection = Connection(lambda event, payload: None)
    opening = asyncio.create_task(connection.open(server.url, server.token("ada"), ["websocket"], TIMEOUT_S))
    await asyncio.wait_for(is_asked.wait(), TIMEOUT_S)
    http = connection._socket.eio.http  # noqa: SLF001  # it is private to its users, not to this test
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    assert http.closed
    is_over.set()
