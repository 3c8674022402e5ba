"""The clock is set forward and back while the band plays."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from collab.domain.access import parse_shared_room
from collab.storage.engine import reading_engine
from tests.conftest import make_gig
from tests.fault.harness import history, under_load
from tests.support.client_process import client_process
from tests.support.clock import SteppedClock
from tests.support.members import member
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

HOUR = timedelta(hours=1)
LEASE_S = 1.0
SLACK = timedelta(seconds=30)


async def _lease_until(server: RunningEngine, database_url: str) -> datetime:
    engine = reading_engine(database_url)
    async with engine.connect() as connection:
        [[until_]] = await connection.execute(text("SELECT lease_until FROM nodes WHERE ended_at IS NULL"))
    await engine.dispose()
    return until_ if isinstance(until_, datetime) else datetime.fromisoformat(f"{until_}+00:00")


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_steps(database_url: str, hours: int) -> None:
    clock = SteppedClock()
    settings = settings_for(database_url, node_lease_s=LEASE_S, presence_grace_s=0.5)
    async with serving(settings, clock) as server, under_load([server]) as load:
        await load.held()
        sessions = [player.client.session.id for player in load.players]

        clock.step(hours * HOUR)
        load.fault_is_over()
        stepped_at = clock.now()
        await load.acknowledged(100)

        async def is_renewed() -> bool:
            return abs(await _lease_until(server, database_url) - clock.now()) < timedelta(seconds=LEASE_S)

        await until(is_renewed)
        # Nobody was thrown out.
        assert [player.client.session.id for player in load.players] == sessions
        await load.check(f"the clock steps by {hours} h")
        edits = await history(server, load.players[0].content.id)

    times = [datetime.fromisoformat(edit["at"]) for edit in edits]
    # Each edit has the time that the clock showed then, but for those after it was set back: times never do.
    assert all(min(abs(at - stepped_at), abs(at + hours * HOUR - stepped_at)) < SLACK for at in times)
    assert abs(times[-1] - max(stepped_at, stepped_at - hours * HOUR)) < SLACK
    assert times == sorted(times)


async def test_a_clock_that_is_set_back_makes_no_ghost(database_url: str) -> None:
    clock = SteppedClock()
    settings = settings_for(database_url, presence_grace_s=0.5)
    async with serving(settings, clock) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada:
            await ada.ok("join_room", gig.room)
            async with client_process(server.url, server.token("ben"), gig.room) as process:
                await ada.next("user_joined")
                process.kill()
                await process.wait()
            await until(lambda: _is_lingering(server, gig.room))
            clock.step(-HOUR)
            left = await ada.next("user_left")

    assert left["user_id"] == "ben"


def _is_lingering(server: RunningEngine, room: str) -> bool:
    roster = server.engine.presence.roster(parse_shared_room(room))
    return any(presence.lingers_until is not None for presence in roster.sessions.values())
