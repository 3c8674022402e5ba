"""The host's bands: an application that has users, bands and roles of its own says which bands a user is in.

It is asked by a function, when a user connects or calls and was not asked for lately, and when the host says that
something has changed. What it answers is kept in our own tables, so that all else (rights in memory, edits checked in
their transaction, other nodes) goes on as with bands of ours, and an answer that does not come keeps nobody out longer
than the asking: the host is the truth, the tables remember it.

The race is between two answers about one user: who asks later must not be overtaken. So a user is asked for in turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from cachetools import LRUCache

from collab.domain.access import Role
from collab.domain.bands import Band
from collab.domain.errors import CollabError, Unavailable
from collab.domain.strings import cleaned_line, id_problem
from collab.services.bands.keyed_locks import KeyedLocks
from collab.services.ports import Clock
from collab.services.stores import BandStore

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=5)
"""For so long an answer stands, where the host does not say that it has changed."""

ASK_WITHIN_S = 5.0
"""How long the host's function may take."""

_MAX_ASKED = 10_000
"""Users of whom it is remembered when they were asked for; of any other it is asked again."""

OUR_ROLES: Mapping[str, Role] = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class HostBand:
    """A band that a user is in: its id, which is the host's own, its name, and the user's role by the host's word."""

    id: str
    name: str
    role: str


BandsOf: TypeAlias = Callable[[str], Awaitable[Sequence[HostBand]]]
"""Takes a user's id, and says which bands they are in."""


class HostBands:
    """`roles` maps the host's words for roles to ours; who has another is in no band. `take_over` reads bands anew from
    the database, and tells this node's sessions what that changes; `tell_others` has other nodes do so."""

    def __init__(
        self,
        bands_of: BandsOf,
        roles: Mapping[str, Role],
        store: BandStore,
        take_over: Callable[[Sequence[str]], Awaitable[None]],
        tell_others: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._bands_of = bands_of
        self._roles = roles
        self._store = store
        self._take_over = take_over
        self._tell_others = tell_others
        self._clock = clock
        self._asked_at: LRUCache[str, datetime] = LRUCache(_MAX_ASKED)
        self._asking = KeyedLocks()

    async def look(self, user_id: str) -> None:
        """Sees to it that a user, whose row is in the database, is in the bands that the host says. `Unavailable` where
        it does not say it."""
        if not self._is_fresh(user_id):
            async with self._asking.at(user_id):
                if not self._is_fresh(user_id):
                    await self._ask(user_id)

    async def changed(self, *user_ids: str, band_id: str | None = None) -> None:
        """The host has changed the bands or roles of these users, or of all that are in a band. When this returns, who
        was taken out has left the band's rooms on this node, and on the others within a second."""
        members = [] if band_id is None else [member.user_id for member in await self._store.members(band_id)]
        for user_id in dict.fromkeys([*user_ids, *members]):
            async with self._asking.at(user_id):
                await self._ask(user_id)

    def _is_fresh(self, user_id: str) -> bool:
        asked_at = self._asked_at.get(user_id)
        return asked_at is not None and self._clock.now() - asked_at < FRESH

    async def _ask(self, user_id: str) -> None:
        asked_at = self._clock.now()
        wanted = self._understood(user_id, await self._answer(user_id))
        changed = await self._store.set_bands_of(user_id, wanted, asked_at)
        self._asked_at[user_id] = asked_at
        if changed:
            await self._take_over(changed)
            for band_id in changed:
                self._tell_others(band_id)

    async def _answer(self, user_id: str) -> Sequence[HostBand]:
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                return await self._bands_of(user_id)
        except CollabError:
            raise
        except Exception:
            # The edge of the host: its fault is no client's, who may come again.
            log.exception("the host's function failed to say which bands a user is in")
            raise Unavailable("the server could not find out which bands you are in; try again") from None

    def _understood(self, user_id: str, found: Sequence[HostBand]) -> dict[Band, Role]:
        wanted: dict[Band, Role] = {}
        for entry in found:
            role = self._roles.get(entry.role)
            if role is None or id_problem(entry.id) is not None:
                log.warning("a band of the host's is left out", user_id=user_id, band_id=entry.id, role=entry.role)
            else:
                wanted[Band(entry.id, cleaned_line(entry.name) or entry.id)] = role
        return wanted
