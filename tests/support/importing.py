"""Files sent to a server, and what came of them."""

from typing import Any

import httpx

from tests.support.members import Member

CSV = b"title;artist;key;length\nIko Iko;Dixie Cups;F;3:45\n;;C;3:00\nTiger Rag;;Ab;3:20\n"


async def send_file(rest: httpx.AsyncClient, band_id: str, data: bytes, name: str = "songs.csv") -> str:
    answer = await rest.post(f"/api/bands/{band_id}/imports", files={"file": (name, data)})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


async def bring_in(rest: httpx.AsyncClient, who: Member, band_id: str, data: bytes, name: str = "songs.csv") -> Any:
    job_id = await send_file(rest, band_id, data, name)
    done = await who.next("complete")
    assert done["job_id"] == job_id
    return done["result"]


async def repertoire_of(rest: httpx.AsyncClient, band_id: str) -> dict[str, Any]:
    listed = (await rest.get(f"/api/bands/{band_id}/contents")).json()["contents"]
    (found,) = (content for content in listed if content["kind"] == "repertoire")
    return dict((await rest.get(f"/api/contents/{found['id']}")).json())
