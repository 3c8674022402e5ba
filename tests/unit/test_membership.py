"""Changes of members of which nobody knows at first whether they are stored."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

from collab.domain.bands import User
from collab.domain.errors import CollabError, NotFound, Unavailable
from collab.services.bands.keyed_locks import KeyedLocks
from collab.services.bands.membership import MembershipService


@pytest.mark.parametrize("error", [Unavailable("the answer is lost"), NotFound("it was done before")])
@pytest.mark.parametrize("is_database_back", [True, False])
def test_what_may_be_stored_though_it_failed_is_looked_for_by_every_node(
    error: CollabError, is_database_back: bool
) -> None:
    # A removal that was stored, and whose answer was lost: asked for again, there is nobody to be removed.
    store, directory, others = AsyncMock(), MagicMock(changing=KeyedLocks(), learn_band=AsyncMock()), MagicMock()
    store.remove_member.side_effect = error
    refresh = AsyncMock(side_effect=None if is_database_back else Unavailable("still away"))
    rest: Any = MagicMock()
    membership = MembershipService(store, directory, refresh, rest, rest, others, rest, rest)
    with pytest.raises(type(error)):
        asyncio.run(membership.remove_member(User("ada", "Ada"), "band", "ben"))
    others.band_changed.assert_called_once_with("band")
    refresh.assert_awaited_once_with(["band"])
