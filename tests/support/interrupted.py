"""A `collab` command that is interrupted in its middle: a real SIGINT, sent when it has come so far."""

import asyncio
import sys

from tests.support.commands import TIMEOUT_S
from tests.support.processes import environment

_INTERRUPTED = """
import os, signal
from contextlib import contextmanager
from collab.commands import progress

shown = progress.shown

@contextmanager
def stopping(what):
    with shown(what) as on_progress:
        def until_middle(done, total):
            on_progress(done, total)
            if 0 < done < total:
                os.kill(os.getpid(), signal.SIGINT)
        yield until_middle

progress.shown = stopping
from collab.cli import main
main()
"""


async def interrupted(database_url: str, *arguments: str, **settings: object) -> tuple[int, str, str]:
    """The exit code and the two outputs of a command that was interrupted as soon as it was on its way."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _INTERRUPTED,
        *arguments,
        env=environment(database_url, **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
