"""What is counted, as Prometheus reads it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from collab.domain.errors import Conflicting, Invalid, Unavailable
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Dropped, Edit
from collab.domain.ot.rebase import Accepted, Duplicate, Nothing
from collab.metrics import PrometheusMeter


def _edit(base_version: int, version: int) -> Edit:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return Edit("c", version, f"edit-{version}", base_version, Author("ada", "Ada"), "s", (), (), at)


def samples(meter: PrometheusMeter) -> Mapping[str, float]:
    """Each sample by its name and labels, as in the text."""
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(asyncio.run(meter.exposition()).decode())
        for sample in family.samples
    }


def _meter() -> PrometheusMeter:
    return PrometheusMeter("1.2.3", "sqlite")


def test_a_batch_is_counted_by_what_became_of_its_edits() -> None:
    meter = _meter()
    document = Document("c", "b", "setlist", 9, {}, {})
    meter.committed(
        [
            Accepted(_edit(3, 4), document),
            Accepted(_edit(1, 5), document),
            Duplicate(_edit(0, 1)),
            Nothing(5, (Dropped(0, "item_removed"),)),
            Conflicting("expected no change"),
            Invalid.at("ops", "expected some"),
        ],
        0.003,
    )
    meter.not_committed(3)
    seen = samples(meter)

    outcomes = {name: value for name, value in seen.items() if name.startswith("collab_edits_total")}
    assert outcomes == {
        "collab_edits_total outcome=accepted": 2,
        "collab_edits_total outcome=duplicate": 1,
        "collab_edits_total outcome=nothing": 1,
        "collab_edits_total outcome=conflict": 1,
        "collab_edits_total outcome=invalid": 1,
        f"collab_edits_total outcome={Unavailable.code}": 3,
    }
    # The first edit met nothing, the second one the three versions after its base.
    assert (seen["collab_rebase_edits_count"], seen["collab_rebase_edits_sum"]) == (2, 3)
    assert seen["collab_rebase_edits_bucket le=0.0"] == 1
    assert (seen["collab_batch_edits_count"], seen["collab_batch_edits_sum"]) == (1, 6)
    assert seen["collab_commit_seconds_bucket le=0.0025"] == 0
    assert seen["collab_commit_seconds_bucket le=0.005"] == 1


def test_answers_are_counted_by_event_and_code_and_timed() -> None:
    meter = _meter()
    for code, seconds in (("ok", 0.004), ("ok", 0.02), ("forbidden", 0.0001)):
        meter.answered("edit_content", code, seconds)
    seen = samples(meter)

    assert seen["collab_answers_total code=ok event=edit_content"] == 2
    assert seen["collab_answers_total code=forbidden event=edit_content"] == 1
    assert seen["collab_answer_seconds_count event=edit_content"] == 3
    assert seen["collab_answer_seconds_bucket event=edit_content le=0.005"] == 2


def test_rest_calls_are_counted_by_call_and_status_and_timed() -> None:
    meter = _meter()
    for status, seconds in ((200, 0.004), (200, 0.02), (503, 0.0001)):
        meter.called("GET /api/bands", status, seconds)
    seen = samples(meter)

    assert seen["collab_calls_total call=GET /api/bands status=200"] == 2
    assert seen["collab_calls_total call=GET /api/bands status=503"] == 1
    assert seen["collab_call_seconds_count call=GET /api/bands"] == 3


def test_deliveries_evictions_refusals_and_the_lag_of_the_bus_are_counted() -> None:
    meter = _meter()
    meter.delivered("content_edited", 7)
    meter.delivered("content_edited", 0)
    meter.evicted()
    meter.rate_limited("edit_content")
    meter.rate_limited("edit_content")
    meter.bus_lag(0.03)
    seen = samples(meter)

    assert seen["collab_messages_total event=content_edited"] == 2
    assert seen["collab_deliveries_total event=content_edited"] == 7
    assert seen["collab_evictions_total"] == 1
    assert seen["collab_rate_limited_total what=edit_content"] == 2
    assert seen["collab_bus_lag_seconds_sum"] == 0.03


def test_a_gauge_is_read_when_it_is_asked_for() -> None:
    meter = _meter()
    waiting = [1, 2]
    meter.watch("journal_waiting", "Edits that wait.", lambda: len(waiting))
    assert samples(meter)["collab_journal_waiting"] == 2
    waiting.clear()
    assert samples(meter)["collab_journal_waiting"] == 0


def test_two_engines_in_a_process_count_apart() -> None:
    one, other = _meter(), _meter()
    one.evicted()
    assert (samples(one)["collab_evictions_total"], samples(other)["collab_evictions_total"]) == (1, 0)
    assert samples(one)["collab_build_info database=sqlite version=1.2.3"] == 1


def test_a_value_at_a_bound_is_below_it() -> None:
    meter = _meter()
    meter.bus_lag(0.005)
    assert samples(meter)["collab_bus_lag_seconds_bucket le=0.005"] == 1
    assert samples(meter)["collab_bus_lag_seconds_bucket le=0.0025"] == 0


def test_pruned_rows_are_counted_by_their_table() -> None:
    meter = _meter()
    meter.pruned("stays", 200)
    meter.pruned("stays", 3)
    meter.pruned("jobs", 0)
    seen = samples(meter)
    assert seen["collab_pruned_rows_total table=stays"] == 203
    assert seen["collab_pruned_rows_total table=jobs"] == 0


def test_what_has_to_be_looked_at_is_looked_at_whenever_somebody_asks() -> None:
    meter, size = _meter(), [0.0]

    async def look() -> None:
        size[0] += 8_000

    meter.look_first(look)
    meter.watch("database_bytes", "How much it takes.", lambda: size[0])
    assert [samples(meter)["collab_database_bytes"] for _ in range(2)] == [8_000, 16_000]
