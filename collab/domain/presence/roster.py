"""Presence: who is in a room and where each one is working. A change and the time go in; a roster and a diff come out.

The shape is Phoenix Presence's: pure state, `now` an argument, joins and leaves as the result. The laws:

- The same change again changes nothing.
- Folding the diffs over what a roster showed gives what it shows now, but for when a session was last heard of.
- The people in the roster are those who joined and have not left; for each of them the two take turns.
- A session whose connection broke is in no roster after its grace.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from collab.domain.bands import User
from collab.domain.ot.edits import Edit
from collab.domain.presence.focus import Focus, follow
from collab.domain.record import record
from collab.domain.times import rfc3339

Status: TypeAlias = Literal["active", "idle"]

CLOCK_SKEW = timedelta(seconds=5)
"""The clocks of several nodes differ by less, and one that is set anew by more."""


@record
class Presence:
    """One session in one room. `lingers_until` is set once its connection is broken: it may yet be replaced.

    `node` names the node that the session is on, where that is another one: it alone says what the session does.
    """

    session_id: str
    user: User
    joined_at: datetime
    last_seen: datetime
    status: Status = "active"
    focus: Focus | None = None
    lingers_until: datetime | None = None
    node: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "session_id": self.session_id,
            "user": self.user.to_json(),
            "status": self.status,
            "focus": None if self.focus is None else self.focus.to_json(),
            "joined_at": rfc3339(self.joined_at),
            "last_seen": rfc3339(self.last_seen),
        }


@record
class Left:
    """A user whose last session has left a room."""

    user_id: str
    last_seen: datetime


@record
class Diff:
    """What a change made different: people who came and went, sessions that are new or changed, sessions gone."""

    joined: tuple[User, ...] = ()
    left: tuple[Left, ...] = ()
    updated: tuple[Presence, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.updated or self.gone)


@record
class Roster:
    """The sessions in a room, by session id, in the order in which they came."""

    sessions: Mapping[str, Presence] = field(default_factory=dict)

    def has_user(self, user_id: str) -> bool:
        return any(presence.user.id == user_id for presence in self.sessions.values())

    def has_focus(self) -> bool:
        """Whether anybody in the room is somewhere in particular."""
        return any(presence.focus is not None for presence in self.sessions.values())

    def to_json(self) -> list[dict[str, Any]]:
        return [presence.to_json() for presence in self.sessions.values()]


Change: TypeAlias = tuple[Roster, Diff]


def enter(roster: Roster, session_id: str, user: User, now: datetime) -> Change:
    """A session comes in. It takes the place of one of its user's whose connection broke, if there is such."""
    if session_id in roster.sessions:
        return roster, Diff()
    presence = Presence(session_id, user, joined_at=now, last_seen=now)
    is_new = not roster.has_user(user.id)
    replaced = _longest_broken(roster, user.id)
    rest = _without(roster.sessions, replaced)
    return Roster({**rest, session_id: presence}), Diff(
        joined=(user,) if is_new else (), updated=(presence,), gone=tuple(replaced)
    )


def leave(roster: Roster, session_id: str, now: datetime) -> Change:
    """A session goes, of its own will or by somebody else's: at once."""
    presence = roster.sessions.get(session_id)
    if presence is None:
        return roster, Diff()
    return _drop(roster, {session_id: replace(presence, last_seen=now)})


def lose(roster: Roster, session_id: str, now: datetime, grace: timedelta) -> Change:
    """The connection of a session broke. It stays for the grace, so that its user's return is no news."""
    if grace <= timedelta(0):
        return leave(roster, session_id, now)
    presence = _connected(roster, session_id)
    if presence is None:
        return roster, Diff()
    return _put(roster, [replace(presence, last_seen=now, lingers_until=now + grace)]), Diff()


def hear(roster: Roster, session_id: str, now: datetime, *, is_waking: bool = True) -> Change:
    """A word came from a session; one that wakes makes an idle session active."""
    presence = _connected(roster, session_id)
    if presence is None:
        return roster, Diff()
    return update(roster, session_id, now, "active" if is_waking else presence.status, presence.focus)


def update(roster: Roster, session_id: str, now: datetime, status: Status, focus: Focus | None) -> Change:
    """A session says what it does. The same again changes nothing but when it was last seen."""
    presence = _connected(roster, session_id)
    if presence is None:
        return roster, Diff()
    changed = replace(presence, status=status, focus=focus, last_seen=now)
    is_news = (status, focus) != (presence.status, presence.focus)
    return _put(roster, [changed]), Diff(updated=(changed,) if is_news else ())


def elapse(roster: Roster, now: datetime, idle_after: timedelta) -> Change:
    """What has come about by the time alone: whose grace is over has gone, who has long been silent is idle.

    That somebody on another node is idle, that node says.

    Who was last seen much later than now was seen before the clock was set back. Nobody knows how long ago that is:
    it counts as the whole grace, and as no silence at all.
    """
    latest = now + CLOCK_SKEW
    over = {
        session_id: presence
        for session_id, presence in roster.sessions.items()
        if presence.lingers_until is not None and (presence.lingers_until <= now or presence.last_seen > latest)
    }
    rest, diff = _drop(roster, over)
    seen = [replace(presence, last_seen=now) for presence in _awake(rest) if presence.last_seen > latest]
    dozing = [replace(presence, status="idle") for presence in _awake(rest) if presence.last_seen + idle_after <= now]
    return _put(rest, [*seen, *dozing]), replace(diff, updated=tuple(dozing))


def next_due(roster: Roster, idle_after: timedelta) -> datetime | None:
    """When `elapse` will have something to do, unless something else happens before."""
    ends = [presence.lingers_until for presence in roster.sessions.values() if presence.lingers_until is not None]
    return min([*ends, *(presence.last_seen + idle_after for presence in _awake(roster))], default=None)


def edited(roster: Roster, edit: Edit) -> Change:
    """Focus follows an edit of the room's content: that of this node's sessions.

    The session that made it knows best where it is, and its focus reckons with what it has typed already; only
    an undo, which the server worked out, moves its own focus too. On an item that is gone nobody is.
    """
    moved: list[Presence] = []
    for presence in roster.sessions.values():
        is_own = presence.session_id == edit.session_id and edit.undoes is None
        if presence.focus is not None and presence.node is None:
            focus = follow(presence.focus, edit)
            if focus != presence.focus and (focus is None or not is_own):
                moved.append(replace(presence, focus=focus))
    return (_put(roster, moved), Diff(updated=tuple(moved))) if moved else (roster, Diff())


def merge(roster: Roster, updated: Sequence[Presence], gone: Iterable[str]) -> Change:
    """Takes over what another node says: the state of some sessions, and which are no more."""
    dropped = {session_id: roster.sessions[session_id] for session_id in gone if session_id in roster.sessions}
    taken = [presence for presence in updated if presence.session_id not in dropped]
    joined = {presence.user.id: presence.user for presence in taken if not roster.has_user(presence.user.id)}
    news = [presence for presence in taken if _is_news(roster.sessions.get(presence.session_id), presence)]
    rest, diff = _drop(_put(roster, taken), dropped)
    return rest, replace(diff, joined=tuple(joined.values()), updated=tuple(news))


def touched(before: Roster, after: Roster) -> list[str]:
    """The sessions that a change did anything to, but for those that another node speaks for: what they are now
    stands in the roster, or they have gone."""
    changed = [
        session_id
        for session_id, presence in after.sessions.items()
        if presence.node is None and before.sessions.get(session_id) is not presence
    ]
    return changed + [session_id for session_id in before.sessions if session_id not in after.sessions]


@record
class Person:
    """A user and their sessions in several rooms: pairs of a room's name and a presence."""

    user: User
    sessions: tuple[tuple[str, Presence], ...]

    def to_json(self) -> dict[str, Any]:
        everywhere = [presence for _, presence in self.sessions]
        return {
            "user": self.user.to_json(),
            "status": "active" if any(presence.status == "active" for presence in everywhere) else "idle",
            "last_seen": rfc3339(max(presence.last_seen for presence in everywhere)),
            "sessions": [{"room": room, **presence.to_json()} for room, presence in self.sessions],
        }


def by_person(rosters: Iterable[tuple[str, Roster]]) -> list[Person]:
    """The people in some rooms, by name, each with their sessions."""
    found: dict[str, list[tuple[str, Presence]]] = {}
    for room, roster in rosters:
        for presence in roster.sessions.values():
            found.setdefault(presence.user.id, []).append((room, presence))
    people = [Person(sessions[0][1].user, tuple(sessions)) for sessions in found.values()]
    return sorted(people, key=lambda person: (person.user.name, person.user.id))


def _connected(roster: Roster, session_id: str) -> Presence | None:
    presence = roster.sessions.get(session_id)
    return None if presence is None or presence.lingers_until is not None else presence


def _awake(roster: Roster) -> list[Presence]:
    return [
        presence
        for presence in roster.sessions.values()
        if presence.status == "active" and presence.lingers_until is None and presence.node is None
    ]


def _is_news(before: Presence | None, after: Presence) -> bool:
    return before is None or (before.status, before.focus) != (after.status, after.focus)


def _longest_broken(roster: Roster, user_id: str) -> list[str]:
    """The session of a user that broke first, if any did."""
    broken = [
        (presence.lingers_until, presence.session_id)
        for presence in roster.sessions.values()
        if presence.user.id == user_id and presence.lingers_until is not None
    ]
    return [min(broken)[1]] if broken else []


def _drop(roster: Roster, gone: Mapping[str, Presence]) -> Change:
    if not gone:
        return roster, Diff()
    rest = Roster(_without(roster.sessions, gone))
    last_seen: dict[str, datetime] = {}
    for presence in gone.values():
        user_id = presence.user.id
        if not rest.has_user(user_id):
            last_seen[user_id] = max(presence.last_seen, last_seen.get(user_id, presence.last_seen))
    return rest, Diff(left=tuple(Left(*entry) for entry in last_seen.items()), gone=tuple(gone))


def _put(roster: Roster, changed: Iterable[Presence]) -> Roster:
    return Roster({**roster.sessions, **{presence.session_id: presence for presence in changed}})


def _without(sessions: Mapping[str, Presence], gone: Iterable[str]) -> dict[str, Presence]:
    gone = set(gone)
    return {session_id: presence for session_id, presence in sessions.items() if session_id not in gone}
