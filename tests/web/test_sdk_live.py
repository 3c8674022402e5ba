"""The TypeScript SDK against the real server."""

import json

import pytest

from tests.conftest import Gig
from tests.support.serving import Running
from tests.web.node import run_vitest


@pytest.mark.asyncio
@pytest.mark.parametrize("seed", range(1, 5))
async def test_members_at_random_over_bad_lines_end_with_one_document(server: Running, gig: Gig, seed: int) -> None:
    members = [(user, server.token(user)) for user in ("ada", "ben", "ada")]
    live = {"url": server.url, "members": members, "contentId": gig.setlist_id, "seed": seed}
    await run_vitest(json.dumps(live))
