"""What the tests of the journal share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.storage import Node, make_setlist, node


@pytest_asyncio.fixture
async def room(any_database_url: str) -> AsyncIterator[Node]:
    """A node with a setlist."""
    async with node(any_database_url) as running:
        await make_setlist(running)
        yield running
