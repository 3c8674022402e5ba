"""Reading strangers' files apart from the node, one at a time: whatever a file does, the node goes on.

A file is read by a process that is started for it, and killed when its time is up or the node ends: then the thread
that waits for its answer comes back. A thread that reads could not be ended, and a process that stays would keep the
memory of its largest file; to start one takes a tenth of a second.
"""

import asyncio
import math
import os
import pickle
import signal
import subprocess
import sys

import structlog

from collab.domain.errors import TooLarge, Unavailable
from collab.domain.kinds import FieldTypes
from collab.domain.songs.found import Songs
from collab.parsing.child import Request
from collab.services.songs.unpacking import ImportLimits

log = structlog.get_logger(__name__)

_COMMAND = (sys.executable, "-P", "-c", "from collab.parsing.child import main; main()")

_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python needs to begin. Of a server's environment nothing else is a file's business: secrets are there."""

_MEMORY_BYTES = 500_000_000
_MEMORY_FACTOR = 10
"""What a file may take in memory: so much, and so many times what may be unpacked."""

_TOLD_TO_END = (-signal.SIGTERM, -signal.SIGINT)


class Parser:
    """Implements `services.ports.SongParser`."""

    def __init__(self, limits: ImportLimits, timeout_s: float) -> None:
        self.limits = limits
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    async def parse(self, name: str, data: bytes, types: FieldTypes) -> Songs:
        async with self._turn:
            if self._is_closed:
                raise _closed()
            return await self._parse(Request(name, data, types, self.limits, self._max_cpu_s, self._max_memory_bytes))

    def close(self) -> None:
        """Ends what is being read, and reads nothing more."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()

    async def _parse(self, request: Request) -> Songs:
        process = self._process = _started()
        try:
            async with asyncio.timeout(self._timeout_s):
                said, _ = await asyncio.to_thread(process.communicate, pickle.dumps(request))
        except TimeoutError:
            raise TooLarge(f"expected a file that is read within {self._timeout_s:g} s: send it in parts") from None
        finally:
            self._process = None
            process.kill()
        if process.returncode == 0:
            return _songs(pickle.loads(said))  # noqa: S301  # from our own process
        if self._is_closed or process.returncode in _TOLD_TO_END:
            raise _closed()
        log.warning("reading a file failed", exit_code=process.returncode)
        if process.returncode < 0:
            # Out of memory in a place that can't say so, or out of processor time.
            raise TooLarge("expected a file that is read in little time and memory: send it in parts")
        raise Unavailable("the file could not be read; try again")

    @property
    def _max_cpu_s(self) -> int:
        return math.ceil(self._timeout_s) + 1

    @property
    def _max_memory_bytes(self) -> int:
        return _MEMORY_BYTES + _MEMORY_FACTOR * self.limits.max_unpacked_bytes


def _started() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path or str(os.getcwd()) for path in sys.path)  # noqa: PTH109
    return subprocess.Popen(  # noqa: S603  # this interpreter, and nothing of the file
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        # What a terminal sends to the server is not for this.
        start_new_session=True,
    )


def _songs(answer: Songs | str) -> Songs:
    if isinstance(answer, str):
        raise TooLarge(answer)
    return answer


def _closed() -> Unavailable:
    return Unavailable("the server is about to restart; send the file again")
