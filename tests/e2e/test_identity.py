"""Who somebody is, however they show it: in the handshake, in a header, by a cookie, with a name or without."""

import pytest
import socketio
from fastapi import FastAPI

from collab import Person, Shown, create_app
from tests.support.members import Member
from tests.support.serving import Running, RunningEngine, listening, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


async def test_a_token_comes_as_it_is_or_as_a_bearer_or_in_the_header(server: RunningEngine) -> None:
    token = server.token("ada")
    header = {"Authorization": f"Bearer {token}"}
    ways = [
        ({"token": token}, {}),
        ({"token": f"Bearer {token}"}, {}),
        (None, header),
        ({"token": token}, {"Authorization": "Bearer of a proxy"}),
    ]
    for transport in ("websocket", "polling"):
        for auth, headers in ways:
            ada = Member("ada")
            await ada.connect(server.url, auth, [transport], headers=headers)
            assert (await ada.next("session"))["user"]["id"] == "ada"
            await ada.ok("authenticate", {"token": f"Bearer {token}"})
            await ada.close()
    late = Member("ada")
    await late.connect(server.url, None, headers={"Authorization": "Basic YTpi"})
    assert (await late.refused("request_update"))["code"] == "unauthenticated", "a proxy's password is no token"
    await late.close()
    refused = Member("ada")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await refused.connect(server.url, None, headers={"Authorization": "Bearer forged"})
    assert (await refused.next("connect_error"))["data"]["code"] == "token_invalid"
    await refused.forget()


async def test_a_token_without_a_name_keeps_the_one_that_is_known(server: RunningEngine) -> None:
    async with server.rest("ada", name="Ada (trumpet)") as rest:
        band = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()["id"]
        await rest.put(f"/api/bands/{band}/members/ben", json={"role": "editor", "name": "Ben (sousaphone)"})

        async def names() -> dict[str, str]:
            members = (await rest.get(f"/api/bands/{band}/members")).json()["members"]
            return {member["user"]["id"]: member["user"]["name"] for member in members}

        for user_id, name in (("ada", "Ada (trumpet)"), ("ben", "Ben (sousaphone)"), ("cy", "cy")):
            someone = Member(user_id)
            await someone.connect(server.url, {"token": server.token(user_id, name=user_id)})
            assert (await someone.next("session"))["user"]["name"] == name
            await someone.close()
            async with server.rest(user_id, name=user_id) as nameless:
                assert (await nameless.get("/api/me")).json()["user"]["name"] == name
        assert await names() == {"ada": "Ada (trumpet)", "ben": "Ben (sousaphone)"}
        async with server.rest("ben", name="Benjamin") as rest_of_ben:
            await rest_of_ben.get("/api/me")
        assert (await names())["ben"] == "Benjamin"


async def test_the_host_knows_its_people_by_their_cookies(database_url: str) -> None:
    async def who(shown: Shown) -> Person | None:
        session = shown.token or shown.cookies.get("session")
        return Person(session, "Ada") if session == "ada" else None

    settings = settings_for(database_url, jwt_secret=None, auth_timeout_s=60)
    async with listening(create_app(settings, FastAPI(), identify=who)) as url:
        cookie = {"Cookie": "session=ada"}
        for transport in ("websocket", "polling"):
            ada = Member("ada")
            await ada.connect(url, None, [transport], headers={**cookie})  # the client takes it out
            assert (await ada.next("session"))["user"]["name"] == "Ada"
            await ada.close()
        async with Running(url, None).rest(None) as rest:  # type: ignore[arg-type]  # it signs no tokens
            assert (await rest.get("/api/me", headers=cookie)).json()["user"]["id"] == "ada"
            assert (await rest.get("/api/me", headers={"Authorization": "Bearer ada"})).status_code == 200
            elsewhere = await rest.get("/api/me", headers={**cookie, "Sec-Fetch-Site": "cross-site"})
            assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (401, "token_missing")
            assert (await rest.get("/api/me")).status_code == 401
        # Whoever shows nothing may still do so late.
        late = Member("ada")
        await late.connect(url, None)
        await late.ok("authenticate", {"token": "ada"})
        await until(lambda: bool(late.heard["session"]))
        await late.close()
