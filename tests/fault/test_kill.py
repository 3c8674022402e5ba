"""The server dies or is stopped; what was acknowledged is there."""

import asyncio
from typing import Any

import pytest

from tests.support.members import Member, edit, insert, member, set_
from tests.support.processes import Served, served

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120), pytest.mark.long]


async def _make_setlist(server: Served) -> str:
    async with server.rest("ada") as rest:
        band = (await rest.post("/api/bands", json={"name": "Blue Nile"})).json()
        body = {
            "kind": "setlist",
            "title": "Friday",
            "document": {"items": [{"id": "iko", "type": "song", "fields": {"title": "Iko Iko"}}]},
        }
        made = (await rest.post(f"/api/bands/{band['id']}/contents", json=body)).json()
        return str(made["id"])


async def _document(server: Served, content_id: str) -> Any:
    async with server.rest("ada") as rest:
        return (await rest.get(f"/api/contents/{content_id}")).json()


async def test_an_edit_that_was_acknowledged_survives_a_kill(database_url: str) -> None:
    async with served(database_url) as server:
        setlist = await _make_setlist(server)
        async with member(server, "ada") as ada:
            last = edit(setlist, 0, set_("iko", "key", "G"))
            answer = await ada.ok("edit_content", last)
            await server.kill()

    async with served(database_url) as again:
        document = await _document(again, setlist)
        async with member(again, "ada") as ada:
            # The ack might as well have been lost: sent again, the edit gets the same answer and is stored once.
            assert await ada.ok("edit_content", last) == answer
        assert document["version"] == (await _document(again, setlist))["version"] == 1
        assert document["items"][0]["fields"]["key"] == "G"


async def test_a_kill_under_load_loses_no_acknowledged_edit(database_url: str) -> None:
    acknowledged: set[str] = set()
    sent: list[dict[str, object]] = []
    are_enough = asyncio.Event()

    async def keep_editing(someone: Member, setlist: str) -> None:
        while True:
            body = edit(setlist, 0, insert(f"i{len(sent)}", "a5", title="Second Line"))
            sent.append(body)
            answer = await someone.call("edit_content", body)
            assert answer["ok"]
            acknowledged.add(str(body["edit_id"]))
            if len(acknowledged) >= 200:
                are_enough.set()

    async with served(database_url) as server:
        setlist = await _make_setlist(server)
        async with member(server, "ada") as first, member(server, "ada") as second:
            load = [
                asyncio.create_task(keep_editing(someone, setlist)) for someone in (first, second) for _ in range(5)
            ]
            await asyncio.wait_for(are_enough.wait(), 60)
            await server.kill()
            for task in load:
                task.cancel()
            await asyncio.gather(*load, return_exceptions=True)

    async with served(database_url) as again, member(again, "ada") as ada, again.rest("ada") as rest:
        for body in sent:
            await ada.ok("edit_content", body)
        page = (await rest.get(f"/api/contents/{setlist}/edits", params={"limit": 1000})).json()

    versions = [entry["version"] for entry in page["edits"]]
    ids = [entry["edit_id"] for entry in page["edits"]]
    assert len(acknowledged) >= 200
    assert versions == list(range(1, page["head"] + 1)), "no gap, no twin"
    assert sorted(ids) == sorted(str(body["edit_id"]) for body in sent), "each exactly once"


async def test_sigterm_says_goodbye_and_answers_what_was_accepted(database_url: str) -> None:
    async with served(database_url) as server:
        setlist = await _make_setlist(server)
        async with member(server, "ada") as ada:
            answers = [asyncio.create_task(ada.edit(setlist, 0, set_("iko", "tempo", 100 + n))) for n in range(50)]
            await asyncio.wait(answers[:1])
            code = await asyncio.wait_for(server.terminate(), 10)
            goodbye = await ada.next("server_restarting")
            await ada.next("disconnect")
            accepted = [
                task.result() for task in answers if task.done() and not task.exception() and task.result()["ok"]
            ]
            for task in answers:
                task.cancel()
            await asyncio.gather(*answers, return_exceptions=True)

    async with served(database_url) as again:
        assert code == 0
        assert goodbye["retry_in"] > 0
        assert (await _document(again, setlist))["version"] == len(accepted) > 0
