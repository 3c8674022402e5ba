"""`collab forget`: somebody's name and id go out of the database, beside servers that run."""

from collections.abc import Callable
from datetime import datetime, timedelta

from collab.clock import SystemClock
from collab.commands.progress import shown
from collab.commands.terminal import say
from collab.domain.leaving import GONE_NAME, pseudonym_of
from collab.protocol.ids import new_id
from collab.services.leaving import LEASE, carry_out
from collab.storage.engine import reading_engine
from collab.storage.leaving import StoredLeaving
from collab.storage.opening import opened
from collab.storage.presence import StoredPresence
from collab.storage.writer import Writer


async def forget_user(
    url: str, user_id: str, may_go: Callable[[str], bool], now: datetime, node_lease: timedelta
) -> bool:
    """Forgets somebody, and returns whether it did; `may_go` is asked first, with who it is.

    `NotFound` where there is no such user, `Conflicting` where a band would lose its last owner, `Unavailable` where
    the database does not answer. What is left where it is interrupted, a server does, or the same command once more.
    """
    with opened(url):
        engine, writer = reading_engine(url), Writer(url)
        store = StoredLeaving(engine, writer)
        try:
            name = await store.name_of(user_id)
            if not may_go(
                f"{name} ({user_id}) will be forgotten for good. What they wrote stays, as that of {GONE_NAME!r}."
            ):
                say("Nothing was changed (`--yes` goes on unasked).")
                return False
            pseudonym_id, lease_until = pseudonym_of(new_id()), now + LEASE
            leaving = (await store.begin(user_id, pseudonym_id, now, lease_until, needs_owners=True)).departure
            # A node that lives has ended their sessions within its lease.
            are_nodes_there = bool(await StoredPresence(engine, writer).living(now))
            not_before = leaving.began_at + (node_lease if are_nodes_there else timedelta())
            with shown("Forgetting") as on_progress:
                rows = await carry_out(store, leaving, SystemClock(), not_before, lambda done: on_progress(done, 0))
        finally:
            await writer.close()
            await engine.dispose()
    say(f"forgotten: {rows} rows named them. Backups and dumps made before do still")
    return True
