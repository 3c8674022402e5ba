"""An engine's life in one process."""

import asyncio
import threading

import pytest

from collab.engine import Engine
from tests.support.serving import settings_for

pytestmark = pytest.mark.asyncio


async def test_a_part_that_fails_to_end_keeps_no_other_from_ending(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    engine = Engine(settings_for(database_url))

    async def fail() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the imports do not end")

    monkeypatch.setattr(engine.imports, "close", fail)
    with pytest.raises(RuntimeError, match="do not end"):
        async with engine.running():
            pass
    left = {thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()}
    assert "collab-writer" not in left
