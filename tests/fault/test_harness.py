"""The harness notices what it looks for."""

import pytest
from sqlalchemy import create_engine, text

from collab.storage.engine import sync_url
from tests.fault.harness import under_load
from tests.support.serving import serving, settings_for

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("harm", "losses"),
    [
        ("DELETE FROM edits WHERE version = 40", ["gap", "is not there"]),
        ("UPDATE edits SET edit_id = 'unknown' WHERE version = 40", ["is not there", "nobody has made"]),
    ],
)
async def test_harm_to_the_history_is_a_loss(database_url: str, harm: str, losses: list[str]) -> None:
    async with serving(settings_for(database_url)) as server, under_load([server], players=2, contents=1) as load:
        await load.held(50)
        await load.stop()
        assert not (await load.look("nothing")).losses
        engine = create_engine(sync_url(database_url))
        with engine.begin() as connection:
            connection.execute(text(harm))
        engine.dispose()
        report = await load.look("harm")

    assert all(any(word in loss for loss in report.losses) for word in losses)


async def test_a_session_of_nobody_is_a_ghost(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.waiting.TIMEOUT_S", 0.5)
    async with serving(settings_for(database_url)) as server, under_load([server], players=2, contents=1) as load:
        await load.held(50)
        await load.stop()
        load.players.pop()
        report = await load.look("a ghost")

    assert any("1 ghosts" in loss for loss in report.losses)
