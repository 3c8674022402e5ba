"""Somebody leaves for good while the others play: on every node, and for good."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import socketio
from pydantic import SecretStr
from sqlalchemy import select

from collab.domain.leaving import GONE_NAME
from collab.storage.database import Database
from collab.storage.tables import users
from tests.conftest import Gig, make_gig
from tests.support.buses import Exchange
from tests.support.door import bearer, browser, code, invited, joined
from tests.support.members import Member, member, set_
from tests.support.nodes import listener, nodes
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

TOKEN = "the token of a worker of the host, long enough"
SOON: dict[str, Any] = {"service_token": SecretStr(TOKEN), "node_lease_s": 0.6}
"""Nodes look five times a second who has left."""


def _host(node: RunningEngine) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=node.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)


async def _people(database_url: str) -> dict[str, str]:
    database = Database.at(database_url)
    async with database.reading.connect() as connection:
        found = {row.id: row.name for row in await connection.execute(select(users.c.id, users.c.name))}
    await database.reading.dispose()
    return found


async def _gone_from(database_url: str, user_id: str) -> None:
    async def is_gone() -> bool:
        return user_id not in await _people(database_url)

    await until(is_gone)


async def _hears_of_nobody(someone: Member, gig: Gig) -> bool:
    """Whether the edits that a node has in memory are nobody's of that id any more."""
    tail = await someone.ok("request_update", {"room_id": gig.room, "since": 0})
    assert len(tail["edits"]) > 5
    return "ben" not in {edit["author"]["id"] for edit in tail["edits"]}


async def _refused(node: RunningEngine, user_id: str) -> str:
    stranger = Member(user_id)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await stranger.connect(node.url, {"token": node.token(user_id)})
    [error] = stranger.heard["connect_error"]
    assert "left for good" in error["message"]
    await stranger.forget()
    return str(error["data"]["code"])


async def test_who_leaves_for_good_is_nobody_on_every_node_while_others_edit(database_url: str) -> None:
    async with nodes(2, database_url, Exchange(), **SOON) as [a, b]:
        gig = await make_gig(a)
        async with listener(a, "ada", gig) as ada, member(a, "ben") as here, member(b, "ben") as there:
            await here.ok("join_room", gig.room)
            await there.ok("join_room", gig.band_room)
            for version in range(4):
                assert (await here.edit(gig.setlist_id, version, set_(None, "venue", f"Hall {version}")))["ok"]
            # The other node has it in memory, under ben's name.
            async with listener(b, "ada", gig) as far:
                assert far.opened["content"]["version"] == 4
                assert (await far.member.edit(gig.setlist_id, 4, set_(None, "notes", "x")))["ok"]

            async def play() -> None:
                version = 5
                for _ in range(40):
                    answer = await ada.member.edit(gig.setlist_id, version, set_(None, "venue", f"Van {version}"))
                    assert answer["ok"], answer
                    version = answer["version"]

            playing = asyncio.create_task(play())
            async with _host(a) as host:
                assert (await host.delete("/api/people/ben")).status_code == 204
                assert (await host.delete("/api/people/nobody")).status_code == 404
            for ben in (here, there):
                await ben.next("token_expired")
                await ben.next("disconnect")
            left = await ada.member.next("user_left")
            assert left["user_id"] == "ben"
            for node in (a, b):
                assert await _refused(node, "ben") == "token_invalid"
            await _gone_from(database_url, "ben")
            await playing
            for node in (a, b):
                async with node.rest("ada") as rest:
                    members = (await rest.get(f"/api/bands/{gig.band_id}/members")).json()["members"]
                    assert "ben" not in [entry["user"]["id"] for entry in members]
                    edits = (await rest.get(f"/api/contents/{gig.setlist_id}/edits")).json()["edits"]
                    assert [edit["version"] for edit in edits] == list(range(1, len(edits) + 1))
                    assert {edit["author"]["name"] for edit in edits} == {"Ada", GONE_NAME}
            # What the nodes had in memory goes, too, once they have seen that it is over.
            for node in (a, b):
                async with member(node, "ada") as late:
                    await late.ok("join_room", gig.room)
                    await until(partial(_hears_of_nobody, late, gig))
    people = await _people(database_url)
    assert "Ben" not in people.values()
    assert GONE_NAME in people.values()


async def test_who_leaves_says_their_name_once_more_and_their_device_is_signed_out(
    house: RunningEngine, band: Gig
) -> None:
    secret = await invited(house, band)
    async with browser(house) as zoe:
        me = bearer(await joined(zoe, secret))
        assert code(await zoe.delete("/api/me?name=Zora", headers=me)) == "invalid"
        assert (await zoe.get("/api/me", headers=me)).json()["user"]["name"] == "Zoe"
        assert (await zoe.delete("/api/me?name=Zoe", headers=me)).status_code == 204
        assert code(await zoe.get("/api/me", headers=me)) == "token_invalid"
        assert code(await zoe.post("/api/device/token")) == "token_invalid"
        assert code(await joined(zoe, secret, None)) in ("not_found", "token_missing", "invalid")
    async with house.rest("ada") as ada:
        names = [
            entry["user"]["name"] for entry in (await ada.get(f"/api/bands/{band.band_id}/members")).json()["members"]
        ]
        refused = await ada.delete("/api/me?name=Ada")
    assert "Zoe" not in names
    assert (refused.status_code, "make somebody else an owner of 'Blue Nile'" in refused.text) == (409, True)


async def test_another_node_goes_on_where_one_ended(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.services.leaving.LEASE", timedelta())
    settings = settings_for(database_url, **SOON)
    async with serving(settings) as server:
        await make_gig(server)
        server.engine.leaving._carry_out = lambda leaving: None  # type: ignore[method-assign]  # noqa: SLF001
        async with _host(server) as host:
            assert (await host.delete("/api/people/ben")).status_code == 204
    assert (await _people(database_url))["ben"] == GONE_NAME
    async with serving(settings):
        await _gone_from(database_url, "ben")


async def test_a_person_is_given_what_is_stored_of_them_and_the_host_of_its_people(database_url: str) -> None:
    async with serving(settings_for(database_url, **SOON)) as server:
        gig = await make_gig(server)
        async with member(server, "ben") as ben:
            await ben.ok("join_room", gig.room)
            assert (await ben.edit(gig.setlist_id, 0, set_(None, "venue", "Blue Nile")))["ok"]
        async with server.rest("ben") as rest:
            answer = await rest.get("/api/me/data")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        mine = answer.json()
        assert (mine["user"]["id"], [entry["role"] for entry in mine["bands"]]) == ("ben", ["editor"])
        assert [edit["ops"][0]["value"] for edit in mine["edits"]] == ["Blue Nile"]
        async with _host(server) as host:
            theirs = await host.get("/api/people/ben/data")
            assert theirs.json()["edits"] == mine["edits"]
            assert (await host.get("/api/people/nobody/data")).status_code == 404
        async with server.rest("dex") as rest:
            for refused in (await rest.get("/api/people/ben/data"), await rest.delete("/api/people/ben")):
                assert code(refused) == "token_invalid"
            assert (await rest.get("/api/me/data")).json()["edits"] == []
