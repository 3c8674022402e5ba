"""A band at work, with the Python SDK: `python -m tests.load [MEMBERS] [SECONDS]`.

Each member sets a field, waits until it is stored, and goes on. Prints how long storing took, and whether all ended
with the server's document. `tests.bench` measures the server with leaner clients; this one what a client feels.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from collab.client import CollabClient
from collab.client.content import Content
from collab.domain.access import Role
from collab.domain.bands import User
from collab.storage.migrate import migrate
from tests.conftest import Gig, make_gig
from tests.support.serving import RunningEngine, serving, settings_for, sqlite_url


async def _play(content: Content, until: float, saved_s: list[float]) -> None:
    tempo = 20
    while (began := time.perf_counter()) < until:
        tempo = 20 + (tempo + 1) % 380
        content.set("iko", "tempo", tempo)
        await content.saved()
        saved_s.append(time.perf_counter() - began)


async def _load(server: RunningEngine, gig: Gig, members: int, seconds: float) -> None:
    saved_s: list[float] = []
    async with AsyncExitStack() as stage:
        contents = []
        for number in range(members):
            user_id = f"player-{number}"
            await server.engine.membership.put_member(User("ada", "Ada"), gig.band_id, user_id, Role.EDITOR, None)
            me = await stage.enter_async_context(CollabClient(server.url, server.token(user_id)))
            contents.append(await me.open(gig.setlist_id))
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_play(content, until, saved_s) for content in contents))
        head = await server.engine.history.document(User("ada", "Ada"), gig.setlist_id)
        async with asyncio.timeout(10):
            while any(content.version < head.version for content in contents):  # noqa: ASYNC110  # of eight views at once
                await asyncio.sleep(0)
        are_alike = all(content.document.to_json() == head.to_json() for content in contents)
    cuts = [cut * 1_000 for cut in statistics.quantiles(saved_s, n=100)]
    print(f"{members} members, {len(saved_s)} edits in {seconds:g} s, one field, version {head.version} at the end")
    print(f"stored after p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms; all alike: {are_alike}")


async def main(members: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "collab.db")
        migrate(url)
        async with serving(settings_for(url, rate_limits=False)) as server:
            await _load(server, await make_gig(server), members, seconds)


if __name__ == "__main__":
    arguments = [float(argument) for argument in sys.argv[1:]]
    asyncio.run(main(int(arguments[0]) if arguments else 8, arguments[1] if len(arguments) > 1 else 5.0))
