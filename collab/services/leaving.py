"""Leaving for good: somebody is forgotten, while all others go on (the law: GDPR, art. 17).

First nobody comes in as them any more: their name, memberships, devices and links go in one transaction, and with that
it can't be undone. Then every node takes leave: it ends their sessions and lets go of what it has in memory of them; it
finds out by the database, with the next renewal of its lease, whoever began it. Meanwhile what names them is changed in
short turns, by the node that was asked or by `collab forget`; where that ends, another node takes it over once the
lease on it is over. Their row goes last: not before every node that lives has had the time to look.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

import structlog

from collab.domain.bands import User
from collab.domain.errors import CollabError, Forbidden, Invalid, Unavailable
from collab.domain.leaving import BARRED_FOR, Departure, digest_of, pseudonym_of
from collab.services.pace import Pace
from collab.services.ports import Clock

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=1)
"""Where whoever changes the rows has not said for so long that they go on, another node does."""

RENEW_AFTER_S = 20.0

LOOK_AGAIN_S = 0.5
"""How often to look whether anybody edits, and whether their row may go where nothing else is left."""

ALONE = 0.25
"""So many times what a turn took is paused after it where nobody edits: somebody waits for the end."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""A latest edit that is older is old by any node's clock."""

IsGone: TypeAlias = Callable[[str], bool]
"""Whether a user's id is that of somebody who has left."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A departure, and the bands that they are no member of any more."""

    departure: Departure
    band_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What every node is to see: somebody leaves, or has left. Who it is, it says only for as long as that takes."""

    digest: str
    user_id: str | None
    is_over: bool

    def is_gone(self, user_id: str) -> bool:
        return digest_of(user_id) == self.digest


class LeavingStore(Protocol):
    """The rows of somebody who is to be forgotten."""

    async def begin(
        self, user_id: str, pseudonym_id: str, at: datetime, lease_until: datetime, *, needs_owners: bool
    ) -> Begun:
        """Takes away their name and all that they come in by; where that was done before, only the lease is new. A band
        of nobody else is archived. `NotFound` where there is no such user; `Conflicting` where, with `needs_owners`, a
        band of others would be left without an owner."""
        ...

    def turns(self, leaving: Departure, pace: Pace, since: datetime | None = None) -> AsyncIterator[int]:
        """Changes the rows that name them, once through all of them; each turn gives how many those were. Turns are
        longer while it is quiet. With `since` all of them were gone through once: of edits that others made in their
        sight only those made since then are looked at."""
        ...

    async def finish(self, leaving: Departure, at: datetime) -> bool:
        """Deletes their own row. False where something names them still."""
        ...

    async def seen(self, over_before: datetime) -> list[Seen]:
        """All that is under way or was over no earlier; the others are forgotten, too."""
        ...

    async def claim(self, now: datetime, lease_until: datetime) -> list[Departure]:
        """Those under way that nobody goes on with."""
        ...

    async def renew(self, leaving: Departure, lease_until: datetime) -> None:
        """Whoever changes the rows goes on with it."""
        ...

    async def latest_edit(self) -> datetime | None:
        """When anybody last edited."""
        ...


async def carry_out(
    store: LeavingStore, leaving: Departure, clock: Clock, not_before: datetime, on_progress: Callable[[int], None]
) -> int:
    """Changes all that names somebody, and deletes their row, once that time has come. Returns how many rows were
    changed; `on_progress` hears it meanwhile."""
    breath = _Breath(store, leaving, clock, await _pace(store, clock))
    total, since = 0, None
    while True:
        before = total
        async for changed in store.turns(leaving, breath.pace, since):
            total += changed
            on_progress(total)
            await breath.after_turn()
        if total == before and clock.now() >= not_before and await store.finish(leaving, clock.now()):
            return total
        since = leaving.began_at - CLOCKS_DIFFER
        await breath.pause(LOOK_AGAIN_S if total == before else 0)
        while clock.now() < not_before:
            await breath.pause(LOOK_AGAIN_S)


async def _pace(store: LeavingStore, clock: Clock) -> Pace:
    latest = await store.latest_edit()
    quiet_for = clock.now() - (latest or datetime.min.replace(tzinfo=UTC))
    return Pace(latest, clock.monotonic_s(), quiet_for.total_seconds() if quiet_for > CLOCKS_DIFFER else 0, ALONE)


class _Breath:
    """The pauses between turns, in which it says that it goes on and looks whether anybody edits."""

    def __init__(self, store: LeavingStore, leaving: Departure, clock: Clock, pace: Pace) -> None:
        self.pace = pace
        self._store = store
        self._leaving = leaving
        self._clock = clock
        self._went_on_s = self._looked_s = self._renewed_s = clock.monotonic_s()

    async def after_turn(self) -> None:
        """Leaves the database to others after it was used since the pause before."""
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_s > LOOK_AGAIN_S:
            self.pace.look(await self._store.latest_edit(), now_s)
            self._looked_s = now_s
        await self.pause((now_s - self._went_on_s) * self.pace.factor)

    async def pause(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        self._went_on_s = self._clock.monotonic_s()
        if self._went_on_s - self._renewed_s > RENEW_AFTER_S:
            await self._store.renew(self._leaving, self._clock.now() + LEASE)
            self._renewed_s = self._went_on_s


class Leaving:
    """Has people forgotten, and takes leave of those whom another node, or a command, forgets.

    `take_leave` lets go of what this node has in memory of somebody, and ends their sessions; `refresh` reads bands
    anew from the database, and `tell_others` has other nodes do so. `bands_of` says which bands this node knows
    somebody in.
    A node that lives has looked within `settle`. `needs_owners` is false where a host keeps the bands.
    """

    def __init__(
        self,
        store: LeavingStore,
        take_leave: Callable[[IsGone], None],
        refresh: Callable[[Sequence[str]], Awaitable[None]],
        tell_others: Callable[[str], None],
        bands_of: Callable[[str], set[str]],
        clock: Clock,
        new_id: Callable[[], str],
        settle: timedelta,
        *,
        needs_owners: bool,
    ) -> None:
        self._store = store
        self._take_leave = take_leave
        self._refresh = refresh
        self._tell_others = tell_others
        self._bands_of = bands_of
        self._clock = clock
        self._new_id = new_id
        self._settle = settle
        self._needs_owners = needs_owners
        self._taken: set[tuple[str, bool]] = set()
        self._due = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        self._looking = asyncio.create_task(self._run(), name="leaving")

    def wake(self) -> None:
        """It is time to look who has left."""
        self._due.set()

    async def close(self) -> None:
        """Goes no further than the turn that is under way; another node goes on."""
        tasks = [*self._tasks.values(), *([] if self._looking is None else [self._looking])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def forget_oneself(self, user: User, name: str) -> None:
        """As `forget`, for who says their own name once more. `Invalid` where it is another; `Forbidden` where a host
        keeps the bands, which knows what else there is of them."""
        if not self._needs_owners:
            raise Forbidden("people are kept by the application that this is part of: leave it there")
        if name != user.name:
            raise Invalid.at("name", f"expected your own name, {user.name!r}, to be sure: this can't be undone")
        await self.forget(user.id)

    async def forget(self, user_id: str) -> None:
        """Forgets somebody. When this returns they have no name and are nowhere any more, and nobody comes in as them;
        what names their id is changed after that. `NotFound`; `Conflicting` where a band would lose its last owner."""
        now = self._clock.now()
        begun = await self._store.begin(
            user_id, pseudonym_of(self._new_id()), now, now + LEASE, needs_owners=self._needs_owners
        )
        band_ids = sorted({*begun.band_ids, *self._bands_of(user_id)})
        await self._refresh(band_ids)
        for band_id in band_ids:
            self._tell_others(band_id)
        self._take(Seen(digest_of(user_id), user_id, is_over=False))
        self._carry_out(begun.departure)

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._look()
            except CollabError as error:
                log.warning("the database did not say who has left; it is asked again", error=error.message)
            except Exception:
                # The edge of the task: nothing else hangs on it.
                log.exception("could not look who has left")

    async def _look(self) -> None:
        now = self._clock.now()
        seen = await self._store.seen(now - BARRED_FOR)
        for one in seen:
            if (one.digest, one.is_over) not in self._taken:
                if one.user_id is not None:
                    await self._refresh(sorted(self._bands_of(one.user_id)))
                self._take(one)
        self._taken.intersection_update({(one.digest, is_over) for one in seen for is_over in (False, True)})
        if any(not one.is_over for one in seen):
            for leaving in await self._store.claim(now, now + LEASE):
                self._carry_out(leaving)

    def _take(self, one: Seen) -> None:
        self._taken.add((one.digest, one.is_over))
        self._take_leave(one.is_gone)

    def _carry_out(self, leaving: Departure) -> None:
        if leaving.pseudonym_id not in self._tasks:
            task = asyncio.create_task(self._forgetting(leaving), name="forgetting")
            self._tasks[leaving.pseudonym_id] = task
            task.add_done_callback(lambda _: self._tasks.pop(leaving.pseudonym_id, None))

    async def _forgetting(self, leaving: Departure) -> None:
        try:
            rows = await carry_out(
                self._store, leaving, self._clock, leaving.began_at + self._settle, on_progress=lambda _: None
            )
            self._take_leave(lambda user_id: user_id == leaving.user_id)
            log.info("somebody was forgotten", rows=rows)
        except Unavailable as error:
            log.warning("somebody could not be forgotten yet; it is gone on with", error=error.message)
        except Exception:
            # The edge of the task: whoever claims it next goes on.
            log.exception("somebody could not be forgotten yet; it is gone on with")
