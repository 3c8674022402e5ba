"""Membership: bands, who belongs to them, and what follows at once when that changes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from collab.domain.access import BandRoom, ContentRoom, Right, Role, SharedRoom, UserRoom
from collab.domain.bands import Band, Member, User
from collab.domain.errors import Forbidden, NotFound, Unavailable
from collab.domain.strings import require_id, require_name
from collab.services.bands.directory import Directory
from collab.services.bands.host_bands import HostBands
from collab.services.cluster.nodes import OtherNodes
from collab.services.ports import Announcer, Clock
from collab.services.presence.service import PresenceService
from collab.services.stores import BandStore


class MembershipService:
    """`refresh` takes bands over from the database."""

    def __init__(
        self,
        store: BandStore,
        directory: Directory,
        refresh: Callable[[Sequence[str]], Awaitable[None]],
        presence: PresenceService,
        announcer: Announcer,
        others: OtherNodes,
        clock: Clock,
        new_id: Callable[[], str],
        host: HostBands | None = None,
    ) -> None:
        self._host = host
        self._store = store
        self._directory = directory
        self._refresh = refresh
        self._presence = presence
        self._announcer = announcer
        self._others = others
        self._clock = clock
        self._new_id = new_id

    async def welcome(self, user: User) -> User:
        """Makes a user known: their row in the database, and their bands to the directory. Returns them by the name
        that they go by: one whose token says none keeps the name that they had."""
        await self._directory.learn_user(user.id)
        if user.name == user.id:
            user = replace(user, name=self._directory.name_of(user.id) or user.id)
        if not self._directory.is_known(user):
            await self._store.save_user(user, self._clock.now())
            self._directory.set_name(user)
        await self._look(user)
        return user

    async def _look(self, user: User) -> None:
        """Where the host keeps the bands, it is asked for this user's."""
        if self._host is not None:
            await self._host.look(user.id)

    def _require_own(self) -> None:
        if self._host is not None:
            raise Forbidden("bands and members are kept by the application that this is part of: change them there")

    async def bands_of(self, user: User) -> list[tuple[Band, Role]]:
        return await self._store.bands_of(user.id)

    async def create_band(self, owner: User, name: str) -> Band:
        """A new band, which its maker owns."""
        self._require_own()
        await self.welcome(owner)
        band = Band(self._new_id(), require_name("name", name))
        async with self._directory.changing.at(band.id):
            await self._store.create_band(band, owner, self._clock.now())
            self._directory.set_role(band.id, owner.id, Role.OWNER)
        self._tell(owner.id, "add", band.id, Role.OWNER)
        return band

    @property
    def may_make_bands(self) -> bool:
        """Whether users make bands and change them here, and no host does."""
        return self._host is None

    async def change_band(
        self, user: User, band_id: str, name: str | None = None, is_archived: bool | None = None
    ) -> tuple[Band, Role]:
        """Renames a band, archives it or brings it back, where these are not None. Its members are told that they are
        to ask anew. Returns the band, and the user's role in it."""
        self._require_own()
        role = await self._require(user, band_id, Right.MANAGE)
        called = None if name is None else require_name("name", name)
        async with self._directory.changing.at(band_id):
            band = await self._store.change_band(band_id, called, is_archived, self._clock.now())
            members = await self._store.members(band_id)
        for member in members:
            self._announcer.membership_updated(UserRoom(member.user_id), "update", band_id, member.role)
        return band, role

    async def members(self, user: User, band_id: str) -> list[Member]:
        """The members of a band, for each of them."""
        await self._require(user, band_id, Right.VIEW)
        return await self._store.members(band_id)

    async def put_member(self, user: User, band_id: str, user_id: str, role: Role, name: str | None) -> Member:
        """Gives somebody a role, at once and everywhere. They may never have connected: `name` is what they are called
        until their own token says it."""
        self._require_own()
        await self._require(user, band_id, Right.MANAGE)
        require_id("user_id", user_id)
        called = user_id if name is None else require_name("name", name)
        async with self._changing(band_id):
            is_new = all(member.user_id != user_id for member in await self._store.members(band_id))
            member = await self._store.put_member(band_id, Member(user_id, called, role), self._clock.now())
            self._directory.set_role(band_id, user_id, role)
        action = "add" if is_new else "update"
        self._tell(user_id, action, band_id, role)
        return member

    @asynccontextmanager
    async def letting_in(self, band_id: str) -> AsyncIterator[Callable[[str, Role], None]]:
        """The band's turn, for whoever stores a new role of a user's in it: what this gives is called once that is
        stored."""
        self._require_own()
        new: list[tuple[str, Role]] = []
        async with self._changing(band_id):
            yield lambda user_id, role: new.append((user_id, role))
            if self._directory.knows(band_id):
                for user_id, role in new:
                    self._directory.set_role(band_id, user_id, role)
        for user_id, role in new:
            # One that this node does not know is learned whole, or the others in it would be strangers.
            await self._directory.learn_band(User(user_id, user_id), band_id)
            self._tell(user_id, "add", band_id, role)

    async def remove_member(self, user: User, band_id: str, user_id: str) -> None:
        """Takes a member out of a band, or themselves, and their sessions out of its rooms before this returns."""
        self._require_own()
        await self._require(user, band_id, Right.VIEW if user.id == user_id else Right.MANAGE)
        async with self._changing(band_id):
            await self._store.remove_member(band_id, user_id)
            self._directory.set_role(band_id, user_id, None)
        contents = self._directory.contents_of(band_id)
        rooms: list[SharedRoom] = [BandRoom(band_id), *(ContentRoom(content_id) for content_id in contents)]
        self._presence.expel(user_id, rooms)
        self._tell(user_id, "remove", band_id, None)

    @asynccontextmanager
    async def _changing(self, band_id: str) -> AsyncIterator[None]:
        """The band's turn to be changed. Where the change fails it may be stored all the same, since an answer of the
        database was lost: this time, or where nothing is left to be changed, before. Then every node looks."""
        try:
            async with self._directory.changing.at(band_id):
                yield
        except (NotFound, Unavailable):
            self._others.band_changed(band_id)
            with suppress(Unavailable):
                await self._refresh([band_id])
            raise

    def _tell(self, user_id: str, action: str, band_id: str, role: Role | None) -> None:
        self._announcer.membership_updated(UserRoom(user_id), action, band_id, role)
        self._others.band_changed(band_id)

    async def _require(self, user: User, band_id: str, right: Right) -> Role:
        await self._directory.learn_band(user, band_id)
        return self._directory.require_band(user, band_id, right, as_operator=True)
