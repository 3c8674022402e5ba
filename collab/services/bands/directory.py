"""The directory: memberships and contents in memory, as in the database, so that every event can be checked at once.

A band is unknown until one of its members connects. Then it is learned whole, and from there on kept up to date: by
what this node changes, and by `refresh` where another node may have changed something.

The race is between a read of the database and a change: a read that began before a change must not be taken over after
it. So whoever learns or changes a band takes its turn at it (`changing`), from the read or the write on until the
directory shows it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from collab.domain.access import Right, Role, may, require
from collab.domain.bands import Content, Member, User
from collab.services.bands.keyed_locks import KeyedLocks
from collab.services.stores import BandStore


@dataclass(frozen=True, slots=True)
class ContentRef:
    """The band and the kind of a content, and whether it is archived."""

    id: str
    band_id: str
    kind: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A user's role in a band before and now; None where they are no member."""

    band_id: str
    user_id: str
    before: Role | None
    now: Role | None


class Directory:
    """What this node has learned so far. Looking up never waits.

    Nothing is forgotten, so that no event of a member has to wait for the database. It grows up to what the database
    has, about 300 bytes for each user and content.
    """

    def __init__(self, store: BandStore) -> None:
        self._store = store
        self._roles: dict[str, dict[str, Role]] = {}
        self._bands_of: defaultdict[str, set[str]] = defaultdict(set)
        self._contents: dict[str, ContentRef] = {}
        self._contents_of: defaultdict[str, dict[str, ContentRef]] = defaultdict(dict)
        self._names: dict[str, str] = {}
        self._learned_users: set[str] = set()
        self._learning = KeyedLocks()
        self.changing = KeyedLocks()

    def bands(self) -> list[str]:
        """The bands that this node knows."""
        return list(self._roles)

    def bands_of(self, user_id: str) -> set[str]:
        return self._bands_of.get(user_id, set())

    def contents_of(self, band_id: str) -> list[str]:
        return list(self._contents_of.get(band_id, ()))

    def content(self, content_id: str) -> ContentRef | None:
        return self._contents.get(content_id)

    def band_of(self, content_id: str) -> str:
        """The id of the band that a content belongs to. The node must know the content."""
        return self._contents[content_id].band_id

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
        role = self._roles.get(ref.band_id, {}).get(user.id)
        if as_operator and user.is_operator:
            role = Role.OWNER
        return ref, require(role, right, what)

    def is_known(self, user: User) -> bool:
        """Whether this user's row says what their token says."""
        return self._names.get(user.id) == user.name

    async def learn_user(self, user: User) -> None:
        """Learns every band of a user. Once; changes keep it up to date."""
        async with self._learning.at(user.id):
            if user.id not in self._learned_users:
                # Set before the read: a band that another node puts the user in meanwhile is learned by `refresh`.
                self._learned_users.add(user.id)
                try:
                    for band, _ in await self._store.bands_of(user.id):
                        await self._learn(band.id)
                except BaseException:
                    self._learned_users.discard(user.id)
                    raise
            self._names[user.id] = user.name

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

    async def refresh(self, band_ids: Sequence[str] | None = None) -> list[RoleChange]:
        """Reads these bands anew, or all that concern this node; returns what another node has changed.

        A band that was not known is learned where one of its members is.
        """
        asked = set(self._roles if band_ids is None else band_ids)
        users = list(self._learned_users) if band_ids is None else []
        async with self.changing.at_all(asked):
            members, contents = await self._store.around(list(asked), users)
            # A band that was learned meanwhile may be newer or older than what was read: nobody waited for its turn.
            again = [band_id for band_id in members if band_id in self._roles and band_id not in asked]
            for band_id in again:
                del members[band_id]
            changes = [change for band_id, now in members.items() for change in self._changes(band_id, now)]
            for change in changes:
                self.set_role(change.band_id, change.user_id, change.now)
            for content in contents:
                if content.band_id in members and content.band_id in self._roles:
                    self.put_content(content)
        return [*changes, *await self.refresh(again)] if again else changes

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
        ref = ContentRef(content.id, content.band_id, content.kind, content.is_archived)
        self._contents[content.id] = self._contents_of[content.band_id][content.id] = ref

    def _changes(self, band_id: str, members: Sequence[Member]) -> list[RoleChange]:
        """The changes of roles in a band that this node knows or that has a member here; none for any other band."""
        now = {member.user_id: member.role for member in members}
        if band_id not in self._roles and self._learned_users.isdisjoint(now):
            return []
        before = self._roles.get(band_id, {})
        changed = [user_id for user_id in {**before, **now} if before.get(user_id) != now.get(user_id)]
        return [RoleChange(band_id, user_id, before.get(user_id), now.get(user_id)) for user_id in changed]

    def _role(self, user: User, band_id: str, *, as_operator: bool) -> Role | None:
        if as_operator and user.is_operator and band_id in self._roles:
            return Role.OWNER
        return self._roles.get(band_id, {}).get(user.id)

    async def _learn_found(self, band_id: str | None) -> None:
        if band_id is not None:
            await self._learn(band_id)

    async def _learn(self, band_id: str) -> None:
        async with self.changing.at(band_id):
            if band_id in self._roles:
                return
            members = await self._store.members(band_id)
            contents = await self._store.contents(band_id)
            if band_id in self._roles:
                return  # by `refresh`, which may have read later
            self._roles[band_id] = {}
            for member in members:
                self.set_role(band_id, member.user_id, member.role)
            for content in contents:
                self.put_content(content)
