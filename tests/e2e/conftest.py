"""Members of the gig with the SDK, on a wire that tests can meddle with."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from collab.client import CollabClient
from tests.conftest import Gig
from tests.support.clients import Wire, client
from tests.support.serving import RunningEngine


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
