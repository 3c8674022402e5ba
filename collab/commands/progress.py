"""How far a long command is: a bar on a terminal, a line now and then elsewhere; on standard error either way."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from collab.commands.terminal import say
from collab.storage.progress import OnProgress

if TYPE_CHECKING:
    from rich.console import Console

LINE_EVERY_S = 5.0
"""How long a command is silent that nobody watches at a terminal: what takes less says nothing but what came of it."""


@contextmanager
def shown(what: str) -> Iterator[OnProgress]:
    """While the block runs, what it calls back with is shown. `what` is said in front of it."""
    if sys.stderr.isatty():
        from rich.console import Console  # only where there is a terminal

        with bar(what, Console(stderr=True)) as on_progress:
            yield on_progress
    else:
        yield lines(what, lambda line: say(line, is_error=True), time.monotonic)


@contextmanager
def bar(what: str, console: "Console") -> Iterator[OnProgress]:
    """A bar that is gone when the block ends."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    # What the command prints goes above the bar, if it goes to the same terminal.
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


def lines(what: str, say: Callable[[str], None], now_s: Callable[[], float]) -> OnProgress:
    """Says a line every few seconds. `now_s` is a clock that only goes forward."""
    due_s = now_s() + LINE_EVERY_S

    def on_progress(done: int, total: int) -> None:
        nonlocal due_s
        if now_s() >= due_s:
            due_s = now_s() + LINE_EVERY_S
            say(f"{what}: {done * 100 // total} %" if total else f"{what}: {done}")

    return on_progress
