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

from tests.support.forked import Forked
from tests.support.serving import SECRET, Running, settings_for

START_TIMEOUT_S = 100.0


@dataclass
class Process:
    """A process that has said where it serves, and whose further output is read and forgotten."""

    running: asyncio.subprocess.Process | Forked
    output: asyncio.Task[bytes]

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        await self.output
        return await self.running.wait()


@dataclass
class Served(Running):
    """A server in its own process."""

    _process: Process
    _command: "_Command"

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
        self._process, _ = await self._command.start(port)

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
    database_url: str,
    port: int = 0,
    options: Sequence[str] = (),
    log_to: Path | None = None,
    *,
    is_fresh: bool = False,
    **settings: object,
) -> AsyncIterator[Served]:
    """`collab serve` on an ephemeral port, or on a given one, until the block ends; its log may go to a file.

    With `is_fresh` in an interpreter of its own, which shares no memory with others: for what is measured, and for
    what starts processes itself."""
    command = _Command(environment(database_url, **settings), options, log_to, is_fresh)
    process, url = await command.start(str(port))
    server = Served(url, Running.at(url, settings_for(database_url)).tokens, process, command)
    try:
        yield server
    finally:
        await server.close()


@dataclass(frozen=True)
class _Command:
    """A `collab serve` that can be started."""

    variables: dict[str, str]
    options: Sequence[str]
    log_to: Path | None
    is_fresh: bool

    async def start(self, port: str) -> tuple[Process, str]:
        """The process, once it says where it serves."""
        arguments = ["serve", *self.options, "--port", port]
        process, output = await (self._fresh if self.is_fresh else self._forked)(arguments)
        said: list[str] = []
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                async for line in output:
                    said.append(line.decode())
                    if found := re.search(r"collab serves at (http://\S+)", said[-1]):
                        return Process(process, asyncio.create_task(output.read())), found[1]
        except TimeoutError:
            process.kill()
        await process.wait()
        raise RuntimeError(f"expected the server to say where it serves, got {said}")

    async def _forked(self, arguments: Sequence[str]) -> tuple[Forked, asyncio.StreamReader]:
        process = Forked(arguments, self.variables, self.log_to)
        return process, await process.output()

    async def _fresh(self, arguments: Sequence[str]) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
        with ExitStack() as files:
            log = None if self.log_to is None else files.enter_context(self.log_to.open("wb"))
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "collab",
                *arguments,
                env=self.variables,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout is not None
        return process, process.stdout
