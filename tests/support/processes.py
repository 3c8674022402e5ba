"""`collab serve` in a process of its own, to be killed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.serving import SECRET, Running, settings_for

START_TIMEOUT_S = 30.0


@dataclass
class Served(Running):
    """A server in its own process."""

    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self.process.kill()
        await self.process.communicate()

    async def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        await self.process.communicate()
        return await self.process.wait()


def environment(database_url: str, **settings: object) -> dict[str, str]:
    """The environment of a `collab` process: this one's, with settings and nothing else of collab's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")}
    given = {f"COLLAB_{name.upper()}": str(value) for name, value in settings.items()}
    return {**own, "COLLAB_DATABASE_URL": database_url, "COLLAB_JWT_SECRET": SECRET, **given}


@asynccontextmanager
async def served(
    database_url: str, port: int = 0, log_to: Path | None = None, **settings: object
) -> AsyncIterator[Served]:
    """`collab serve` on an ephemeral port, or on a given one, until the block ends; its log may go to a file."""
    with ExitStack() as files:
        log = None if log_to is None else files.enter_context(log_to.open("wb"))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "collab",
            "serve",
            "--port",
            str(port),
            env=environment(database_url, **settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)).decode()
        found = re.search(r"http://\S+", line)
        assert found, f"expected the server to say where it serves, got {line!r}"
        tokens = Running.at(found[0], settings_for(database_url)).tokens
        yield Served(found[0], tokens, process)
    finally:
        if process.returncode is None:
            process.kill()
            # Reads to the end, so that the pipe is closed too.
            await process.communicate()
