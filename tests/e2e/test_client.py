"""The Python SDK against a real server: what is edited is stored, once, and everybody agrees."""

# The tests reach the client's connection, which its users can't.
# ruff: noqa: SLF001

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import pytest
import pytest_asyncio

from collab.client import CollabClient, Content, NotConnected
from collab.client.connection import Connection
from collab.client.events import (
    ContentListed,
    ContentUnlisted,
    Edited,
    MembershipChanged,
    Offline,
    Online,
    OpDropped,
    Overwritten,
    Overwrote,
    Refused,
    RoomLost,
    RosterChanged,
    Saved,
    Stream,
)
from collab.domain.bands import User
from collab.domain.edits import Author, Overwrite
from collab.domain.errors import Conflicting, Forbidden, Invalid, TokenExpired, TokenInvalid, Unavailable
from collab.domain.ops import Set
from collab.domain.presence import Focus
from collab.services.ports import Identity
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.members import TIMEOUT_S
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio

EventT = TypeVar("EventT")


def client(server: Running, user_id: str, **options: Any) -> CollabClient:
    return CollabClient(server.url, server.token(user_id), **{"first_retry_s": 0.01, **options})


async def heard(events: Stream[Any], kind: type[EventT], fits: Callable[[EventT], bool] = lambda _: True) -> EventT:
    """The next event of a kind, past all others."""
    async with asyncio.timeout(TIMEOUT_S):
        async for event in events:
            if isinstance(event, kind) and fits(event):
                return event
    raise AssertionError(f"expected {kind.__name__}, but the events have ended")


async def agreed(server: Running, *contents: Content) -> None:
    """Waits until all of these have what the server has."""
    await asyncio.wait_for(asyncio.gather(*(content.saved() for content in contents)), TIMEOUT_S)
    head = await server.engine.history.document(User("ada", "Ada"), contents[0].id)
    for content in contents:
        events = content.events()
        while content.version < head.version:
            await heard(events, Edited)
        assert content.document.to_json() == head.to_json()


Meddling: TypeAlias = Callable[[Connection, str, Any, float], Awaitable[Any]]


class Wire:
    """Stands between the clients and the server: sees what is sent, and holds, cuts and loses it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._call = Connection.call
        self._hear = Connection._hear
        self._sent: list[tuple[str, str, Any]] = []
        self._next: dict[tuple[str, str], Meddling] = {}
        self._lost: set[tuple[str, str]] = set()
        self._gates: dict[str, asyncio.Event] = {}
        self._held: dict[str, asyncio.Event] = {}
        wire = self

        async def call(connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
            user_id = connection.session.user.id
            wire._sent.append((user_id, event, payload))
            if event == "edit_content" and (gate := wire._gates.get(user_id)) is not None:
                wire._held[user_id].set()
                await gate.wait()
            meddle = wire._next.pop((user_id, event), wire._call)
            return await meddle(connection, event, payload, timeout_s)

        def hear(connection: Connection, event: str, payload: Any = None) -> None:
            if event != "session" and (key := (connection.session.user.id, event)) in wire._lost:
                wire._lost.remove(key)
            else:
                wire._hear(connection, event, payload)

        monkeypatch.setattr(Connection, "call", call)
        monkeypatch.setattr(Connection, "_hear", hear)

    def sent(self, user_id: str, event: str) -> list[Any]:
        return [payload for who, what, payload in self._sent if (who, what) == (user_id, event)]

    def then(self, user_id: str, event: str, meddling: Meddling) -> None:
        """Does this to the next such event."""
        self._next[user_id, event] = meddling

    def lose_next_event(self, user_id: str, event: str) -> None:
        """The user's next connection does not hear the next such event."""
        self._lost.add((user_id, event))

    @contextmanager
    def held(self, user_id: str, *, for_good: bool = False) -> Iterator[None]:
        """The user's edits are made and not sent before the block ends."""
        self._gates[user_id], self._held[user_id] = asyncio.Event(), asyncio.Event()
        yield
        if not for_good:
            self._gates.pop(user_id).set()

    async def is_held(self, user_id: str) -> None:
        """Returns when an edit of the user is being held."""
        await asyncio.wait_for(self._held[user_id].wait(), TIMEOUT_S)

    async def answered(self, user_id: str, event: str) -> None:
        """Returns when the next such event has its answer."""
        is_answered = asyncio.Event()

        async def call(connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
            answer = await self._call(connection, event, payload, timeout_s)
            is_answered.set()
            return answer

        self.then(user_id, event, call)
        await asyncio.wait_for(is_answered.wait(), TIMEOUT_S)

    async def cut_after_answer(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The server has stored it, and the connection breaks before its answer comes."""
        await self._call(connection, event, payload, timeout_s)
        await connection.abort()
        raise NotConnected("cut before the answer came")

    async def cut_while_sending(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The connection breaks right after the client has sent it."""
        answer = asyncio.ensure_future(self._call(connection, event, payload, timeout_s))
        await asyncio.sleep(0)
        await connection.abort()
        return await answer

    async def lose_answer(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The server has stored it; its answer never comes."""
        await self._call(connection, event, payload, timeout_s)
        raise TimeoutError

    async def answer_unavailable(self, connection: Connection, event: str, payload: Any, timeout_s: float) -> Any:
        """The server could not store it."""
        raise Unavailable("the server could not store the edit; send it again, unchanged")


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


async def break_connection(who: CollabClient) -> None:
    """The client's connection breaks without a word."""
    connection = who._connection
    assert connection is not None
    await connection.abort()


@pytest_asyncio.fixture
async def ada(server: Running, gig: Gig, wire: Wire) -> AsyncIterator[CollabClient]:
    async with client(server, "ada") as me:
        yield me


@pytest_asyncio.fixture
async def ben(server: Running, gig: Gig, wire: Wire) -> AsyncIterator[CollabClient]:
    async with client(server, "ben") as me:
        yield me


async def stored_ids(server: Running, content: Content) -> list[str]:
    edits, _ = await server.engine.history.edits(User("ada", "Ada"), content.id, 0, 1_000)
    return [edit.edit_id for edit in edits]


async def test_two_who_edit_at_once_agree(server: Running, gig: Gig, ada: CollabClient, ben: CollabClient) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    for round_ in range(10):
        hers.type(None, "notes", 0, f"a{round_} ")
        his.type(None, "notes", 0, f"b{round_} ")
        hers.set("iko", "tempo", 100 + round_)
        his.move("saints", before="iko")
        his.insert({"title": f"Encore {round_}"})
        await asyncio.sleep(0)
    await agreed(server, hers, his)
    words = str(hers.document.fields["notes"]).split()
    assert sorted(words) == sorted([*(f"{who}{n}" for who in "ab" for n in range(10)), "doors", "at", "8"])


async def test_an_edit_shows_at_once_and_is_stored_when_saved_returns(
    server: Running, gig: Gig, ada: CollabClient
) -> None:
    setlist = await ada.open(gig.setlist_id)
    events = setlist.events()
    edit_id = setlist.set("iko", "key", "G")
    assert setlist.document.items["iko"].fields["key"] == "G"
    assert setlist.pending == 1
    await setlist.saved()
    assert setlist.pending == 0
    assert await heard(events, Saved) == Saved(edit_id, 1)
    assert await stored_ids(server, setlist) == [edit_id]


async def test_what_was_in_flight_when_the_connection_broke_is_stored_once(
    server: Running, gig: Gig, ada: CollabClient, wire: Wire
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
    server: Running, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    setlist = await ada.open(gig.setlist_id)
    wire.then("ada", "edit_content", wire.cut_while_sending)
    edit_id = setlist.set("iko", "key", "G")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    assert len(wire.sent("ada", "edit_content")) == 2
    assert await stored_ids(server, setlist) == [edit_id]


async def test_an_answer_that_never_comes_is_asked_for_again(
    server: Running, gig: Gig, ada: CollabClient, wire: Wire
) -> None:
    setlist = await ada.open(gig.setlist_id)
    wire.then("ada", "edit_content", wire.lose_answer)
    edit_id = setlist.set("iko", "key", "G")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    assert len(wire.sent("ada", "edit_content")) == 2
    assert await stored_ids(server, setlist) == [edit_id]


async def test_a_server_that_can_not_store_now_is_asked_again(
    server: Running, gig: Gig, ada: CollabClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    setlist = await ada.open(gig.setlist_id)
    monkeypatch.setattr("collab.client.content.RETRY_S", 0.0)
    wire.then("ada", "edit_content", wire.answer_unavailable)
    edit_id = setlist.set("iko", "key", "G")
    await asyncio.wait_for(setlist.saved(), TIMEOUT_S)
    assert await stored_ids(server, setlist) == [edit_id]


async def test_who_was_away_catches_up_and_brings_their_own(
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient
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
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    wire.lose_next_event("ben", "content_edited")
    hers.set("iko", "key", "G")
    await hers.saved()
    hers.set("iko", "tempo", 100)
    await agreed(server, hers, his)
    assert [payload["since"] for payload in wire.sent("ben", "request_update")] == [0]


async def test_a_server_that_ends_the_connection_is_connected_to_again(
    server: Running, gig: Gig, ada: CollabClient
) -> None:
    setlist = await ada.open(gig.setlist_id)
    news = ada.events()
    await server.engine.announce_restart(0.01)
    await server.engine._server.disconnect(ada.session.id)  # as its shutdown does
    setlist.set("iko", "key", "G")
    assert (await heard(news, Offline)).error is None
    await heard(news, Online)
    await agreed(server, setlist)


async def test_the_loser_of_a_conflict_is_told_who_won(
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    her_news, his_news = hers.events(), his.events()
    with wire.held("ben"):
        his_edit = his.set("iko", "key", "A")
        await wire.is_held("ben")
        hers.set("iko", "key", "G")
        await heard(his_news, Edited)
    await agreed(server, hers, his)
    assert hers.document.items["iko"].fields["key"] == "A"
    ben_, ada_ = Author("ben", "Ben"), Author("ada", "Ada")
    assert await heard(her_news, Overwritten) == Overwritten("iko", "key", mine="G", theirs="A", by=ben_, version=2)
    assert await heard(his_news, Overwrote) == Overwrote(his_edit, (Overwrite(0, 1, ada_, "G"),))


async def test_an_op_on_what_somebody_else_removed_is_told_as_dropped(
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    his_news = his.events()
    with wire.held("ben"):
        his_edit = his.set("iko", "key", "A")
        await wire.is_held("ben")
        hers.remove("iko")
        await heard(his_news, Edited)
        assert "iko" not in his.document.items
    await agreed(server, hers, his)
    assert await heard(his_news, OpDropped) == OpDropped(his_edit, Set("iko", "key", "A"), "item_removed")
    assert len(await stored_ids(server, hers)) == 1


async def test_an_edit_that_expects_no_change_is_refused_and_taken_back(
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient, wire: Wire
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    his_news = his.events()
    with wire.held("ben"):
        his_edit = his.set("iko", "key", "A", is_unchanged_expected=True)
        await wire.is_held("ben")
        hers.set("iko", "key", "G")
        await heard(his_news, Edited)
        assert his.document.items["iko"].fields["key"] == "A"
    with pytest.raises(Conflicting) as refused:
        await his.saved()
    assert refused.value.details[0]["author"] == {"id": "ada", "name": "Ada"}
    assert (await heard(his_news, Refused)).edit_id == his_edit
    # Told once; and what is there now is what she set.
    await agreed(server, hers, his)
    assert his.document.items["iko"].fields["key"] == "G"


async def test_what_the_server_finds_wrong_is_raised_by_saved_and_taken_back(
    server: Running, gig: Gig, ada: CollabClient
) -> None:
    setlist = await ada.open(gig.setlist_id)
    setlist.set("iko", "tempo", 9_999)
    with pytest.raises(Invalid) as refused:
        await setlist.saved()
    assert refused.value.problems[0].path == "ops.0"
    assert setlist.document.items["iko"].fields["tempo"] == 176


async def test_what_does_not_fit_the_document_is_refused_at_once(gig: Gig, ada: CollabClient) -> None:
    setlist = await ada.open(gig.setlist_id)
    with pytest.raises(Invalid, match="expected the id of an item"):
        setlist.set("never", "key", "G")
    with pytest.raises(Invalid, match="expected the id of an item"):
        setlist.move("iko", before="never")
    with pytest.raises(Invalid, match="within the text's 10 characters"):
        setlist.erase(None, "notes", 9, 2)
    assert setlist.pending == 0


async def test_undo_and_redo_are_of_ones_own_edits(
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient
) -> None:
    hers, his = await ada.open(gig.setlist_id), await ben.open(gig.setlist_id)
    hers.set("iko", "key", "G")
    hers.type(None, "notes", 0, "soundcheck at 6, ")
    await agreed(server, hers, his)
    his.type(None, "notes", 0, "hey: ")
    await agreed(server, hers, his)

    assert hers.undo()
    assert hers.undo()
    await agreed(server, hers, his)
    assert hers.document.fields["notes"] == "hey: doors at 8"
    assert hers.document.items["iko"].fields["key"] == "F"
    assert not hers.undo()

    assert hers.redo()
    assert hers.redo()
    await agreed(server, hers, his)
    assert hers.document.fields["notes"] == "hey: soundcheck at 6, doors at 8"
    assert hers.document.items["iko"].fields["key"] == "G"
    assert not hers.redo()
    assert his.undo()
    await agreed(server, hers, his)
    assert hers.document.fields["notes"] == "soundcheck at 6, doors at 8"


async def test_everybody_sees_who_is_where(server: Running, gig: Gig, ada: CollabClient) -> None:
    hers = await ada.open(gig.setlist_id)
    news = hers.events()
    async with client(server, "ben") as ben:
        his = await ben.open(gig.setlist_id)
        assert {entry.user.name for entry in his.roster.values()} == {"Ada", "Ben"}
        await his.focus("iko", "notes", 0, 3)
        await his.set_status("idle")
        idle = await heard(news, RosterChanged, lambda change: _status(change, "ben") == "idle")
        assert idle.roster[ben.session.id].focus == Focus("iko", "notes", 0, 3)
        assert his.roster[ben.session.id].status == "idle"
        await break_connection(ben)
        # Back, he is where he was.
        back = await heard(news, RosterChanged, lambda change: _status(change, "ben", besides=idle) == "idle")
        assert [entry.focus for entry in back.roster.values() if entry.user.id == "ben"] == [
            Focus("iko", "notes", 0, 3)
        ]
    await heard(news, RosterChanged, lambda change: _status(change, "ben") is None)


async def test_a_band_lists_its_contents(server: Running, gig: Gig, ada: CollabClient) -> None:
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
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient
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


async def test_a_token_callback_is_asked_again_when_the_session_has_expired(
    server: Running, gig: Gig, clock: ManualClock
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
        clock.advance(3_601)
        await heard(news, Offline)
        setlist.set("iko", "key", "G")
        await heard(news, Online)
        await agreed(server, setlist)
    assert asked == 2


async def test_a_token_callback_renews_the_session_before_it_expires(
    server: Running, gig: Gig, clock: ManualClock, wire: Wire
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


async def test_a_token_that_expired_and_can_not_be_renewed_ends_the_client(
    server: Running, gig: Gig, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(server, "ada") as ada:
        setlist = await ada.open(gig.setlist_id)
        news = ada.events()

        async def expired(token: str | None) -> Identity:
            raise TokenExpired("the token has expired: get a new one and connect again")

        monkeypatch.setattr(server.engine.tokens, "verify", expired)
        clock.advance(3_601)
        assert isinstance((await heard(news, Offline, lambda event: event.error is not None)).error, TokenExpired)
        with pytest.raises(TokenExpired):
            setlist.set("iko", "key", "G")


async def test_a_bad_token_is_refused_on_entering(server: Running) -> None:
    with pytest.raises(TokenInvalid):
        async with CollabClient(server.url, "no token"):
            pass


async def test_a_server_that_is_not_there_is_not_connected_to() -> None:
    with pytest.raises(NotConnected, match="expected a collab server at"):
        async with CollabClient("http://127.0.0.1:9", "a token"):
            pass


async def test_leaving_waits_until_all_is_stored(server: Running, gig: Gig) -> None:
    async with client(server, "ada") as ada:
        setlist = await ada.open(gig.setlist_id)
        edit_ids = [setlist.set("iko", "tempo", tempo) for tempo in range(100, 120)]
    assert await stored_ids(server, setlist) == edit_ids


async def test_leaving_with_edits_that_can_not_be_stored_is_an_error(server: Running, gig: Gig, wire: Wire) -> None:
    async def edit_and_leave() -> None:
        async with client(server, "ada", close_timeout_s=0.05) as ada:
            setlist = await ada.open(gig.setlist_id)
            with wire.held("ada", for_good=True):
                setlist.set("iko", "key", "G")

    with pytest.raises(NotConnected, match="1 are not"):
        await edit_and_leave()


async def test_a_content_that_is_not_ones_own_can_not_be_opened(server: Running, gig: Gig) -> None:
    async with client(server, "stranger") as stranger:
        with pytest.raises(Forbidden):
            await stranger.open(gig.setlist_id)
        with pytest.raises(Forbidden):
            await stranger.band(gig.band_id)


async def test_a_viewer_follows_and_can_not_edit(server: Running, gig: Gig, ada: CollabClient) -> None:
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
    server: Running, gig: Gig, ada: CollabClient, ben: CollabClient
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
