"""The command line, as a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TIMEOUT_S = 30.0


@asynccontextmanager
async def collab(database_url: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`collab ...` on a database, running; killed at the end if it still does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from collab.cli import main; main()",
        *arguments,
        env={**os.environ, "COLLAB_DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def line_of(process: asyncio.subprocess.Process) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), TIMEOUT_S)).decode().rstrip("\n")


async def run(database_url: str, *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of a command that ends by itself."""
    async with collab(database_url, *arguments) as process:
        out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()
