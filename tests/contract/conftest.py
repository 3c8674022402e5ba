"""What the tests of the journal share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.scale.filling import fill
from tests.scale.installation import Installation
from tests.support.postgres import create_database
from tests.support.serving import sqlite_url
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
    monkeypatch.setattr("collab.storage.content_cache.KEPT_EDITS", kept)
    monkeypatch.setattr("collab.storage.past.KEPT_EDITS", kept)
    return kept


SMALL = 0.01
"""Three thousand edits; half of them are of one content."""


@pytest.fixture(scope="session")
def installed_sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = sqlite_url(tmp_path_factory.mktemp("scale") / "collab.db")
    fill(url, Installation(SMALL, deep_every=2))
    return url


@pytest.fixture(scope="session")
def installed_postgresql(postgres: str) -> str:
    url = create_database(postgres, "scale")
    fill(url, Installation(SMALL, deep_every=2))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def installed_url(request: pytest.FixtureRequest) -> str:
    """A database that holds a small installation; nothing is to be changed in it."""
    url: str = request.getfixturevalue(f"installed_{request.param}")
    return url
