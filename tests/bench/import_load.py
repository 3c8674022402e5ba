"""Prints what an import costs while three members edit: `python -m tests.bench.import_load [SONGS]`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from collab.storage.migrate import migrate
from tests.conftest import make_gig
from tests.support.import_load import import_while_editing
from tests.support.serving import serving, settings_for, sqlite_url


async def main(songs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "collab.db")
        migrate(url)
        async with serving(settings_for(url)) as server:
            made = await import_while_editing(server, await make_gig(server), songs)
    print(f"{songs} songs in {made.seconds:.2f} s, {made.cpu_s:.1f} s of CPU with the members' own work;", end=" ")
    print(f"{made.edits} edits in all, {made.messages} messages to 3 members")
    print(f"slowest answer to a member's edit: {made.slowest_ack_s * 1_000:.0f} ms; lost: {made.lost or 'nothing'}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
