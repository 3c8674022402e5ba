"""The benchmark itself: that it measures, and finds the edits that a kill has not lost."""

from pathlib import Path

import pytest

from collab.storage.migrate import migrate
from tests.bench import restart_storm
from tests.bench.attacks import ATTACKS, ground_of, prepare
from tests.bench.measuring import FrontDesk, Load, Pace, measure
from tests.bench.neighbour import LOAD, editing
from tests.bench.targets import COLLAB
from tests.support.processes import served
from tests.support.serving import sqlite_url

pytestmark = [pytest.mark.asyncio, pytest.mark.long]


async def test_a_run_counts_every_delivery_and_finds_every_edit_after_a_kill() -> None:
    run = await measure(COLLAB, Load("2 x 3", 2, 3), Pace(warm_up_s=0.1, measured_s=0.3))
    assert run.missing == 0
    assert 0 < run.ack_ms[0] <= run.ack_ms[2]
    assert run.cpu_s_per_1000 > 0
    assert run.acked
    assert run.lost == 0


async def test_after_a_kill_all_come_back_with_what_they_missed() -> None:
    # It raises where one has not.
    row = dict(zip(restart_storm.HEAD, await restart_storm.measure(COLLAB, 6, 2, down_s=0), strict=True))
    assert (row["members / rooms"], row["connected twice"]) == ("6 / 2", "0")


async def test_what_a_bad_neighbour_does_is_answered_and_costs_nobody_an_edit(tmp_path: Path) -> None:
    file = tmp_path / "bench.db"
    migrate(sqlite_url(file))
    made = await prepare(sqlite_url(file), ["all"])
    async with served(sqlite_url(file), log_level="ERROR") as server:
        desk = await FrontDesk.of(COLLAB, int(server.url.rsplit(":", 1)[1]), file, LOAD)
        # It raises where an edit is refused, or is not told to everybody.
        async with editing(desk):
            ground = ground_of(server, "all", made["all"])
            answers = {name: await attack(ground) for name, (_, attack) in ATTACKS.items()}
    assert answers == {
        "base": 800, "texts": 37, "zip": 1, "quotes": 1, "ones": 1, "packets": 1, "nested": 5, "histories": 8,
        "halves": 60, "undo": 9, "seeds": 2, "questions": 200, "idle": 200,
    }  # fmt: skip
