"""`collab serve` in a process of its own, to be killed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.serving import SECRET, Running, settings_for

START_TIMEOUT_S = 50.0


@dataclass
class Process:
    """A process that has said where it serves, and whose further output is read and forgotten."""

    running: asyncio.subprocess.Process
    output: asyncio.Task[bytes]

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        await self.output
        return await self.running.wait()


@dataclass
class Served(Running):
    """A server in its own process."""

    _process: Process
    _options: Sequence[str]
    _variables: dict[str, str]

    @property
    def pid(self) -> int:
        return self._process.running.pid

    async def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self._process.running.kill()
        await self._process.ended()

    async def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self._process.running.send_signal(signal.SIGTERM)
        return await self._process.ended()

    async def start_again(self) -> None:
        """On its old port, after its end."""
        port = self.url.rsplit(":", 1)[1]
        self._process, _ = await _start(self._variables, [*self._options, "--port", port])

    async def close(self) -> None:
        """Nothing runs afterwards."""
        if self._process.running.returncode is None:
            await self.kill()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """The process gets no time until the block ends, as on a machine that is suspended."""
        self._process.running.send_signal(signal.SIGSTOP)
        yield
        self._process.running.send_signal(signal.SIGCONT)


def environment(database_url: str, **settings: object) -> dict[str, str]:
    """The environment of a `collab` process: this one's, with settings and nothing else of collab's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")}
    given = {f"COLLAB_{name.upper()}": str(value) for name, value in settings.items()}
    return {**own, "COLLAB_DATABASE_URL": database_url, "COLLAB_JWT_SECRET": SECRET, **given}


@asynccontextmanager
async def served(
    database_url: str, port: int = 0, options: Sequence[str] = (), log_to: Path | None = None, **settings: object
) -> AsyncIterator[Served]:
    """`collab serve` on an ephemeral port, or on a given one, until the block ends; its log may go to a file."""
    variables = environment(database_url, **settings)
    with ExitStack() as files:
        log = None if log_to is None else files.enter_context(log_to.open("wb"))
        process, url = await _start(variables, [*options, "--port", str(port)], log)
        server = Served(url, Running.at(url, settings_for(database_url)).tokens, process, options, variables)
        try:
            yield server
        finally:
            await server.close()


async def _start(
    variables: dict[str, str], options: Sequence[str], log: IO[bytes] | None = None
) -> tuple[Process, str]:
    """The process, once it says where it serves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "collab", "serve", *options, env=variables, stdout=asyncio.subprocess.PIPE, stderr=log
    )
    output = process.stdout
    assert output is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            async for line in output:
                said.append(line.decode())
                if found := re.search(r"collab serves at (http://\S+)", said[-1]):
                    return Process(process, asyncio.create_task(output.read())), found[1]
    except TimeoutError:
        process.kill()
        await process.communicate()
    raise RuntimeError(f"expected the server to say where it serves, got {said}")
