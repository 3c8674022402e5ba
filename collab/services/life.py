"""An engine's life: when it runs, and who has begun that.

A lifespan begins it (`running`), where the application is served with one. Where none is run, since the application is
mounted within another or the server knows of none, the first use does (`ready`): a task of the event loop then keeps it
until the loop ends, which cancels all tasks. What was begun by first use goes on after a lifespan that comes later.

It runs in one event loop. A use in another one is refused: nothing of it would ever be answered.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import structlog

from collab.domain.errors import Unavailable

log = structlog.get_logger(__name__)


class Life:
    """`begin` makes what runs the engine for as long as it is entered."""

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._begin = begin
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_over = False
        self._keeper: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While this is entered the engine serves; the schema must be up to date."""
        if self._keeper is not None:
            yield
            return
        async with self._begin():
            self._loop = asyncio.get_running_loop()
            try:
                yield
            finally:
                self._loop, self._is_over = None, True

    async def ready(self) -> None:
        """Returns once the engine runs, which it begins where nothing has. `Unavailable` where it can't, for good."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        if self._loop is not None:
            raise Unavailable(
                "the engine runs in another event loop: let one lifespan run it, such as `with TestClient(app):`"
            )
        if self._is_over:
            raise Unavailable("the engine has ended, with the lifespan of its application")
        if self._started is None:
            self._started = loop.create_future()
            self._keeper = asyncio.create_task(self._keep(self._started), name="collab-engine")
        await asyncio.shield(self._started)

    async def _keep(self, started: "asyncio.Future[None]") -> None:
        """Runs it until this task is cancelled."""
        log.info("the engine starts with its first use: no lifespan of its application was run")
        try:
            async with self._begin():
                self._loop = asyncio.get_running_loop()
                started.set_result(None)
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                self._loop, self._is_over = None, True
        except Exception:
            if started.done():
                raise
            # Some of its parts have ended with the try, and don't begin again: `/healthz` says so from now on.
            log.exception("the engine could not start")
            started.set_exception(Unavailable("the engine could not start, as its log says: start the process anew"))
