"""What the tests of the journal share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.storage import Node, make_setlist, node


@pytest_asyncio.fixture
async def room(any_database_url: str) -> AsyncIterator[Node]:
    """A node with a setlist."""
    async with node(any_database_url) as running:
        await make_setlist(running)
        yield running


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> int:
    """Contents keep so few edits in memory that tests soon reach beyond them; the number of them."""
    kept = 4
    monkeypatch.setattr("collab.storage.live.KEPT_EDITS", kept)
    monkeypatch.setattr("collab.storage.past.KEPT_EDITS", kept)
    return kept
