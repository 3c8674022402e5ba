"""Devices: how a browser stays signed in, by a credential that changes with its use. The time is an argument.

A device has a chain of credentials, numbered from 1: its links. It holds one, shows it when it wants a token, and is
given the next (refresh token rotation, RFC 9700, 4.14.2). A link that is shown again later was copied: one of two has
it who should not, and nobody can tell which, so that the device is signed out.

Two things look like a copy and are none. Two tabs show the same link at once: for some seconds (`GRACE`) a link is not
followed by another one, and the one before it is good too; both tabs are given the same. And an answer is lost on the
road: the link before the last is good for as long as the last was never shown; then the last one, which nobody has
seen, is passed over, so that whoever did see it (a thief of that answer) is found out.

| shown | and | then |
| --- | --- | --- |
| the last link | within the grace | it stays the last |
| the last link | later | the next one follows |
| the one that was followed | within the grace | the last one is given again |
| the one that was followed | later, the last was never shown | the next one follows, the last is passed over |
| any other | | a copy: the device is signed out |
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from collab.domain.record import record
from collab.domain.times import rfc3339

GRACE = timedelta(seconds=30)
KEPT_FOR = timedelta(days=180)
"""A device that was not seen for so long is signed out."""

MAX_DEVICES = 20
"""Of a user; one more signs out the one that was not seen for longest."""

Ending: TypeAlias = Literal["signed out", "revoked", "copied", "too many"]


@record
class Device:
    """`link` is the last of its chain, `followed` the one that was shown for it; `is_shown` says whether the last has
    been shown itself. `label` says what it is, as its browser does."""

    id: str
    user_id: str
    label: str
    created_at: datetime
    seen_at: datetime
    rotated_at: datetime
    link: int = 1
    followed: int = 0
    is_shown: bool = False
    ended_at: datetime | None = None
    ending: Ending | None = None

    def is_signed_in(self, now: datetime) -> bool:
        return self.ended_at is None and now - self.seen_at < KEPT_FOR

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "created_at": rfc3339(self.created_at),
            "last_seen": rfc3339(self.seen_at),
        }


def new_device(device_id: str, user_id: str, label: str, now: datetime) -> Device:
    return Device(device_id, user_id, label, now, now, now)


def shown(device: Device, link: int, now: datetime) -> Device:
    """The device after it showed a link of its chain: signed in, with the link that it is to hold from now on; or
    signed out. It must have been signed in."""
    is_fresh = now - device.rotated_at < GRACE
    if link == device.link:
        if is_fresh:
            return replace(device, is_shown=True, seen_at=now)
        return _followed(device, link, now)
    if link == device.followed and is_fresh:
        return replace(device, seen_at=now)
    if link == device.followed and not device.is_shown:
        return _followed(device, link, now)
    return ended(device, "copied", now)


def ended(device: Device, ending: Ending, now: datetime) -> Device:
    return replace(device, ended_at=now, ending=ending)


def _followed(device: Device, link: int, now: datetime) -> Device:
    return replace(device, link=device.link + 1, followed=link, is_shown=False, seen_at=now, rotated_at=now)


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"))
_ENGINES = (("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def label_of(user_agent: str) -> str:
    """What a device is called in a list, by what its browser says of itself: "Chrome on Android"."""
    # Nearly all name the browsers that they are like, too, so that the first that fits is theirs.
    browser = next((name for mark, name in (*_BROWSERS, *_ENGINES) if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
