"""The host application's own handlers beside the engine's: who asks is known and counted, and all is answered."""

import asyncio
from typing import Any, cast

import pytest
from pydantic import BaseModel

from collab.domain.access import Role
from collab.domain.errors import Conflicting, Forbidden
from collab.realtime import host
from collab.realtime.host import HostSession
from tests.conftest import Gig
from tests.support.members import Member, member
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


class Poster(BaseModel):
    setlist: str
    copies: int = 1


class Printed(BaseModel):
    copies: int


async def print_poster(session: HostSession, poster: Poster) -> Printed:
    if await session.content_role(poster.setlist) not in (Role.OWNER, Role.EDITOR):
        raise Forbidden("only who may edit a setlist has it printed")
    if poster.copies > 9:
        raise Conflicting("the printer is out of paper", {"left": 9})
    return Printed(copies=poster.copies)


async def test_a_handler_of_the_host_answers_as_the_engine_does(server: RunningEngine, gig: Gig) -> None:
    server.engine.on("my_event", Poster, print_poster)
    async with member(server, "ben") as ben, member(server, "dex") as dex, member(server, "stranger") as stranger:
        poster = {"setlist": gig.setlist_id}
        assert await ben.call("my_event", {**poster, "copies": 3}) == {"ok": True, "copies": 3}
        assert (await ben.refused("my_event", {**poster, "copies": 10}))["details"] == {"left": 9}
        for someone in (dex, stranger):
            assert (await someone.refused("my_event", poster))["code"] == "forbidden"
        wrong = await ben.refused("my_event", {"setlist": gig.setlist_id, "copies": "many"})
        assert (wrong["code"], wrong["details"][0]["path"]) == ("invalid", "copies")
        assert (await ben.refused("my_event"))["code"] == "invalid"
        assert (await ben.refused("no_event"))["code"] == "invalid"
        assert (await ben.ok("join_room", gig.room))["role"] == "editor", "the engine's own go on as before"


async def test_who_has_shown_no_token_reaches_no_handler_of_the_host(server: RunningEngine) -> None:
    heard: list[Any] = []

    async def hear(_session: HostSession, payload: dict[str, Any]) -> None:
        heard.append(payload)

    server.engine.on("host_hear", dict[str, Any], hear)
    someone = Member("ada")
    await someone.connect(server.url)
    assert (await someone.refused("host_hear", {}))["code"] == "unauthenticated"
    await someone.ok("authenticate", {"token": server.token("ada")})
    assert await someone.call("host_hear", {"a": 1}) == {"ok": True}
    await someone.close()
    assert heard == [{"a": 1}]


async def test_its_events_count_as_requests_do(database_url: str) -> None:
    async def nothing(_session: HostSession, _payload: None) -> None:
        """Answers at once."""

    settings = settings_for(database_url, requests_per_s=0.1, requests_burst=3)
    async with serving(settings) as server, member(server, "ada") as ada:
        server.engine.on("host_nothing", cast("type[None]", None), nothing)
        codes = [(await ada.call("host_nothing")).get("error", {}).get("code") for _ in range(5)]
    assert codes == [None, None, None, "rate_limited", "rate_limited"]


async def test_what_goes_wrong_in_a_handler_is_answered_and_ends_nothing(
    server: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "HANDLER_TIMEOUT_S", 0.01)

    async def go_wrong(_session: HostSession, how: str) -> Any:
        match how:
            case "raise":
                raise KeyError("the host's own fault")
            case "hang":
                await asyncio.Event().wait()
            case "no JSON":
                return {"answer": object()}
            case "taken":
                return {"ok": False}
            case "long":
                return {"answer": "x" * 4_000_001}
        return None

    server.engine.on("host_wrong", str, go_wrong)
    async with member(server, "ada") as ada:
        for how in ("raise", "hang", "no JSON", "taken"):
            assert (await ada.refused("host_wrong", how))["code"] == "unavailable", how
        assert (await ada.refused("host_wrong", "long"))["code"] == "too_large"
        assert await ada.call("host_wrong", "right") == {"ok": True}


async def test_the_role_is_that_of_the_moment_also_in_a_band_made_on_another_node(
    server: RunningEngine, gig: Gig
) -> None:
    async def role(session: HostSession, band_id: str) -> dict[str, Any]:
        return {"role": await session.band_role(band_id)}

    server.engine.on("host_role", str, role)
    async with member(server, "ada") as ada:
        async with serving(server.engine.settings) as other, other.rest("ada") as rest:
            made = (await rest.post("/api/bands", json={"name": "Night Owls"})).json()
        for band_id, expected in ((gig.band_id, "owner"), (made["id"], "owner"), ("nowhere", None), ("no id", None)):
            assert (await ada.ok("host_role", band_id))["role"] == expected


async def test_what_can_not_be_registered_says_what_it_should_be(server: RunningEngine) -> None:
    server.engine.on("taken", Poster, print_poster)
    for event in ("edit_content", "authenticate", "content_updated", "connect", "disconnect", "", "*", "a b", "taken"):
        with pytest.raises(ValueError, match="nobody's yet"):
            server.engine.on(event, Poster, print_poster)
    with pytest.raises(ValueError, match="coroutine function"):
        server.engine.on("my_event", Poster, cast("Any", lambda *_: None))
