"""An import into a repertoire that three members edit meanwhile, each following it live."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import from_json
from tests.conftest import Gig
from tests.support.members import Member, insert, member, set_
from tests.support.serving import Running

EDITORS = ("ada", "ben", "cleo")
CHART = "[F]Hey now\n[C7]hey now\n{soc}\n[F]Iko\n{eoc}"
"""As short as ten thousand of them fit into a content."""


@dataclass
class Outcome:
    """What came of it; `messages` counts what the server sent to the members, answers aside."""

    seconds: float
    cpu_s: float
    messages: int
    edits: int
    slowest_ack_s: float
    result: dict[str, Any]
    lost: list[str]


async def import_while_editing(server: Running, gig: Gig, songs: int) -> Outcome:
    """Imports so many songs while three members edit; `lost` names everything that is not as it should be."""
    async with AsyncExitStack() as stack:
        rest = await stack.enter_async_context(server.rest("ada"))
        await rest.put(f"/api/bands/{gig.band_id}/members/cleo", json={"role": "editor"})
        made = await rest.post(
            f"/api/bands/{gig.band_id}/contents",
            json={
                "kind": "repertoire",
                "title": "Repertoire",
                "document": {
                    "items": [{"id": f"old-{who}", "type": "song", "fields": {"title": who}} for who in EDITORS]
                },
            },
        )
        start = made.json()
        members = [await stack.enter_async_context(member(server, who)) for who in EDITORS]
        for who in members:
            await who.ok("join_room", gig.band_room)
            await who.ok("join_room", f"content_{start['id']}")
        csv = "title,artist,key,tempo,chart\n" + "".join(
            f'Song {n},Artist {n % 40},F,{60 + n % 200},"{CHART}"\n' for n in range(songs)
        )
        begin, spent = time.perf_counter(), time.process_time()
        await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": ("songs.csv", csv.encode())})
        is_over = asyncio.Event()
        editing = [asyncio.create_task(_edit(who, start["id"], is_over)) for who in members]
        while (await members[0].next("progress"))["percent"] < 100:
            pass
        complete = await members[0].next("complete")
        seconds, cpu_s = time.perf_counter() - begin, time.process_time() - spent
        is_over.set()
        answers = [await task for task in editing]
        head = (await rest.get(f"/api/contents/{start['id']}")).json()
        for who in members:
            # What was sent before this answer has arrived before it.
            await who.ok("request_update", {"room_id": f"content_{start['id']}", "since": head["version"]})
        lost = [f"{who.user_id}: {what}" for who in members for what in _missing(who, start, head, answers)]
        if complete["result"]["added"] != songs or len(head["items"]) != songs + 3 + sum(map(len, answers)) // 2:
            lost.append(f"expected {songs} songs and what the members made, got {len(head['items'])} items")
        return Outcome(
            seconds,
            cpu_s,
            sum(len(heard) for who in members for heard in who.heard.values()),
            head["version"],
            max(answer["took_s"] for theirs in answers for answer in theirs),
            complete["result"],
            lost,
        )


async def _edit(who: Member, content_id: str, is_over: asyncio.Event) -> list[dict[str, Any]]:
    """Edits one after the other, an insert and a change in turn, until the import is over; the answers."""
    answers: list[dict[str, Any]] = []
    version = 0
    while not is_over.is_set() or len(answers) % 2:
        number = len(answers)
        if number % 2:
            op = set_(f"old-{who.user_id}", "title", f"{who.user_id} {number}")
        else:
            op = insert(f"{who.user_id}-{number}", "a1", title=f"By {who.user_id} {number}")
        begin = time.perf_counter()
        answer = await who.edit(content_id, version, op)
        answers.append({**answer, "took_s": time.perf_counter() - begin, "sid": who.sid})
        assert answer["ok"], answer
        version = answer["version"]
    return answers


def _missing(
    who: Member, start: dict[str, Any], head: dict[str, Any], answers: list[list[dict[str, Any]]]
) -> list[str]:
    """What a member's own copy, made of all that they heard and of their answers, lacks of the server's."""
    heard = {edit["version"]: edit["ops"] for edit in who.heard["content_edited"]}
    heard |= {edit["version"]: edit["ops"] for batch in who.heard["batch_update"] for edit in batch["edits"]}
    heard |= {answer["version"]: answer["ops"] for theirs in answers for answer in theirs if answer["sid"] == who.sid}
    gaps = [version for version in range(1, head["version"] + 1) if version not in heard]
    if gaps:
        return [f"versions {gaps} were not heard"]
    document = Document.from_snapshot(start)
    for version in range(1, head["version"] + 1):
        document = apply_stored(document, [from_json(op) for op in heard[version]])
    return [] if document.to_json() == head else ["the copy differs from the server's document"]
