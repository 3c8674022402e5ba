"""What a client leaves behind on the server: nothing that only the garbage collector could free.

The collector comes rarely (`serving.collect_garbage_rarely`), so that whatever waits for it is memory that grows.
"""

import asyncio
import gc
from collections import Counter

import pytest
import uvloop

from tests.conftest import make_gig
from tests.support.serving import serving, settings_for
from tests.support.visitors import Visitors, visitors
from tests.support.waiting import until

VISITS = 10

ALLOWED = {"session": 1, "broken_session": 1, "refused": 1, "polling": 1, "upgrade": 1, "rest": 1, "wrong_session": 25}
"""Objects for each visit of a kind, so that fewer than one is none at all: what is done now and then for all together
may leave a few. Of an edit that the journal refuses more are left: SQLAlchemy makes circles of the values that a
statement compares with, and one is stated for each."""


@pytest.mark.timeout(180)
@pytest.mark.long
def test_a_visit_that_is_over_leaves_no_garbage_for_the_collector(sqlite_database_url: str) -> None:
    # On the event loop that serves: asyncio's own transports hold themselves.
    left = uvloop.run(left_behind(sqlite_database_url))
    too_much = {kind: types.most_common(20) for kind, types in left.items() if types.total() >= VISITS * ALLOWED[kind]}
    assert too_much == {}


async def left_behind(database_url: str) -> dict[str, Counter[str]]:
    """What the collector finds after some visits of each kind."""
    settings = settings_for(database_url, ping_interval_s=1, presence_grace_s=0, rate_limits=False)
    async with serving(settings) as server:
        gig = await make_gig(server)
        async with visitors(server.url, server.token("ada"), gig.setlist_id) as clients:
            return {kind: await garbage_of(clients, kind) for kind in ALLOWED}


async def garbage_of(clients: Visitors, kind: str) -> Counter[str]:
    """The types of what the collector finds after visits of one kind, and how many of each."""
    # What is made once, at the first visit, is no visit's.
    await clients.visit(kind, 1)
    await until(are_over)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        await clients.visit(kind, VISITS)
        await until(are_over)
        gc.collect()
        return Counter(f"{type(left).__module__}.{type(left).__qualname__}" for left in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def are_over() -> bool:
    """Whether nothing is under way any more for a connection. A ping is until it is due, and holds its session."""
    under_way = {getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks()}
    return not under_way & {"_send_ping", "run_asgi"}
