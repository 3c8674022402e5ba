"""The example applications: a host with the engine in it, and a service that hears of edits by webhook."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from collab import Diff, Document, Edit, Engine, SharedRoom, attach, create_app
from collab.app import own_app
from collab.domain.bands import User
from collab.tokens import Tokens
from tests.conftest import make_gig
from tests.examples import posters, venue
from tests.support.members import Member, edit, insert, member, set_
from tests.support.serving import Running, RunningEngine, listening, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("own_kinds")]

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Visitor:
    """Somebody who logs in at the venue, with a browser and a socket."""

    def __init__(self, url: str, name: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=10)
        self.socket = Member(name)
        self._url, self._name = url, name

    async def __aenter__(self) -> "Visitor":
        token = (await self.http.post(f"/login/{self._name}")).json()["token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        await self.socket.connect(self._url, {"token": token})
        await self.socket.next("session")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        await self.http.aclose()

    async def make(self, band_id: str, kind: str) -> str:
        body = {"kind": kind, "title": "Friday"}
        return str((await self.http.post(f"/api/bands/{band_id}/contents", json=body)).json()["id"])

    async def get(self, path: str) -> Any:
        return (await self.http.get(path)).json()


@asynccontextmanager
async def at_the_venue(database_url: str, **settings: Any) -> AsyncIterator[tuple[Visitor, str]]:
    """Ada, logged in, and her band."""
    async with listening(venue.application(settings_for(database_url, **settings))) as url, Visitor(url, "Ada") as ada:
        band = (await ada.http.post("/api/bands", json={"name": "Blue Nile"})).json()
        yield ada, band["id"]


async def test_the_host_s_routes_users_and_kinds_work_together_with_the_engine(database_url: str) -> None:
    async with at_the_venue(database_url) as (ada, band_id):
        assert (await ada.get("/api/me"))["user"]["name"] == "Ada"
        plot = await ada.make(band_id, "stage_plot")
        mic = {"id": "m1", "type": "mic", "position": "a0", "fields": {"label": "trumpet", "x": 20}}
        assert (await ada.socket.ok("edit_content", edit(plot, 0, {"op": "insert", "item": mic})))["version"] == 1
        refused = await ada.socket.refused("edit_content", edit(plot, 1, set_("m1", "x", 101)))
    assert refused["code"] == "invalid"


async def test_on_edit_hears_of_each_edit_and_the_document_that_it_made(database_url: str) -> None:
    async with at_the_venue(database_url) as (ada, band_id):
        setlist = await ada.make(band_id, "setlist")
        await ada.socket.ok("edit_content", edit(setlist, 0, insert("iko", "a1", title="Iko Iko")))
        await ada.socket.ok("edit_content", edit(setlist, 1, insert("tiger", "a0", title="Tiger Rag")))

        async def is_heard() -> bool:
            return bool(await ada.get(f"/tonight/{setlist}") == {"songs": ["Tiger Rag", "Iko Iko"]})

        await until(is_heard)


async def test_on_presence_hears_who_comes_and_goes(database_url: str) -> None:
    async with at_the_venue(database_url, presence_grace_s=0) as (ada, band_id):
        room = f"band_{band_id}"

        def online(*people: str) -> Any:
            async def is_so() -> bool:
                return bool(await ada.get(f"/online/{room}") == {"people": [*people]})

            return is_so

        await ada.socket.ok("join_room", room)
        await until(online("ada"))
        await ada.http.put(f"/api/bands/{band_id}/members/ben", json={"role": "editor"})
        async with Visitor(str(ada.http.base_url), "Ben") as ben:
            await ben.socket.ok("join_room", room)
            await until(online("ada", "ben"))
        await until(online("ada"))


async def test_a_webhook_delivers_signed_edits_through_an_outage_and_a_restart(database_url: str) -> None:
    async with listening(posters.application(SECRET)) as url:
        hook = {"webhook_url": f"{url}/edits", "webhook_secret": SecretStr(SECRET)}

        async def heard() -> list[dict[str, Any]]:
            async with httpx.AsyncClient() as anybody:
                return list((await anybody.get(f"{url}/edits")).json())

        async with at_the_venue(database_url, **hook) as (ada, band_id):
            setlist = await ada.make(band_id, "setlist")
            first = await ada.socket.ok("edit_content", edit(setlist, 0, set_(None, "venue", "Tipitina's")))

            async def has_one() -> bool:
                return len(await heard()) == 1

            await until(has_one)
            [told] = await heard()
            assert (told["edit_id"], told["ops"]) == (first["edit_id"], first["ops"])
            assert told["author"] == {"id": "ada", "name": "Ada"}

        # Made while no webhook is set: the table of edits keeps them for it.
        async with (
            listening(venue.application(settings_for(database_url))) as venue_url,
            Visitor(venue_url, "Ada") as ada,
        ):
            for version in (1, 2):
                await ada.socket.ok("edit_content", edit(setlist, version, set_(None, "venue", f"place {version}")))
        assert len(await heard()) == 1

        async with at_the_venue(database_url, **hook):

            async def has_all() -> bool:
                return len(await heard()) == 3

            await until(has_all)
        assert [told["version"] for told in await heard()] == [1, 2, 3]


async def test_a_receiver_that_can_not_check_a_signature_takes_nothing(database_url: str) -> None:
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    async with listening(posters.application(other)) as url, httpx.AsyncClient(base_url=url) as anybody:
        hook = {"webhook_url": f"{url}/edits", "webhook_secret": SecretStr(SECRET)}
        async with at_the_venue(database_url, **hook) as (ada, band_id):
            setlist = await ada.make(band_id, "setlist")
            answers = [
                await ada.socket.ok("edit_content", edit(setlist, version, set_(None, "venue", f"place {version}")))
                for version in range(3)
            ]
        assert [answer["version"] for answer in answers] == [1, 2, 3], "no edit waits for a webhook"
        assert (await anybody.get("/edits")).json() == []
        assert (await anybody.post("/edits", content=b"{}")).status_code == 401


async def test_on_edit_is_called_once_for_each_edit_when_it_can_be_read(database_url: str) -> None:
    read: list[Document] = []
    heard: list[Edit] = []

    async def on_edit(edit: Edit, document: Document) -> None:
        heard.append(edit)
        read.append(await engine.history.document(User("ada", "Ada"), document.id, edit.version))
        assert read[-1] == document

    settings = settings_for(database_url)
    engine = Engine(settings, on_edit=on_edit)
    async with listening(attach(engine, own_app(settings))) as url:
        running = RunningEngine(url, Tokens(settings), engine)
        gig = await make_gig(running)
        async with member(running, "ben") as ben:
            first = edit(gig.setlist_id, 0, set_(None, "venue", "x"))
            for payload in (first, first, edit(gig.setlist_id, 1, set_(None, "venue", "y"))):
                await ben.ok("edit_content", payload)
        await until(lambda: len(read) == 2)
    assert [made.version for made in heard] == [1, 2], "an edit that is sent again is the same edit"


async def test_a_hook_that_fails_or_hangs_is_no_matter_to_an_edit(database_url: str) -> None:
    async def fail(_edit: Edit, _document: Document) -> None:
        raise RuntimeError("the host's own fault")

    async def hang(_room: SharedRoom, _diff: Diff) -> None:
        await asyncio.Event().wait()

    host = FastAPI()
    application = create_app(settings_for(database_url), host, on_edit=fail, on_presence=hang)
    async with listening(application) as url:
        running = Running.at(url, settings_for(database_url))
        async with running.rest("ada") as rest, member(running, "ada") as ada:
            band = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()
            body = {"kind": "setlist", "title": "Friday"}
            made = (await rest.post(f"/api/bands/{band['id']}/contents", json=body)).json()
            await ada.ok("join_room", f"content_{made['id']}")
            assert (await ada.ok("edit_content", edit(made["id"], 0, set_(None, "venue", "x"))))["version"] == 1
            assert (await ada.ok("edit_content", edit(made["id"], 1, set_(None, "venue", "y"))))["version"] == 2
