"""The benchmark's arithmetic."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.figures import Run, in_ms, lost_edits, middle, paired_ratio, percentiles
from tests.bench.report import BEGIN, END, Results, load_table, markdown, write_page
from tests.bench.targets import A2

RUN = Run(
    server="collab",
    load="10 x 8",
    round=0,
    edits_per_s=4_000.0,
    deliveries_per_s=28_000.0,
    ack_ms=(10.0, 20.0, 30.0),
    propagation_ms=(11.0, 21.0, 31.0),
    cpu_s_per_1000=0.1,
    server_share=1.0,
    generator_share=0.25,
    kb_per_connection=43.2,
    missing=0,
)


def _cpu(run: Run) -> float:
    return run.cpu_s_per_1000


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(value) for value in range(100, 0, -1)]
    assert percentiles(hundred) == (50.0, 95.0, 99.0)
    assert percentiles([3.0, 1.0, 2.0]) == (2.0, 3.0, 3.0)
    assert percentiles([7.0]) == (7.0, 7.0, 7.0)


def test_percentiles_of_nothing_are_unknown() -> None:
    assert all(math.isnan(value) for value in percentiles([]))


def test_latencies_are_told_in_milliseconds() -> None:
    assert in_ms([0.002, 0.004]) == (2.0, 4.0, 4.0)


def test_a_median_leaves_out_what_is_unknown() -> None:
    assert middle([1.0, float("nan"), 3.0]) == 2.0
    assert math.isnan(middle([]))


def test_a_ratio_is_taken_within_each_round() -> None:
    """The second round was slow for both, the third only for the base: medians of each alone would say 0.55."""
    ours = [replace(RUN, round=number, cpu_s_per_1000=cpu) for number, cpu in enumerate((0.1, 0.6, 0.11))]
    base = [replace(RUN, round=number, cpu_s_per_1000=cpu) for number, cpu in enumerate((0.2, 1.2, 0.2))]
    assert paired_ratio(ours, base, _cpu) == pytest.approx(0.5)
    assert paired_ratio(ours, base[::-1], _cpu) == pytest.approx(0.5)


def test_a_round_without_a_base_has_no_ratio() -> None:
    base = [replace(RUN, round=1, cpu_s_per_1000=0.2)]
    assert paired_ratio([RUN, replace(RUN, round=1)], base, _cpu) == pytest.approx(0.5)
    assert math.isnan(paired_ratio([RUN], base, _cpu))


@pytest.mark.parametrize(
    ("acked", "found", "lost"),
    [
        ([3, 5], {0: 2, 1: 4}, 0),
        ([3, 5], {0: 1, 1: 4}, 1),
        ([3, 5], {0: 2}, 5),
        ([3, 5], {}, 8),
        # One more than was acknowledged: it was stored, and the answer did not arrive.
        ([3, 5], {0: 3, 1: 4}, 0),
    ],
)
def test_an_acknowledged_edit_is_lost_where_the_last_that_is_found_is_older(
    acked: list[int], found: dict[int, int], lost: int
) -> None:
    assert lost_edits(acked, found) == lost


def test_a_table_has_medians_ratios_and_losses() -> None:
    runs = [
        replace(RUN, acked=10, lost=0),
        replace(RUN, round=1, edits_per_s=2_000.0, acked=5, lost=0),
        replace(RUN, server=A2.name, cpu_s_per_1000=0.2, acked=7, lost=7),
        replace(RUN, server=A2.name, round=1, cpu_s_per_1000=0.4, acked=7, lost=7),
    ]
    ours, base = load_table(runs).splitlines()[2:]
    assert ours == (
        "| collab | 3,000 | 28,000 | 10.0 / 20.0 / 30.0 | 11.0 / 31.0 | 0.100 | 0.38 | 43 | 0 of 15 | 100% / 25% |"
    )
    assert base.split(" | ")[-4:-1] == ["1.00", "43", "all 14"]


def test_a_delivery_that_never_came_is_told() -> None:
    results = Results("2026-01-01", "a machine", 1, 5.0, 0.5, [replace(RUN, missing=3)])
    assert "never came: collab (10 x 8): 3." in markdown(results)
    assert "never came: none." in markdown(replace(results, runs=[RUN]))


def test_the_page_keeps_what_is_around_the_table(tmp_path: Path) -> None:
    page = tmp_path / "benchmark.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page("new", page)
    write_page("newer", page)
    assert page.read_text() == f"before\n{BEGIN}\n\nnewer\n{END}\nafter\n"
    page.write_text("no markers\n")
    with pytest.raises(ValueError, match="benchmark"):
        write_page("new", page)


def test_saved_figures_come_back(tmp_path: Path) -> None:
    results = Results("2026-01-01", "a machine", 1, 5.0, 0.5, [RUN], [("opening", "3 ms")])
    results.save(tmp_path)
    assert Results.load(tmp_path) == results
