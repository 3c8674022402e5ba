"""`collab` in a copy of a process that has imported the engine, which takes longer than all else at its start.

The copy is a process of its own in every other way: it has its arguments, environment, output and end for itself. It
is made by multiprocessing's fork server, of which each process with tests has one.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

# All that a server needs: the fork server imports this module, and with it these.
from collab import app, engine, serving  # noqa: F401
from collab.cli import main
from collab.storage import migrate  # noqa: F401

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


class Forked:
    """`collab` with these arguments and this environment alone; its log may go to a file. As far as it goes, used like
    an `asyncio.subprocess.Process`."""

    def __init__(self, arguments: Sequence[str], variables: dict[str, str], log_to: Path | None = None) -> None:
        self._output, output = _context.Pipe(duplex=False)
        self._process = _context.Process(
            target=_run, args=(arguments, variables, Path.cwd(), output, log_to), daemon=True
        )
        with output:
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the signal that killed it; `None` while it runs."""
        return self._process.exitcode

    async def output(self) -> asyncio.StreamReader:
        """What it prints; to be called once."""
        reader = asyncio.StreamReader()
        with self._output:
            pipe = os.fdopen(os.dup(self._output.fileno()), "rb")
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        return reader

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        assert self.returncode is not None
        return self.returncode


def _run(
    arguments: Sequence[str], variables: dict[str, str], folder: Path, output: Connection, log_to: Path | None
) -> None:
    """What the copy does."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    os.dup2(output.fileno(), 1)
    output.close()
    if log_to is not None:
        log = os.open(log_to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 2)
        os.close(log)
    sys.argv = ["collab", *arguments]
    main()
