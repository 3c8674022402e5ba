"""The door's calls. A link and a cookie say more than a user's token, so that each is looked at in its own way.

The cookie says who a device is, and nothing else is answered by it than these calls. A page of another site can't use
it: browsers send it with what this site's own pages ask (`SameSite=Strict`), what comes with an `Origin` must come from
this one (RFC 6454), and a body has to be JSON, which no form sends. Each time that somebody comes in the cookie is a
new one, so that nobody's can be foisted on another. By https it can be set by this host alone (`__Host-`).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.devices import KEPT_FOR, label_of
from collab.domain.errors import Forbidden
from collab.domain.times import rfc3339
from collab.http.openapi import OF_A_BAND, SIGNED_IN, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.http.traffic import Traffic
from collab.protocol import rest_answers
from collab.protocol.base import KnownId, OldId
from collab.protocol.events import Json
from collab.protocol.rest import Invite, Join, Look, band_json
from collab.services.door.door import Door, SignedIn, Visitor
from collab.services.door.rates import DoorRates
from collab.services.ports import UNMETERED, Meter
from collab.services.rates import Rates

_OF_STRANGERS = ("invalid", "forbidden", "not_found", "too_large", "rate_limited", "unavailable")
_OF_A_DEVICE = ("token_missing", "token_invalid", "forbidden", "rate_limited", "unavailable")

_COOKIE = "collab-device"


def _no_token() -> None:
    """Nothing stands in the header for these calls."""


class Stranger(Caller):
    """Somebody of whom nothing is known but where they call from. `is_own` says whether a request comes from a page of
    this server's, or from no page."""

    def __init__(
        self,
        door_rates: DoorRates,
        is_own: Callable[[Request], bool],
        rates: Rates,
        traffic: Traffic,
        ready: Callable[[], Awaitable[None]],
        meter: Meter = UNMETERED,
    ) -> None:
        super().__init__(rates, traffic, ready, meter)
        self._door_rates = door_rates
        self._is_own = is_own

    async def __call__(
        self, request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_no_token)]
    ) -> User:
        return _at(request)

    async def identify(self, request: Request) -> User:
        if not self._is_own(request):
            raise Forbidden("expected a page of this server's own: nobody comes in from another site")
        stranger = _at(request)
        self._door_rates.take(stranger.name)
        await self._ready()
        return stranger

    async def admit(self, user: User, path: Mapping[str, str]) -> None:
        """They may knock."""


class DoorRoute(AnsweringRoute):
    """What strangers send is small."""

    max_body_bytes: ClassVar[int] = 4_000


def door_router(door: Door, caller: Caller, stranger: Stranger) -> APIRouter:
    """The door's calls; `caller` finds who is signed in."""
    router = APIRouter(prefix="/api", tags=["door"], route_class=DoorRoute)
    Me = Annotated[User, Depends(caller)]
    Anybody = Annotated[User, Depends(stranger)]

    @router.post("/join/look", **documented(rest_answers.OpenedLink, *_OF_STRANGERS, body=Look))
    async def look(_who: Anybody, body: Look) -> Json:
        """What a link is for; it is not used up."""
        found = await door.look(body.secret)
        return {
            "purpose": found.invitation.purpose,
            "band": found.band and found.band.name,
            "role": found.invitation.role,
            "user": found.person and found.person.to_json(),
            "expires_at": rfc3339(found.invitation.expires_at),
        }

    @router.post("/join", **documented(rest_answers.SignedIn, *_OF_STRANGERS, "token_invalid", body=Join))
    async def join(_who: Anybody, body: Join, request: Request, response: Response) -> Json:
        """Opens a link. Who is new gives a name, and their device stays signed in; who shows a token comes in as they
        are."""
        here = await caller.identify(request) if "authorization" in request.headers else None
        return _let_in(request, response, await door.join(body.secret, body.name, here, _visitor(request)))

    @router.post("/device/token", **documented(rest_answers.SignedIn, *_OF_A_DEVICE))
    async def token(_who: Anybody, request: Request, response: Response) -> Json:
        """A token for who is signed in on this device, by its cookie, which changes."""
        return _let_in(request, response, await door.refresh(_shown_by(request), _visitor(request)))

    @router.delete("/device", **documented(None, *_OF_A_DEVICE, status=204))
    async def sign_out(_who: Anybody, request: Request, response: Response) -> None:
        """Signs this device out."""
        await door.sign_out(_shown_by(request), _visitor(request))
        response.delete_cookie(_name(request), path="/", secure=_is_safe(request), httponly=True, samesite="strict")

    @router.get("/me/devices", **documented(rest_answers.Devices, *SIGNED_IN))
    async def devices(user: Me, request: Request) -> Json:
        """The user's devices that are signed in."""
        found = await door.devices(user, _shown_by(request))
        return {"devices": [{**device.to_json(), "is_this": is_this} for device, is_this in found]}

    @router.delete("/me/devices/{device_id}", **documented(None, *SIGNED_IN, "not_found", status=204))
    async def revoke_device(user: Me, device_id: OldId, request: Request) -> None:
        """Signs out a device of one's own."""
        await door.revoke_device(user, device_id, _visitor(request))

    @router.post("/me/device-links", **documented(rest_answers.DeviceLink, *SIGNED_IN, status=201))
    async def link_device(user: Me) -> Json:
        """A link that lets the user in on another device."""
        invitation, secret = await door.link_device(user)
        return {"secret": secret, "expires_at": rfc3339(invitation.expires_at)}

    @router.get("/bands/{band_id}/invitations", **documented(rest_answers.Invitations, *OF_A_BAND))
    async def invitations(user: Me, band_id: KnownId) -> Json:
        """The links to a band that are open."""
        return {"invitations": [invitation.to_json() for invitation in await door.invitations(user, band_id)]}

    @router.post(
        "/bands/{band_id}/invitations",
        **documented(rest_answers.NewInvitation, *OF_A_BAND, "too_large", status=201, body=Invite),
    )
    async def invite(user: Me, band_id: KnownId, body: Invite) -> Json:
        """Makes a link to a band."""
        lasts = timedelta(seconds=body.lasts_s)
        invitation, secret = await door.invite(user, band_id, Role(body.role), body.max_uses, lasts)
        return {**invitation.to_json(), "secret": secret}

    @router.delete(
        "/bands/{band_id}/invitations/{invitation_id}", **documented(None, *OF_A_BAND, "not_found", status=204)
    )
    async def revoke_invitation(user: Me, band_id: KnownId, invitation_id: OldId) -> None:
        """Takes a link back. Who came in by it stays."""
        await door.revoke_invitation(user, band_id, invitation_id)

    return router


def _let_in(request: Request, response: Response, who: SignedIn) -> Json:
    if who.credential is not None:
        response.set_cookie(
            _name(request),
            who.credential,
            max_age=int(KEPT_FOR.total_seconds()),
            path="/",
            secure=_is_safe(request),
            httponly=True,
            samesite="strict",
        )
    band = None if who.band is None or who.role is None else band_json(who.band, who.role)
    return {"user": who.user.to_json(), "token": who.token, "expires_at": rfc3339(who.expires_at), "band": band}


def _at(request: Request) -> User:
    """Nobody's id has a space in it."""
    address = request.client.host if request.client else ""
    return User(f"address {address}", address)


def _visitor(request: Request) -> Visitor:
    return Visitor(_at(request).name, label_of(request.headers.get("user-agent", "")))


def _shown_by(request: Request) -> str | None:
    return request.cookies.get(_name(request))


def _name(request: Request) -> str:
    return f"__Host-{_COOKIE}" if _is_safe(request) else _COOKIE


def _is_safe(request: Request) -> bool:
    return request.url.scheme == "https"
