"""`/metrics` of a running server."""

import base64
import json
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from tests.conftest import make_gig
from tests.support.clock import ManualClock
from tests.support.members import edit, insert, member, set_
from tests.support.serving import Running, RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio

TOKEN = "a token for prometheus alone"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"what signs the webhook, for a test").decode()
OF_SQLITE = {"collab_database_log_bytes"}


@pytest_asyncio.fixture
async def measured(database_url: str, clock: ManualClock) -> AsyncIterator[RunningEngine]:
    # Of a webhook that nobody listens to: there are metrics of one wherever it is set.
    hook = {"webhook_url": "http://127.0.0.1:9/edits", "webhook_secret": SecretStr(WEBHOOK_SECRET)}
    settings = settings_for(database_url, metrics_token=SecretStr(TOKEN), **hook)
    async with serving(settings, clock) as running:
        yield running


async def _scrape(server: Running) -> dict[str, float]:
    async with server.rest(None) as prometheus:
        answer = await prometheus.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_session_shows_in_the_metrics(measured: RunningEngine) -> None:
    gig = await make_gig(measured)
    async with member(measured, "ada") as ada, member(measured, "ada") as tablet, member(measured, "ben") as ben:
        for someone in (ada, tablet, ben):
            await someone.ok("join_room", gig.room)
        kept = edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await ada.ok("edit_content", kept)
        await ada.ok("edit_content", kept)
        await ben.ok("edit_content", edit(gig.setlist_id, 0, set_("iko", "tempo", 180)))
        await ben.refused("edit_content", edit(gig.setlist_id, 0, insert("iko", "a9", title="Twice")))
        await tablet.next("content_edited")
        await tablet.next("content_edited")
        during = await _scrape(measured)
    after = await _scrape(measured)

    assert (during["collab_sessions"], during["collab_people"], during["collab_rooms"]) == (3, 2, 1)
    assert (after["collab_sessions"], after["collab_people"]) == (0, 0)
    assert during["collab_edits_total outcome=accepted"] == 2
    assert during["collab_edits_total outcome=duplicate"] == 1
    assert during["collab_edits_total outcome=invalid"] == 1
    assert during["collab_rebase_edits_sum"] == 1
    assert during["collab_answers_total code=ok event=edit_content"] == 3
    assert during["collab_answers_total code=invalid event=edit_content"] == 1
    assert during["collab_answer_seconds_count event=edit_content"] == 4
    assert during["collab_batch_edits_sum"] == 4
    assert during["collab_commit_seconds_count"] == during["collab_batch_edits_count"]
    # Everybody in the room but the sender: two, for each of two edits.
    assert during["collab_deliveries_total event=content_edited"] == 4
    assert during["collab_live_contents"] == 1
    async with measured.rest("ada") as rest:
        await rest.get(f"/api/contents/{gig.setlist_id}")
    called = await _scrape(measured)
    assert called["collab_calls_total call=GET /api/contents/{content_id} status=200"] == 1
    assert called["collab_database_bytes"] > 0
    assert during["collab_journal_waiting"] == during["collab_outgoing_packets"] == 0


@pytest.mark.parametrize(("header", "code"), [(None, "token_missing"), ("Bearer guessed", "token_invalid")])
async def test_only_who_shows_the_token_reads_them(measured: Running, header: str | None, code: str) -> None:
    async with measured.rest(None) as somebody:
        answer = await somebody.get("/metrics", headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_an_operators_token_is_not_that_one(measured: Running) -> None:
    async with measured.rest("root", is_operator=True) as root:
        assert (await root.get("/metrics")).status_code == 401


async def test_without_a_token_there_are_none(server: Running) -> None:
    async with server.rest(None) as prometheus:
        assert (await prometheus.get("/metrics")).status_code == 404


async def test_every_metric_of_the_dashboard_exists(measured: RunningEngine, database_url: str) -> None:
    dashboard = json.loads((files("collab") / "deploy" / "grafana.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    gig = await make_gig(measured)
    async with member(measured, "ada") as ada, measured.rest("ada") as rest:
        await ada.ok("join_room", gig.room)
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await rest.get(f"/api/contents/{gig.setlist_id}")
        measured_names = {name.partition(" ")[0] for name in await _scrape(measured)}
    # These show only once there was one.
    measured_names |= {"collab_rate_limited_total", "collab_pruned_rows_total"}
    if not database_url.startswith("sqlite"):
        assert not OF_SQLITE & measured_names
        measured_names |= OF_SQLITE

    named = {name for expression in expressions for name in re.findall(r"\b(?:collab|process)_\w+", expression)}
    assert len(named) > 15
    assert named <= measured_names


async def test_every_metric_of_ours_is_on_the_dashboard(measured: RunningEngine) -> None:
    text: Any = (files("collab") / "deploy" / "grafana.json").read_text()
    ours = {name.partition(" ")[0] for name in await _scrape(measured) if name.startswith("collab_")}
    left_out = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in ours}
    assert {name for name in left_out if name not in text} <= {"collab_build_info"}
