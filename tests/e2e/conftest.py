"""Members of the gig with the SDK, on a wire that tests can meddle with; and a house that people come into by links."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from collab.client import CollabClient
from tests.conftest import Gig, make_gig
from tests.support.clients import Wire, client
from tests.support.clock import ManualClock
from tests.support.serving import RunningEngine, serving, settings_for


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


@pytest_asyncio.fixture
async def ada(server: RunningEngine, gig: Gig, wire: Wire) -> AsyncIterator[CollabClient]:
    async with client(server, "ada") as me:
        yield me


@pytest_asyncio.fixture
async def ben(server: RunningEngine, gig: Gig, wire: Wire) -> AsyncIterator[CollabClient]:
    async with client(server, "ben") as me:
        yield me


@pytest_asyncio.fixture
async def house(database_url: str, clock: ManualClock) -> AsyncIterator[RunningEngine]:
    """A server with a door."""
    async with serving(settings_for(database_url, sign_in="invitations"), clock) as running:
        yield running


@pytest_asyncio.fixture
async def band(house: RunningEngine) -> Gig:
    return await make_gig(house)
