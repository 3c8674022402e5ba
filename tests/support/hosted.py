"""A server in a thread with an event loop of its own, for tests that are not asynchronous."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from collab.settings import Settings
from tests.support.serving import Running, RunningEngine, serving

ResultT = TypeVar("ResultT")


@dataclass
class Hosted(Running):
    """A server in another thread. `run` carries something out there."""

    running: RunningEngine
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


@contextmanager
def hosted(settings: Settings) -> Iterator[Hosted]:
    """Serves until the block ends."""
    started, stop = threading.Event(), asyncio.Event()
    made: list[Hosted] = []

    async def serve() -> None:
        async with serving(settings) as running:
            made.append(Hosted(running.url, running.tokens, running, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        if not started.wait(20):
            raise TimeoutError("the server did not start")
        yield made[0]
    finally:
        if made:
            made[0].loop.call_soon_threadsafe(stop.set)
        thread.join()
