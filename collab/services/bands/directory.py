"""The directory: memberships and contents in memory, as in the database, so that every event can be checked at once.

A band is unknown until one of its members connects. Then it is learned whole, and from there on kept up to date: by
what this node changes, and by `refresh` where another node may have changed something. Nothing that a session could
ask for is forgotten while it is here, so that no event of a member waits for the database; when the last one has gone,
their bands go too (`forget`), and a node grows with who is here, not with who ever was.

The race is between a read of the database and a change: a read that began before a change must not be taken over after
it. So whoever reads or changes a band takes its turn at it (`changing`), from the read or the write on until the
directory shows it.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collab.domain.access import Right, Role, may, require
from collab.domain.bands import BandFacts, Content, ContentRef, User
from collab.services.bands.keyed_locks import KeyedLocks
from collab.services.stores import BandStore

READ_AT_ONCE = 500
"""Bands that are read together: some thousands of contents, which hold the event loop up for some milliseconds."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A user's role in a band before and now; None where they are no member."""

    band_id: str
    user_id: str
    before: Role | None
    now: Role | None


class Directory:
    """What this node has learned so far: about 300 bytes for each member and content of a band. Looking up never
    waits."""

    def __init__(self, store: BandStore) -> None:
        self._store = store
        self._roles: dict[str, dict[str, Role]] = {}
        self._bands_of: defaultdict[str, set[str]] = defaultdict(set)
        self._contents: dict[str, ContentRef] = {}
        self._contents_of: defaultdict[str, dict[str, ContentRef]] = defaultdict(dict)
        self._revisions: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._learned_users: set[str] = set()
        self._asked_for: set[str] = set()
        self._learning = KeyedLocks()
        self.changing = KeyedLocks()

    def bands(self) -> list[str]:
        """The bands that this node knows."""
        return list(self._roles)

    def knows(self, band_id: str) -> bool:
        """Whether this node has learned the band."""
        return band_id in self._roles

    def bands_of(self, user_id: str) -> set[str]:
        return self._bands_of.get(user_id, set())

    def contents_of(self, band_id: str) -> list[str]:
        return list(self._contents_of.get(band_id, ()))

    def content(self, content_id: str) -> ContentRef | None:
        return self._contents.get(content_id)

    def band_of(self, content_id: str) -> str:
        """The id of the band that a content belongs to. The node must know the content."""
        band_id = self._contents[content_id].band_id
        self._asked_for.add(band_id)
        return band_id

    def may(self, user: User, band_id: str, right: Right, *, as_operator: bool = False) -> bool:
        """Whether `require_band` would let the user do that."""
        return may(self._role(user, band_id, as_operator=as_operator), right)

    def require_band(self, user: User, band_id: str, right: Right, *, as_operator: bool = False) -> Role:
        """The user's role in a band; `Forbidden` where it is not enough.

        `as_operator` lets an operator act as an owner would: over REST, never in the rooms.
        """
        return require(self._role(user, band_id, as_operator=as_operator), right, f"band {band_id}")

    def require_content(
        self, user: User, content_id: str, right: Right, *, as_operator: bool = False
    ) -> tuple[ContentRef, Role]:
        """A content and the user's role in its band; `Forbidden` where it is not enough or there is none."""
        what = f"content {content_id}"
        ref = self._contents.get(content_id)
        if ref is None:
            require(None, right, what)
            raise AssertionError("unreachable: no role is never enough")
        return ref, require(self._role(user, ref.band_id, as_operator=as_operator), right, what)

    def name_of(self, user_id: str) -> str | None:
        """What a user is called, where this node has learned that."""
        return self._names.get(user_id)

    def is_known(self, user: User) -> bool:
        """Whether this user's row says what their token says."""
        self._asked_for.add(user.id)
        return self._names.get(user.id) == user.name

    def set_name(self, user: User) -> None:
        """The user's row now has that name."""
        self._names[user.id] = user.name

    async def learn_user(self, user_id: str) -> None:
        """Learns what a user is called, where they have a row, and every band of theirs. Once; changes keep it up to
        date."""
        self._asked_for.add(user_id)
        if user_id in self._names and user_id in self._learned_users:
            return
        async with self._learning.at(user_id):
            if user_id in self._names and user_id in self._learned_users:
                return
            # Set before the read: a band that another node puts the user in meanwhile is learned by `refresh`.
            self._learned_users.add(user_id)
            try:
                name, band_ids = await self._store.user(user_id)
                await self._learn(band_ids)
            except BaseException:
                self._learned_users.discard(user_id)
                raise
            if name is not None:
                # Last: who has both is learned.
                self._names[user_id] = name

    async def learn_band(self, user: User, band_id: str) -> None:
        """Learns a band that the user may see. One that they may not, as far as this node knows, is asked of the
        database whether it exists or not: so that both take the same time."""
        if self._role(user, band_id, as_operator=True) is None:
            await self._learn_found(await self._store.band_within_reach(user, band_id=band_id))

    async def learn_content(self, user: User, content_id: str) -> None:
        """As `learn_band`, for the band of a content."""
        ref = self._contents.get(content_id)
        if ref is None or self._role(user, ref.band_id, as_operator=True) is None:
            await self._learn_found(await self._store.band_within_reach(user, content_id=content_id))

    async def refresh(
        self, band_ids: Sequence[str] | None = None, *, are_wanted: bool = False
    ) -> AsyncIterator[RoleChange]:
        """Reads these bands anew, or those that have changed of all that concern this node; what another node has
        changed is given once the directory shows it, whatever becomes of the rest.

        A band that was not known is learned where one of its members is, and where it is wanted all the same.
        """
        if band_ids is None:
            known = {band_id: self._revisions.get(band_id, 0) for band_id in self._roles}
            band_ids = await self._store.changed(known, self._learned_users)
        for part in _parts(band_ids):
            for change in await self._read_anew(part, are_wanted=are_wanted):
                yield change

    async def _read_anew(self, band_ids: Sequence[str], *, are_wanted: bool) -> list[RoleChange]:
        async with self.changing.at_all(band_ids):
            facts = await self._store.facts(band_ids)
            changes: list[RoleChange] = []
            for band_id, now in facts.items():
                if are_wanted or band_id in self._roles or not self._learned_users.isdisjoint(now.roles):
                    changes += self._changes(band_id, now.roles)
                    self._take_over(band_id, now)
        return changes

    def forget(self, here: Collection[str]) -> None:
        """Forgets the users who are not here, by their ids, and the bands that nobody is in who is; unless somebody
        asked for them since this was called the last time: a call may be under way that has been let in."""
        kept = self._asked_for.union(here)
        for user_id in self._names.keys() | self._learned_users:
            if user_id not in kept:
                self._names.pop(user_id, None)
                self._learned_users.discard(user_id)
        kept.update(*(self._bands_of.get(user_id, ()) for user_id in self._learned_users))
        for band_id in self._roles.keys() - kept:
            if band_id not in self.changing:
                self._forget_band(band_id)
        self._asked_for.clear()

    def forget_users(self, is_gone: Callable[[str], bool]) -> None:
        """Forgets the names of these users, whoever is here. Their bands are for `refresh`."""
        for user_id in [*filter(is_gone, self._names.keys() | self._learned_users)]:
            self._names.pop(user_id, None)
            self._learned_users.discard(user_id)

    def set_role(self, band_id: str, user_id: str, role: Role | None) -> None:
        """Takes over a change of the database; call it in the band's turn."""
        roles = self._roles.setdefault(band_id, {})
        if role is None:
            roles.pop(user_id, None)
            self._bands_of[user_id].discard(band_id)
            if not self._bands_of[user_id]:
                del self._bands_of[user_id]
        else:
            roles[user_id] = role
            self._bands_of[user_id].add(band_id)

    def put_content(self, content: Content) -> None:
        """Takes over a content as it now is; call it in its band's turn."""
        self._put(ContentRef(content.id, content.band_id, content.kind, content.is_archived))

    def _changes(self, band_id: str, now: Mapping[str, Role]) -> list[RoleChange]:
        before = self._roles.get(band_id, {})
        changed = [user_id for user_id in {**before, **now} if before.get(user_id) != now.get(user_id)]
        return [RoleChange(band_id, user_id, before.get(user_id), now.get(user_id)) for user_id in changed]

    def _role(self, user: User, band_id: str, *, as_operator: bool) -> Role | None:
        self._asked_for.add(band_id)
        if as_operator and user.is_operator and band_id in self._roles:
            return Role.OWNER
        return self._roles.get(band_id, {}).get(user.id)

    async def _learn_found(self, band_id: str | None) -> None:
        if band_id is not None:
            await self._learn([band_id])

    async def _learn(self, band_ids: Sequence[str]) -> None:
        """Learns the bands of these that are not known, in a few queries, however many they are."""
        for part in _parts([band_id for band_id in band_ids if band_id not in self._roles]):
            async with self.changing.at_all(part):
                missing = [band_id for band_id in part if band_id not in self._roles]
                if missing:
                    for band_id, facts in (await self._store.facts(missing)).items():
                        self._take_over(band_id, facts)

    def _take_over(self, band_id: str, facts: BandFacts) -> None:
        """The band is as it was read; call it in the band's turn."""
        for user_id in self._roles.setdefault(band_id, {}).keys() - facts.roles.keys():
            self.set_role(band_id, user_id, None)
        for user_id, role in facts.roles.items():
            self.set_role(band_id, user_id, role)
        for ref in facts.contents:
            self._put(ref)
        self._revisions[band_id] = facts.revision

    def _put(self, ref: ContentRef) -> None:
        self._contents[ref.id] = self._contents_of[ref.band_id][ref.id] = ref

    def _forget_band(self, band_id: str) -> None:
        for user_id in list(self._roles[band_id]):
            self.set_role(band_id, user_id, None)
        for content_id in self._contents_of.pop(band_id, ()):
            del self._contents[content_id]
        del self._roles[band_id]
        self._revisions.pop(band_id, None)


def _parts(band_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(band_ids), READ_AT_ONCE):
        yield band_ids[begin : begin + READ_AT_ONCE]
