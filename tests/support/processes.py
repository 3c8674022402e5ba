"""`collab serve` in a process of its own, to be killed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.serving import SECRET, Running, settings_for

START_TIMEOUT_S = 30.0


@dataclass
class Served(Running):
    """A server in its own process."""

    process: asyncio.subprocess.Process
    options: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)

    async def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self.process.kill()
        await self.process.communicate()

    async def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        await self.process.communicate()
        return await self.process.wait()

    async def start_again(self) -> None:
        """On its old port, after its end."""
        port = self.url.rsplit(":", 1)[1]
        self.process, _ = await _start(self.environment, [*self.options, "--port", port])

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """The process gets no time until the block ends, as on a machine that is suspended."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)


def environment(database_url: str, **settings: object) -> dict[str, str]:
    """The environment of a `collab` process: this one's, with settings and nothing else of collab's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")}
    given = {f"COLLAB_{name.upper()}": str(value) for name, value in settings.items()}
    return {**own, "COLLAB_DATABASE_URL": database_url, "COLLAB_JWT_SECRET": SECRET, **given}


@asynccontextmanager
async def served(
    database_url: str, port: int = 0, options: Sequence[str] = (), **settings: object
) -> AsyncIterator[Served]:
    """`collab serve` on an ephemeral port, or on a given one, until the block ends."""
    variables = environment(database_url, **settings)
    process, url = await _start(variables, [*options, "--port", str(port)])
    server = Served(url, Running.at(url, settings_for(database_url)).tokens, process, options, variables)
    try:
        yield server
    finally:
        if server.process.returncode is None:
            # Reads to the end, so that the pipe is closed too.
            await server.kill()


async def _start(variables: dict[str, str], options: Sequence[str]) -> tuple[asyncio.subprocess.Process, str]:
    """The process, once it says where it serves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "collab", "serve", *options, env=variables, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)).decode()
    found = re.search(r"http://\S+", line)
    assert found, f"expected the server to say where it serves, got {line!r}"
    return process, found[0]
