"""What the loggers `socketio` and `engineio` say at DEBUG, by which whoever knows those libraries looks for a fault:
events, rooms and packets by their names and sizes. No payload and no token is ever among it.

The libraries' own lines would have both. Whoever calls these asks first whether they are heard: most calls are made for
each message.
"""

import logging

from collab.domain.errors import shown

SOCKETIO = logging.getLogger("socketio")
ENGINEIO = logging.getLogger("engineio")


def are_events_told() -> bool:
    return SOCKETIO.isEnabledFor(logging.DEBUG)


def event_came(event: str, session_id: str, user_id: str) -> None:
    SOCKETIO.debug('received event "%s" from %s (%s) [payload struck out]', event, session_id, shown(user_id))


def event_left(event: str, to: str, recipients: int) -> None:
    SOCKETIO.debug('emitting event "%s" to %s [%d sessions, payload struck out]', event, shown(to), recipients)


def entered(session_id: str, room: str) -> None:
    SOCKETIO.debug("%s is entering room %s", session_id, shown(room))


def left(session_id: str, room: str) -> None:
    SOCKETIO.debug("%s is leaving room %s", session_id, shown(room))


def are_packets_told() -> bool:
    return ENGINEIO.isEnabledFor(logging.DEBUG)


def packet_came(connection_id: str, length: int) -> None:
    ENGINEIO.debug("%s: received packet MESSAGE, %d characters [data struck out]", connection_id, length)


def packet_left(connection_id: str, length: int) -> None:
    ENGINEIO.debug("%s: sending packet MESSAGE, %d bytes [data struck out]", connection_id, length)


def opened(connection_id: str) -> None:
    ENGINEIO.debug("%s: opened", connection_id)


def closed(connection_id: str, reason: str) -> None:
    ENGINEIO.debug("%s: closed (%s)", connection_id, reason)
