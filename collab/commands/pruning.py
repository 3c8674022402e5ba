"""`collab prune`: deletes what was kept for long enough, beside a server that runs, and says how much that was."""

from datetime import datetime

from collab.clock import SystemClock
from collab.commands.terminal import say
from collab.services.pruning import Keeping, prune
from collab.storage.engine import reading_engine
from collab.storage.opening import opened
from collab.storage.pruning import StoredPruning
from collab.storage.writer import Writer


async def prune_database(url: str, keeping: Keeping, now: datetime, *, is_dry_run: bool) -> None:
    """With `is_dry_run` it only says how much it would be. `Unavailable` where the database does not answer."""
    with opened(url):
        engine, writer = reading_engine(url), Writer(url)
        store, over = StoredPruning(engine, writer), keeping.cutoffs(now)
        try:
            pruned = await (store.prunable(over) if is_dry_run else prune(store, over, SystemClock()))
        finally:
            await writer.close()
            await engine.dispose()
    word = "would be deleted; nothing was changed" if is_dry_run else "deleted; the database uses the space again"
    say(f"{pruned.stays} stays, {pruned.nodes} nodes and {pruned.jobs} imports {word}")
