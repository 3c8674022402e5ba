"""A server with limits of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.conftest import Gig, make_gig
from tests.support.clock import ManualClock
from tests.support.serving import RunningEngine, serving, settings_for


@asynccontextmanager
async def limited(
    database_url: str, clock: ManualClock | None = None, **settings: Any
) -> AsyncIterator[tuple[RunningEngine, Gig]]:
    async with serving(settings_for(database_url, **settings), clock) as server:
        yield server, await make_gig(server)
