"""`/healthz` and `/readyz` fail when they should, and only then. A database that goes away is in tests/fault."""

import asyncio
import threading
from pathlib import Path

import pytest

from collab.domain.errors import Unavailable
from collab.services.health import Health
from collab.storage.migrate import migrate, revisions
from tests.conftest import Gig
from tests.support.members import member, set_
from tests.support.serving import Running, RunningEngine, serving, settings_for, sqlite_url

pytestmark = pytest.mark.asyncio


async def test_a_node_that_serves_is_alive_and_ready(server: Running) -> None:
    async with server.rest(None) as probe:
        assert (await probe.get("/healthz")).json() == {"status": "ok"}
        ready = {"status": "ok", "checks": {"database": "ok", "schema": "ok", "writing": "ok", "journal": "ok"}}
        assert (await probe.get("/readyz")).json() == ready


async def test_a_node_whose_commits_do_not_end_is_to_be_restarted(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.storage.journal.STUCK_AFTER_S", 0.0)
    release = threading.Event()
    async with member(server, "ada") as ada, server.rest(None) as probe:
        holding = server.engine._writer.run(lambda _: release.wait())  # noqa: SLF001  # its one thread
        sent = asyncio.create_task(ada.edit(gig.setlist_id, 0, set_("iko", "key", "G")))
        while (stuck := await probe.get("/healthz")).status_code == 200:
            pass
        release.set()
        answer = await sent
        await holding
        alive = await probe.get("/healthz")

    assert stuck.status_code == 503
    assert stuck.json()["error"]["message"] == "the journal stands still or is gone: restart this node"
    assert answer["ok"]
    assert alive.status_code == 200


async def test_a_schema_that_is_behind_is_not_ready(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "old.db")
    migrate(url, revisions()[1])
    async with serving(settings_for(url)) as server, server.rest(None) as probe:
        behind = await probe.get("/readyz")
        alive = await probe.get("/healthz")
        await asyncio.to_thread(migrate, url)
        ready = await probe.get("/readyz")

    found = behind.json()["error"]["details"]
    assert behind.status_code == 503
    assert found["database"] == "ok"
    assert found["schema"] == f"the schema is at {revisions()[1]}, behind {revisions()[0]}: run `collab migrate`"
    assert (alive.status_code, ready.status_code) == (200, 200)


async def test_a_node_that_shuts_down_is_not_ready_but_alive(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ada") as ada, server.rest(None) as probe:
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await server.engine.say_goodbye(0.1)
        ready, alive = await probe.get("/readyz"), await probe.get("/healthz")

    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "unavailable")
    assert "shutting down" in ready.json()["error"]["message"]
    assert alive.status_code == 200


async def _well() -> None: ...


async def _away() -> None:
    raise Unavailable("the bus does not answer")


async def test_what_is_only_wanted_may_be_away() -> None:
    health = Health({"database": _well}, {"bus": _away}, {})
    report = await health.require_ready()
    assert (report.is_degraded, report.checks) == (True, {"database": "ok", "bus": "the bus does not answer"})
    assert not (await Health({"database": _well}, {"bus": _well}, {}).require_ready()).is_degraded


async def test_what_is_needed_may_not_and_all_that_was_found_is_told() -> None:
    health = Health({"database": _away, "schema": _well}, {"bus": _away}, {})
    with pytest.raises(Unavailable, match="not ready: database: the bus does not answer") as raised:
        await health.require_ready()
    assert raised.value.details == {
        "database": "the bus does not answer",
        "schema": "ok",
        "bus": raised.value.details["bus"],
    }


async def test_a_check_that_hangs_is_not_waited_for() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Unavailable, match=r"database: no answer within 0\.01 s"):
        await Health({"database": hang}, {}, {}, timeout_s=0.01).require_ready()
