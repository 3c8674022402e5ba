"""How long an answer is waited for. A connection is given up for silence, not for slowness: as long as messages come,
the answer may be behind them, and what goes out takes its time."""

import asyncio
from typing import Any

BYTES_PER_S = 4_000
"""The slowest line that is waited for."""


class Patience:
    """When one connection moved last, and how many bytes are on their way."""

    def __init__(self) -> None:
        self._moved_at = 0.0
        self._in_flight = 0

    def moved(self) -> None:
        """Something has come."""
        self._moved_at = asyncio.get_running_loop().time()

    async def wait(self, answered: asyncio.Future[Any], size_bytes: int, silence_s: float) -> Any:
        """The answer to a request of that size. `TimeoutError` once the request must have arrived and nothing comes."""
        loop = asyncio.get_running_loop()
        self._in_flight += size_bytes
        due = loop.time() + max(silence_s, self._in_flight / BYTES_PER_S)
        try:
            while (left_s := max(due, self._moved_at + silence_s) - loop.time()) > 0:
                done, _ = await asyncio.wait([answered], timeout=left_s)
                if done:
                    return answered.result()
            raise TimeoutError
        finally:
            self._in_flight -= size_bytes
            # Given up; an answer that came is not touched by this.
            answered.cancel()
