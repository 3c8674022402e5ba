"""Waiting for what no event tells of."""

import asyncio
import time
from collections.abc import Awaitable, Callable

TIMEOUT_S = 20.0


async def until(condition: Callable[[], bool | Awaitable[bool]], within_s: float = TIMEOUT_S) -> None:
    """Returns as soon as the condition holds; `TimeoutError` where it never does."""
    deadline = time.monotonic() + within_s
    while True:
        holds = condition()
        if holds if isinstance(holds, bool) else await holds:
            return
        if time.monotonic() > deadline:
            raise TimeoutError("the condition did not come about")
        await asyncio.sleep(0.005)
