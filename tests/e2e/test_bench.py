"""The benchmark itself: that it measures, and finds the edits that a kill has not lost."""

import pytest

from tests.bench.measuring import Load, Pace, measure
from tests.bench.targets import COLLAB

pytestmark = [pytest.mark.asyncio, pytest.mark.long]


async def test_a_run_counts_every_delivery_and_finds_every_edit_after_a_kill() -> None:
    run = await measure(COLLAB, Load("2 x 3", 2, 3), Pace(warm_up_s=0.1, measured_s=0.3))
    assert run.missing == 0
    assert 0 < run.ack_ms[0] <= run.ack_ms[2]
    assert run.cpu_s_per_1000 > 0
    assert run.acked
    assert run.lost == 0
