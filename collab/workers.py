"""Several nodes on one machine and one port: a process each, and this one that looks after them.

uvicorn's own supervisor starts uvicorn's own server, which closes the connections without a goodbye; hence this one.
"""

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import structlog

from collab.app import attach, own_app
from collab.domain.errors import Unavailable
from collab.engine import Engine
from collab.logs import configure_logging
from collab.serving import bound_to, serve_until_stopped
from collab.settings import Settings

log = structlog.get_logger(__name__)

STOP_WITHIN_S = 9.0
"""How long the workers may take to say goodbye; then they are killed."""

RESTART_AFTER_S = 1.0
"""So that one which dies again and again does not keep the machine busy."""

# Not forked: a fork copies the threads' locks and not the threads.
_processes = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    started: Connection


def serve_with_workers(
    settings: Settings, workers: int, host: str, port: int, on_started: Callable[[str], None]
) -> None:
    """Serves with so many nodes until SIGINT or SIGTERM; one that dies is replaced. The schema must be up to date.

    `ValueError` where the nodes could not hear of each other, `Unavailable` where one does not start or get the port.
    """
    if settings.bus_url is None:
        raise ValueError(
            f"{workers} workers are {workers} nodes, which tell each other what happens: set COLLAB_BUS_URL "
            "to a Redis or Valkey (redis://...), or serve with one worker"
        )
    with bound_to(host, port) as listener:
        _Supervisor(settings, listener, workers).run(on_started)


class _Supervisor:
    def __init__(self, settings: Settings, listener: socket.socket, workers: int) -> None:
        self._settings = settings
        self._listener = listener
        self._workers = [self._start() for _ in range(workers)]

    def run(self, on_started: Callable[[str], None]) -> None:
        stop = _told_to_stop()
        try:
            if all(_has_started(worker, stop) for worker in self._workers):
                host, port = self._listener.getsockname()[:2]
                on_started(f"http://{host}:{port}")
            while not stop.poll():
                wait([stop, *(worker.process.sentinel for worker in self._workers)])
                self._replace_dead(stop)
        finally:
            self._stop()

    def _start(self) -> _Worker:
        started, tell = _processes.Pipe(duplex=False)
        arguments = (self._settings, self._listener, tell)
        process = _processes.Process(target=_serve, args=arguments, name="collab-worker", daemon=True)
        process.start()
        tell.close()
        return _Worker(process, started)

    def _replace_dead(self, stop: Connection) -> None:
        for place, worker in enumerate(self._workers):
            if not worker.process.is_alive() and not stop.poll(RESTART_AFTER_S):
                log.error("a worker has died; another takes its place", exit_code=worker.process.exitcode)
                self._workers[place] = self._start()

    def _stop(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.process.kill()


def _told_to_stop() -> Connection:
    """Has something to read once this process got SIGINT or SIGTERM."""
    stop, tell = _processes.Pipe(duplex=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: tell.send_bytes(b"stop"))
    return stop


def _has_started(worker: _Worker, stop: Connection) -> bool:
    """Waits until a worker serves; False where the wait is to end before. `Unavailable` where the worker has ended."""
    ready = wait([worker.started, worker.process.sentinel, stop])
    if stop in ready:
        return False
    if worker.started not in ready:
        raise Unavailable("a worker ended before it served; what it said stands above")
    return True


def _serve(settings: Settings, listener: socket.socket, started: Connection) -> None:
    """The life of a worker: a whole node."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    configure_logging(settings.log_level, settings.log_format)
    engine = Engine(settings)
    with suppress(KeyboardInterrupt):
        serve_until_stopped(engine, attach(engine, own_app(settings)), listener, started.send)


def _end_with_parent() -> None:
    """Nobody would look after a worker whose parent was killed, or ever end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN_S)
        os._exit(1)
