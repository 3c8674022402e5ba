"""What is kept for a time only goes once it is over, and nothing else, on every database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from collab.commands.pruning import prune_database
from collab.domain.access import Role
from collab.domain.bands import Band, Job, Member, User
from collab.domain.ot.document import Document
from collab.domain.presence.visits import Node, Origin, Visit
from collab.engine import Engine
from collab.services import pruning
from collab.services.pruning import Keeping, Pruned, prune
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.engine import reading_engine
from collab.storage.jobs import StoredJobs
from collab.storage.presence import StoredPresence
from collab.storage.pruning import StoredPruning
from collab.storage.turns import MIN_ROWS
from collab.storage.writer import Writer
from tests.support.clock import ManualClock
from tests.support.serving import settings_for
from tests.support.waiting import until

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
ADA = User("ada", "Ada")
DAY = timedelta(days=1)


@dataclass
class Hall:
    """A band's database, with what happened there so many days ago."""

    presence: StoredPresence
    jobs: StoredJobs
    pruning: StoredPruning

    async def node(self, node_id: str, *, ended_days: float | None) -> None:
        ended = None if ended_days is None else NOW - ended_days * DAY
        await self.presence.record(Node(node_id, "stage", NOW - 900 * DAY, NOW, NOW + DAY, ended), [])

    async def stays(self, node_id: str, count: int, *, began_days: float, ended_days: float | None) -> None:
        began = NOW - began_days * DAY
        ended = None if ended_days is None else NOW - ended_days * DAY
        ids = [f"{node_id}-{began_days}-{number}" for number in range(count)]
        made = [
            Visit(stay_id, stay_id, ADA, "band_b", node_id, Origin("websocket", None, None), began, ended or NOW, ended)
            for stay_id in ids
        ]
        await self.presence.record(Node(node_id, "stage", began, NOW, NOW + DAY), made)

    async def job(self, job_id: str, *, finished_days: float | None) -> None:
        job = Job(job_id, "b", "s", "songs.csv", ADA, 2, NOW - 900 * DAY)
        await self.jobs.add(job, "one", NOW + DAY, max_running=100)
        if finished_days is not None:
            await self.jobs.finish(job_id, "completed", {}, NOW - finished_days * DAY)

    async def stay_ids(self) -> set[str]:
        return {visit.id for visit in await self.presence.visits("b", 1_000, None)}


@pytest_asyncio.fixture
async def hall(any_database_url: str) -> AsyncIterator[Hall]:
    engine, writer = reading_engine(any_database_url), Writer(any_database_url)
    bands = StoredBands(engine, writer, UNLIMITED)
    await bands.save_user(ADA, NOW)
    await bands.create_band(Band("b", "Blue Nile"), ADA, NOW)
    await bands.put_member("b", Member("ada", "Ada", Role.OWNER), NOW)
    await bands.create_content(Document("s", "setlist", "b", 0, {"title": "Friday"}), ADA, NOW)
    yield Hall(StoredPresence(engine, writer), StoredJobs(engine, writer), StoredPruning(engine, writer))
    await writer.close()
    await engine.dispose()


async def _ten_years(hall: Hall) -> None:
    await hall.stays("old", OLD_STAYS + 5, began_days=500, ended_days=499)
    await hall.stays("long", 1, began_days=500, ended_days=300)
    await hall.stays("long", 1, began_days=600, ended_days=590)
    await hall.stays("open", 1, began_days=500, ended_days=None)
    await hall.stays("new", 2, began_days=1, ended_days=0.5)
    for node_id, ended_days in (("old", 499), ("long", 400), ("empty", 499), ("new", 0.5)):
        await hall.node(node_id, ended_days=ended_days)
    for job_id, finished_days in (("over", 100), ("recent", 80), ("running", None)):
        await hall.job(job_id, finished_days=finished_days)


OLD_STAYS = 200
KEEPING = Keeping(365 * DAY, 90 * DAY)
KEPT = {"long-500-0", "open-500-0", "new-1-0", "new-1-1"}


@pytest.mark.asyncio
async def test_what_was_kept_for_long_enough_goes_and_nothing_else(hall: Hall) -> None:
    await _ten_years(hall)
    expected = Pruned(stays=OLD_STAYS + 6, nodes=2, jobs=1)
    over = KEEPING.cutoffs(NOW)
    assert await hall.pruning.prunable(over) == expected
    # The first turn takes no more of each.
    first = await hall.pruning.prune(over)
    assert first == Pruned(stays=MIN_ROWS, nodes=1, jobs=1)
    assert first + await prune(hall.pruning, over, ManualClock(NOW)) == expected
    assert await hall.stay_ids() == KEPT
    assert await hall.presence.living(NOW) == {"open"}
    assert {job.id for job in await hall.jobs.of_band("b")} == {"recent", "running"}
    assert await hall.pruning.prunable(over) == Pruned()


@pytest.mark.asyncio
async def test_what_is_kept_for_ever_stays(hall: Hall) -> None:
    await _ten_years(hall)
    for keeping in (Keeping(None, None), Keeping(None, 1_000 * DAY), Keeping(1_000 * DAY, None)):
        assert await hall.pruning.prunable(keeping.cutoffs(NOW)) == Pruned()
        assert await prune(hall.pruning, keeping.cutoffs(NOW), ManualClock(NOW)) == Pruned()


@pytest.mark.asyncio
async def test_a_node_prunes_as_it_runs(hall: Hall, any_database_url: str) -> None:
    await _ten_years(hall)
    clock = ManualClock(NOW)
    settings = settings_for(
        any_database_url,
        presence_kept_s=400 * 86_400.0,
        jobs_kept_s=0.0,
        metrics_token=SecretStr("who reads the metrics"),
    )
    engine = Engine(settings, clock=clock)
    async with engine.running():
        stay_ids = await hall.stay_ids()
        assert len(stay_ids) > OLD_STAYS
        gone = len(stay_ids - KEPT)
        clock.advance(pruning.EVERY.total_seconds())
        await until(lambda: _has_only(hall, KEPT))
        await until(lambda: _says(engine, f'collab_pruned_rows_total{{table="stays"}} {float(gone)}'))
    assert len(await hall.jobs.of_band("b")) == 3


async def _says(engine: Engine, line: str) -> bool:
    assert engine.prometheus is not None
    return line in (await engine.prometheus.exposition()).decode()


async def _has_only(hall: Hall, stay_ids: set[str]) -> bool:
    return await hall.stay_ids() == stay_ids


@pytest.mark.asyncio
async def test_the_command_says_how_much_and_does_it(
    hall: Hall, any_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await _ten_years(hall)
    counted = f"{OLD_STAYS + 6} stays, 2 nodes and 1 imports"
    for is_dry_run, said in ((True, f"{counted} would be"), (False, f"{counted} deleted"), (False, "0 stays, 0 nodes")):
        await prune_database(any_database_url, KEEPING, NOW, is_dry_run=is_dry_run)
        assert capsys.readouterr().out.startswith(said)
    assert await hall.stay_ids() == KEPT
