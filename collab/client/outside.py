"""What the client takes from outside: sockets, ids, time and chance. A simulation gives its own."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import socketio

from collab.protocol.ids import new_id

MAX_MESSAGE_BYTES = 256 * 1024 * 1024
"""The largest message that is taken: more than any server is set to send. aiohttp's own bound is 4 MiB."""

# python-socketio and python-engineio would log every failure, also those that are handled here.
_quiet = logging.getLogger("collab.client.socketio")
_quiet.setLevel(logging.CRITICAL)


def stock_socket() -> socketio.AsyncClient:
    """A Socket.IO client that is used once."""
    return socketio.AsyncClient(
        reconnection=False,
        handle_sigint=False,
        logger=_quiet,
        engineio_logger=_quiet,
        websocket_extra_options={"max_msg_size": MAX_MESSAGE_BYTES},
    )


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Outside:
    """`now_s` is a clock that only runs on; `chance` gives numbers from 0 to below 1."""

    new_socket: Callable[[], Any] = stock_socket
    new_id: Callable[[], str] = new_id
    now: Callable[[], datetime] = _now
    now_s: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


REAL = Outside()
