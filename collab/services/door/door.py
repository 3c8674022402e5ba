"""The door: links that let somebody in, the devices that stay signed in, and short tokens for them.

A link is opened with its secret. Who opens one is new and gives a name, or is signed in here already, or is the one
whom a device's link names. They get a device, which shows its credential for a token and for the next credential
(`domain/devices.py`); with the token they are a user like any other. Roles live in memberships alone: a link that is
taken back takes no role away, and who leaves a band loses no device.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from collab.domain.access import Right, Role
from collab.domain.bands import Band, User
from collab.domain.devices import Device, Ending, ended, new_device, shown
from collab.domain.errors import Forbidden, NotFound, TokenInvalid, TokenMissing
from collab.domain.invitations import Invitation, Purpose, band_invitation, device_link, first_link
from collab.domain.strings import cleaned_line, require_name
from collab.services.bands.directory import Directory
from collab.services.bands.membership import MembershipService
from collab.services.door.secrets import Credential, Credentials, digest_of, new_secret
from collab.services.door.store import DoorEvent, DoorStore, Found, LetIn, Logged
from collab.services.ports import Clock

TOKEN_FOR = timedelta(minutes=10)
"""How long a token of a device lasts: so long, at most, does one that was signed out go on."""


class Signer(Protocol):
    def sign(self, user: User, ttl: timedelta, now: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks, as far as headers say: an address, and what their browser calls itself."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who came in. `credential` is what their device holds from now on; None where it holds one already."""

    user: User
    token: str
    expires_at: datetime
    credential: str | None
    band: Band | None = None
    role: Role | None = None


class Door:
    def __init__(
        self,
        store: DoorStore,
        directory: Directory,
        membership: MembershipService,
        signer: Signer,
        credentials: Credentials,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._directory = directory
        self._membership = membership
        self._signer = signer
        self._credentials = credentials
        self._clock = clock
        self._new_id = new_id

    async def invite(
        self, user: User, band_id: str, role: Role, max_uses: int, lasts: timedelta
    ) -> tuple[Invitation, str]:
        """A new link to a band, and its secret, which nobody can find out later."""
        await self._require_owner(user, band_id)
        invitation = band_invitation(
            self._new_id(), band_id, role, user.id, max_uses=max_uses, lasts=lasts, now=self._clock.now()
        )
        secret = new_secret()
        log = self._logged("invited", user_id=user.id, band_id=band_id, invitation_id=invitation.id)
        await self._store.add_invitation(invitation, digest_of(secret), log)
        return invitation, secret

    async def invitations(self, user: User, band_id: str) -> list[Invitation]:
        await self._require_owner(user, band_id)
        return await self._store.open_invitations(band_id, self._clock.now())

    async def revoke_invitation(self, user: User, band_id: str, invitation_id: str) -> None:
        await self._require_owner(user, band_id)
        log = self._logged("invitation revoked", user_id=user.id, band_id=band_id, invitation_id=invitation_id)
        await self._store.revoke_invitation(band_id, invitation_id, log)

    async def link_device(self, user: User) -> tuple[Invitation, str]:
        """A link that lets the user in on another device, once and soon; and its secret."""
        invitation, secret = device_link(self._new_id(), user.id, self._clock.now()), new_secret()
        log = self._logged("device linked", user_id=user.id, invitation_id=invitation.id)
        await self._store.add_invitation(invitation, digest_of(secret), log)
        return invitation, secret

    async def look(self, secret: str) -> Found:
        """What a link is for, before it is used. `NotFound` where it lets nobody in."""
        found = await self._store.find(digest_of(secret))
        if found is None:
            raise NotFound("no such link: it may have been copied by halves")
        found.invitation.require_open(self._clock.now())
        return found

    async def join(self, secret: str, name: str | None, here: User | None, visitor: Visitor) -> SignedIn:
        """Opens a link: as the user who is signed in here, or as somebody new, by a name, on a new device."""
        found = await self.look(secret)
        is_device_link = found.invitation.purpose is Purpose.DEVICE
        if is_device_link and here is not None:
            raise Forbidden("this link is for another device, or for somebody who has signed out here")
        user = here or (None if is_device_link else User(self._new_id(), require_name("name", name or "")))
        device = None if here else new_device(self._new_id(), "", cleaned_line(visitor.label), self._clock.now())
        device_id = None if device is None else device.id
        log = self._logged("joined" if found.band else "came in", device_id=device_id, address=visitor.address)
        let_in = await self._let_in(found.band, digest_of(secret), user, device, log)
        return self._signed_in(let_in.user, device, let_in.band, let_in.role)

    async def _let_in(
        self, band: Band | None, digest: str, user: User | None, device: Device | None, log: Logged
    ) -> LetIn:
        if band is None:
            return await self._store.let_in(digest, user, device, log)
        async with self._membership.letting_in(band.id) as put:
            let_in = await self._store.let_in(digest, user, device, log)
            if let_in.is_new_role and let_in.role is not None:
                put(let_in.user.id, let_in.role)
            return let_in

    async def refresh(self, credential: str | None, visitor: Visitor) -> SignedIn:
        """A token for who holds a device, and what it is to show the next time. `TokenMissing` where it shows nothing;
        `TokenInvalid` where it is signed out, which a copy makes it (`domain/devices.py`)."""
        now, what = self._clock.now(), self._read(credential)
        log = self._logged("copied", address=visitor.address)
        found = await self._store.show(what.device_id, lambda device: shown(device, what.link, now), log)
        if found is None or found[0].ended_at is not None:
            raise TokenInvalid("this device is signed out: open a link again")
        device, user = found
        return self._signed_in(user, device)

    async def sign_out(self, credential: str | None, visitor: Visitor) -> None:
        """Whoever shows a credential of this server's may end its device, whichever link it is of."""
        if credential is not None and (what := self._credentials.read(credential)) is not None:
            await self._end(what.device_id, "signed out", visitor.address)

    async def devices(self, user: User, credential: str | None) -> list[tuple[Device, bool]]:
        """Those of a user, and of each whether it is the one that shows this credential."""
        here, now = None if credential is None else self._credentials.read(credential), self._clock.now()
        found = [device for device in await self._store.devices(user.id) if device.is_signed_in(now)]
        return [(device, here is not None and device.id == here.device_id) for device in found]

    async def revoke_device(self, user: User, device_id: str, visitor: Visitor) -> None:
        """Signs out a device of one's own."""
        if all(device.id != device_id for device in await self._store.devices(user.id)):
            raise NotFound(f"expected a device of yours that is signed in, got {device_id!r}")
        await self._end(device_id, "device revoked", visitor.address)

    async def _end(self, device_id: str, event: DoorEvent, address: str) -> None:
        ending: Ending = "revoked" if event == "device revoked" else "signed out"
        now, log = self._clock.now(), self._logged(event, address=address)
        await self._store.show(device_id, lambda device: ended(device, ending, now), log)

    async def _require_owner(self, user: User, band_id: str) -> None:
        await self._directory.learn_band(user, band_id)
        self._directory.require_band(user, band_id, Right.MANAGE, as_operator=True)

    def _read(self, credential: str | None) -> Credential:
        if credential is None:
            raise TokenMissing("nobody is signed in on this device: open a link")
        what = self._credentials.read(credential)
        if what is None:
            raise TokenInvalid("this device is signed out: open a link again")
        return what

    def _signed_in(
        self, user: User, device: Device | None, band: Band | None = None, role: Role | None = None
    ) -> SignedIn:
        now = self._clock.now()
        credential = None if device is None else self._credentials.write(Credential(device.id, device.link))
        return SignedIn(user, self._signer.sign(user, TOKEN_FOR, now), now + TOKEN_FOR, credential, band, role)

    def _logged(
        self,
        event: DoorEvent,
        *,
        user_id: str | None = None,
        band_id: str | None = None,
        invitation_id: str | None = None,
        device_id: str | None = None,
        address: str | None = None,
    ) -> Logged:
        return Logged(self._new_id(), self._clock.now(), event, user_id, band_id, invitation_id, device_id, address)


async def first_link_of(store: DoorStore, new_id: Callable[[], str], now: datetime) -> str | None:
    """The secret of a new link that lets the first band's owner in; None where there is a band already."""
    secret = new_secret()
    has_been_added = await store.add_first_link(first_link(new_id(), now), digest_of(secret))
    return secret if has_been_added else None
