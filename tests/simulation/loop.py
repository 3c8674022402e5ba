"""An event loop for several processes in one: time that only passes while nobody has anything to do, and one seed that
decides who comes next.

A *process* (a node, a client) is known by a context variable, which tasks and callbacks hand on. Within a process
callbacks run in the order in which they became ready, as asyncio promises and the product relies on; between processes
the seed decides. A process that is *paused* keeps what becomes ready for later, and one that is *dead* never runs
again: both strike between any two callbacks, which is at any await, since a process can be given a number of steps that
it still makes.
"""

# What a handle and a task are about is in no public name of asyncio, for loops of others' own either.
# ruff: noqa: SLF001

import asyncio
import heapq
import random
import zlib
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")

CURRENT: ContextVar["Process"] = ContextVar("process")


class Stuck(Exception):
    """Nothing is left to run, or not all is done in time."""


class Process:
    """What lives, stands still and dies as one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = self.is_paused = False
        self.ready: deque[events.Handle] = deque()
        self.is_listed = False
        self.tasks: list[asyncio.Task[Any]] = []
        """All that it ever began: a dead process's are not to end by being collected."""
        self.steps_left: int | None = None
        self.on_last_step: Callable[[], None] = lambda: None
        self.context = Context()
        self.context.run(CURRENT.set, self)

    def after_steps(self, steps: int, callback: Callable[[], None]) -> None:
        """Calls back when the process has made so many more steps."""
        self.steps_left, self.on_last_step = steps, callback

    @property
    def running(self) -> list[str]:
        """The tasks that have not ended, by what they do."""
        return [_coroutine_of(task) for task in self.tasks if not task.done()]


class SimulatedLoop:
    """Has of `asyncio.AbstractEventLoop` what is called without sockets, threads and signals.

    `trace` hears of each step; `checksum` is over all of them."""

    def __init__(self, order: random.Random, trace: Callable[[str], None] | None = None) -> None:
        self.world = Process("world")
        self.steps = 0
        self.failures: list[str] = []
        """What nobody caught."""
        self.checksum = 0
        self._itself = cast(asyncio.AbstractEventLoop, self)
        self._order = order
        self._trace = trace
        self._now = 0.0
        self._due: list[tuple[float, int, events.TimerHandle]] = []
        self._count = 0
        self._ready: list[Process] = []
        self._is_stopping = False

    def time(self) -> float:
        return self._now

    def spawn(self, process: Process, work: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        return self.create_task(work, name=name, context=process.context)

    def kill(self, process: Process) -> None:
        """As by `kill -9`: nothing of it runs any more."""
        process.is_dead = True
        process.ready.clear()

    def pause(self, process: Process) -> None:
        process.is_paused = True

    def resume(self, process: Process) -> None:
        process.is_paused = False
        self._list(process)

    def timers(self, process: Process) -> list[str]:
        """What is due in a process and was not cancelled."""
        return [
            name_of(handle)
            for _, _, handle in self._due
            if not handle.cancelled() and _process_of(handle, self.world) is process
        ]

    def run_to_end(self, work: Coroutine[Any, Any, T], until_s: float) -> T:
        """Runs until the work is done; `Stuck` where that can't be, or takes too long."""
        task = self.spawn(self.world, work)
        task.add_done_callback(lambda _: self.stop())
        events._set_running_loop(self._itself)
        try:
            while not self._is_stopping:
                if self._ready:
                    self._step()
                else:
                    self._move_on(until_s)
        finally:
            events._set_running_loop(None)
        return task.result()

    def stop(self) -> None:
        self._is_stopping = True

    def _step(self) -> None:
        ready = self._ready
        index = int(self._order.random() * len(ready)) if len(ready) > 1 else 0
        process = ready[index]
        if process.is_dead or process.is_paused or not process.ready:
            ready[index] = ready[-1]
            ready.pop()
            process.is_listed = False
            return
        handle = process.ready.popleft()
        if handle.cancelled():
            return
        self.steps += 1
        self._note(process, handle)
        handle._run()
        if process.steps_left is not None:
            process.steps_left -= 1
            if process.steps_left <= 0:
                process.steps_left = None
                process.on_last_step()

    def _move_on(self, until_s: float) -> None:
        """Lets time pass until something is due."""
        while self._due and self._due[0][2].cancelled():
            heapq.heappop(self._due)
        if not self._due:
            raise Stuck("nothing is left to run")
        when = self._due[0][0]
        if when > until_s:
            raise Stuck(f"not all is done after {until_s:g} s")
        self._now = max(self._now, when)
        while self._due and self._due[0][0] <= when:
            handle = heapq.heappop(self._due)[2]
            if not handle.cancelled():
                self._make_ready(handle)

    def _make_ready(self, handle: events.Handle) -> None:
        process = _process_of(handle, self.world)
        if not process.is_dead:
            process.ready.append(handle)
            self._list(process)

    def _list(self, process: Process) -> None:
        if process.ready and not process.is_listed and not process.is_paused:
            process.is_listed = True
            self._ready.append(process)

    def _note(self, process: Process, handle: events.Handle) -> None:
        if self._trace is not None:
            line = f"{self._now:.6f} {process.name} {name_of(handle)}"
            self.checksum = zlib.crc32(line.encode(), self.checksum)
            self._trace(line)

    # What asyncio asks of a loop.

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> events.Handle:
        handle = events.Handle(callback, args, self._itself, context)
        self._make_ready(handle)
        return handle

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Context | None = None) -> events.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> events.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> events.TimerHandle:
        handle = events.TimerHandle(when, callback, args, self._itself, context)
        self._count += 1
        heapq.heappush(self._due, (when, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self._itself)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None, **_: Any
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self._itself, name=name, context=context)
        process = CURRENT.get(self.world) if context is None else context.get(CURRENT, self.world)
        process.tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """In place, and answered a moment later."""
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:  # noqa: BLE001  # handed over
                future.set_exception(error)

        self.call_later(0.001, work)
        return future

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.failures.append(f"{context['message']}: {error!r}")

    async def shutdown_asyncgens(self) -> None:
        """There is nothing to close."""


def _process_of(handle: events.Handle, otherwise: Process) -> Process:
    return handle._context.get(CURRENT, otherwise)  # type: ignore[attr-defined,no-any-return]


def name_of(handle: events.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    subject = getattr(callback, "__self__", None)
    if isinstance(subject, asyncio.Task):
        return _coroutine_of(subject)
    return str(getattr(callback, "__qualname__", type(callback).__name__))


def _coroutine_of(task: asyncio.Task[Any]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", "unknown"))
