"""Browsers at the door of a house: links that let in, and what a device is given."""

from typing import Any

import httpx

from collab.protocol.ids import new_id
from collab.services.door.door import first_link_of
from collab.services.stores import UNLIMITED
from collab.storage.database import Database
from collab.storage.door import StoredDoor
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.serving import TLS, RunningEngine

COOKIE = "collab-device"


def browser(house: RunningEngine) -> httpx.AsyncClient:
    """A browser of its own, that keeps cookies."""
    return httpx.AsyncClient(base_url=house.url, timeout=10, headers={"Origin": house.url}, verify=TLS)


async def invited(house: RunningEngine, band: Gig, **asked: Any) -> str:
    async with house.rest("ada") as ada:
        made = await ada.post(f"/api/bands/{band.band_id}/invitations", json={"role": "editor", **asked})
    assert made.status_code == 201
    secret: str = made.json()["secret"]
    return secret


async def joined(who: httpx.AsyncClient, secret: str, name: str | None = "Zoe") -> httpx.Response:
    return await who.post("/api/join", json={"secret": secret, **({"name": name} if name else {})})


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    return found


async def first_secret(database_url: str, clock: ManualClock) -> str | None:
    """As `collab serve` makes one before it serves."""
    database = Database.at(database_url)
    try:
        return await first_link_of(StoredDoor(database.reading, database.writer, UNLIMITED), new_id, clock.now())
    finally:
        await database.writer.close()
        await database.reading.dispose()
