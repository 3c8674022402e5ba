"""The handshake, late and renewed tokens, refusals with a code, and the end of a token."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import socketio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from collab.realtime import connecting
from tests.support.clock import SLACK_S, ManualClock
from tests.support.members import Member, member
from tests.support.polling import polling
from tests.support.serving import SECRET, Running, RunningEngine, serving, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


def _token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    full = {"sub": "ada", "exp": datetime.now(UTC) + timedelta(hours=1), **claims}
    return jwt.encode({name: value for name, value in full.items() if value is not None}, secret, algorithm)


async def _refusal(url: str, auth: Any) -> Any:
    someone = Member("ada")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await someone.connect(url, auth)
    await someone.forget()
    return await someone.next("connect_error")


async def test_a_good_token_begins_a_session(server: Running) -> None:
    ada = Member("ada")
    await ada.connect(server.url, {"token": server.token("ada", name="Ada L.")})
    session = await ada.next("session")
    await ada.close()

    assert session["session_id"]
    assert session["user"]["id"] == "ada"
    assert session["user"]["name"] == "Ada L."
    assert session["user"]["color"].startswith("#")
    assert session["protocol"] == 1
    assert datetime.fromisoformat(session["expires_at"]) > datetime.now(UTC) + timedelta(minutes=59)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param("no token at all", "token_invalid", id="garbage"),
        pytest.param(7, "token_missing", id="not a string"),
        pytest.param(_token(secret="another secret, of at least 32 bytes"), "token_invalid", id="wrong secret"),
        pytest.param(_token(exp=datetime.now(UTC) - timedelta(minutes=1)), "token_expired", id="expired"),
        pytest.param(_token(exp=None), "token_invalid", id="without exp"),
        pytest.param(_token(sub=None), "token_invalid", id="without sub"),
        pytest.param(_token(sub="two words"), "token_invalid", id="sub with a space"),
        pytest.param(_token(secret="", algorithm="none"), "token_invalid", id="unsigned"),
        pytest.param(_token(algorithm="HS512"), "token_invalid", id="another algorithm"),
    ],
)
async def test_a_bad_token_is_refused_with_its_code(server: Running, token: Any, code: str) -> None:
    refused = await _refusal(server.url, {"token": token})
    assert refused["data"]["code"] == code
    assert len(refused["message"].split()) > 3, "a readable sentence"


async def test_issuer_and_audience_are_checked_where_configured(database_url: str) -> None:
    settings = settings_for(database_url, jwt_issuer="soleil", jwt_audience="collab")
    async with serving(settings) as server:
        for claims in ({}, {"iss": "soleil"}, {"iss": "soleil", "aud": "other"}, {"iss": "evil", "aud": "collab"}):
            refused = await _refusal(server.url, {"token": _token(**claims)})
            assert refused["data"]["code"] == "token_invalid"
        async with member(server, "ada") as ada:
            assert ada.client.connected


async def test_without_late_authentication_a_missing_token_is_refused(database_url: str) -> None:
    async with serving(settings_for(database_url, late_auth=False)) as server:
        without: tuple[Any, ...] = (None, {}, [], "text", {"token": None})
        for auth in without:
            assert (await _refusal(server.url, auth))["data"]["code"] == "token_missing"


async def test_a_late_token_begins_the_session_too(server: Running) -> None:
    ada = Member("ada")
    await ada.connect(server.url)

    assert (await ada.refused("request_update"))["code"] == "unauthenticated"
    assert (await ada.refused("no_such_event"))["code"] == "unauthenticated"
    assert (await ada.refused("authenticate", {"token": "garbage"}))["code"] == "token_invalid"
    assert (await ada.refused("authenticate"))["code"] == "invalid"
    answer = await ada.ok("authenticate", {"token": server.token("ada")})
    session = await ada.next("session")
    await ada.ok("request_update")
    await ada.close()

    assert answer["user"] == session["user"]
    assert answer["expires_at"] == session["expires_at"]


async def test_whoever_shows_no_token_in_time_is_disconnected(server: Running, clock: ManualClock) -> None:
    late = Member("ada")
    await late.connect(server.url)
    in_time = Member("ben")
    await in_time.connect(server.url)
    await in_time.ok("authenticate", {"token": server.token("ben")})

    clock.advance(5.1)

    await late.next("disconnect")
    await in_time.ok("request_update")
    await in_time.close()


async def test_an_expired_token_ends_the_session(server: Running, clock: ManualClock) -> None:
    async with member(server, "ada", ttl_s=60) as ada:
        clock.advance(60 + SLACK_S)
        assert await ada.next("token_expired") == {}
        await ada.next("disconnect")


async def test_a_new_token_of_the_same_user_keeps_the_session(server: Running, clock: ManualClock) -> None:
    async with member(server, "ada", ttl_s=60) as ada:
        renewed = await ada.ok("authenticate", {"token": server.token("ada", ttl_s=600)})
        clock.advance(60 + SLACK_S)
        await ada.ok("request_update")
        assert datetime.fromisoformat(renewed["expires_at"]) > datetime.now(UTC) + timedelta(seconds=590)

        refused = await ada.refused("authenticate", {"token": server.token("ben")})
        assert refused["code"] == "forbidden"
        await ada.ok("request_update")

        clock.advance(600)
        await ada.next("token_expired")


async def test_a_page_of_another_origin_is_turned_away(database_url: str) -> None:
    settings = settings_for(database_url, allowed_origins="https://band.example")
    async with serving(settings) as server:
        for origin, is_allowed in (
            ("https://band.example", True),
            (server.url, True),
            ("https://evil.example", False),
            (f"{server.url}.evil.example", False),
            ("null", False),
        ):
            someone = Member("ada")
            connecting = someone.connect(server.url, {"token": server.token("ada")}, headers={"Origin": origin})
            if is_allowed:
                await connecting
                await someone.close()
            else:
                with pytest.raises(socketio.exceptions.ConnectionError):
                    await connecting
                await someone.forget()


async def test_a_page_of_another_origin_is_turned_away_from_polling_too(server: Running) -> None:
    evil = {"Origin": "https://evil.example"}
    async with polling(server.url) as ours, server.rest(None) as rest:
        path = "/socket.io/?EIO=4&transport=polling"
        for method in ("GET", "POST", "OPTIONS"):
            # Neither a session of its own, nor a word in that of somebody else whose id it knows.
            for address in (path, ours.path):
                answer = await rest.request(method, address, headers=evil, content="40" if method == "POST" else None)
                assert answer.status_code == 400
                assert "Access-Control-Allow-Origin" not in answer.headers
        own = await rest.get(path, headers={"Origin": server.url})
        assert own.headers["Access-Control-Allow-Origin"] == server.url


async def test_a_new_user_is_told_where_the_database_does_not_answer(
    server: RunningEngine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def welcome(_user: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(connecting, "ANSWER_WITHIN_S", 0.3)
    monkeypatch.setattr(server.engine.membership, "welcome", welcome)
    refused = asyncio.create_task(_refusal(server.url, {"token": server.token("ada")}))
    await asked.wait()
    # As long as it takes, the socket is not idle.
    clock.advance(6)
    assert (await refused)["data"]["code"] == "unavailable"


async def test_a_polling_session_goes_over_to_one_websocket_alone(server: Running) -> None:
    async with polling(server.url) as ada:
        url = f"{server.url.replace('http', 'ws', 1)}{ada.path.replace('polling', 'websocket')}"
        async with connect(url) as first, connect(url) as second:
            await first.send("2probe")
            assert await first.recv() == "3probe"
            with pytest.raises(ConnectionClosed):
                await second.recv()
            await first.send("5")
            await first.send("40" + json.dumps({"token": server.token("ada")}))
            while not str(await first.recv()).startswith('42["session"'):
                pass
