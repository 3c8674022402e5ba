"""Health: whether a node works, and whether it is a good one to send clients to."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from collab.domain.errors import CollabError, Unavailable

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Returns where all is well; else raises a `CollabError` whose message says what is wrong."""

OK = "ok"


@dataclass(frozen=True, slots=True)
class Report:
    """What each check found: `ok`, or what is wrong."""

    checks: Mapping[str, str]

    @property
    def is_degraded(self) -> bool:
        return any(found != OK for found in self.checks.values())


class Health:
    """`needed` has to be well for the node to be ready. `wanted` need not be: a node without its bus still stores every
    edit and serves its own sessions, and others catch up by versions; were it not ready, one failing bus would take
    every node out at once.
    """

    def __init__(
        self,
        needed: Mapping[str, Check],
        wanted: Mapping[str, Check],
        parts: Mapping[str, Callable[[], bool]],
        *,
        timeout_s: float = 2.0,
    ) -> None:
        self._needed = needed
        self._wanted = wanted
        self._parts = parts
        self._timeout_s = timeout_s
        self._is_stopping = False
        self._checking: dict[str, asyncio.Future[None]] = {}

    def stop(self) -> None:
        """The node goes down: from now on it is not ready."""
        self._is_stopping = True

    def require_alive(self) -> None:
        """Raises `Unavailable` where a part of the node stands still or is gone that only a restart brings back.

        `parts` says of each whether it does. What the node needs of others is not asked: restarting it would
        not mend that.
        """
        for name, is_broken in self._parts.items():
            if is_broken():
                raise Unavailable(f"the {name} stands still or is gone: restart this node")

    async def require_ready(self) -> Report:
        """Returns what the checks found. `Unavailable` where the node can't serve, with the findings as its details."""
        if self._is_stopping:
            raise Unavailable("this node is shutting down")
        found = {name: await self._outcome(name, check) for name, check in {**self._needed, **self._wanted}.items()}
        broken = [f"{name}: {found[name]}" for name in self._needed if found[name] != OK]
        if broken:
            raise Unavailable(f"not ready: {'; '.join(broken)}", found)
        return Report(found)

    async def _outcome(self, name: str, check: Check) -> str:
        # A check that hangs is left alone, and is not begun again meanwhile: cancelling ends nothing that waits for a
        # frozen database.
        task = self._checking.get(name) or asyncio.ensure_future(check())
        self._checking[name] = task
        if not (await asyncio.wait([task], timeout=self._timeout_s))[0]:
            return f"no answer within {self._timeout_s:g} s"
        self._checking.pop(name, None)
        try:
            await task
        except CollabError as error:
            return error.message
        return OK
