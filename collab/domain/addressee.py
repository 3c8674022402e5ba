"""Addressees: whom a host application tells something."""

from collab.domain.access import BandRoom, ContentRoom, UserRoom, parse_room
from collab.domain.errors import Invalid, shown
from collab.domain.strings import require_id


def addressee(
    *,
    user: str | None = None,
    band: str | None = None,
    content: str | None = None,
    session: str | None = None,
    room: str | None = None,
) -> str:
    """The name of a room, or the id of a session; `Invalid` where not exactly one is named, or by what is no id.

    `room` is a room by its name: it says whose room is meant, since a bare id says not whether it is a user's.
    """
    named = {"user": user, "band": band, "content": content, "session": session, "room": room}
    given = {kind: value for kind, value in named.items() if value is not None}
    if len(given) != 1:
        got = " and ".join(given) or "nobody"
        raise Invalid.at("to", f"expected one addressee, user, band, content, session or room, got {got}")
    [(kind, value)] = given.items()
    match kind:
        case "user":
            return UserRoom(require_id(kind, value)).name
        case "band":
            return BandRoom(require_id(kind, value)).name
        case "content":
            return ContentRoom(require_id(kind, value)).name
        case "session":
            return require_id(kind, value)
    return _room(value)


def _room(name: str) -> str:
    try:
        return parse_room(name).name
    except Invalid:
        raise Invalid.at(
            "room",
            f"expected 'user_<id>', 'band_<id>' or 'content_<id>', got {shown(name)}, a room in which nobody ever is: "
            f"for a user of that id say user={shown(name)}",
        ) from None
