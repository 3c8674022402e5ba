"""Whether a bus can be reached, and who is heard on it, for operators who ask."""

import time
from collections.abc import Set

import redis
from redis.exceptions import RedisError

from collab.bus.resp import Address
from collab.domain.errors import Unavailable
from collab.services.cluster.messages import sender

ANSWER_WITHIN_S = 2.0
"""How long somebody waits who only asks whether the bus is there."""


def answer_time_s(url: str) -> float:
    """How long a bus takes to answer; blocks, and raises `Unavailable` where it does not."""
    client = redis.Redis.from_url(
        Address(url).url, socket_connect_timeout=ANSWER_WITHIN_S, socket_timeout=ANSWER_WITHIN_S
    )
    began = time.perf_counter()
    try:
        client.ping()
    except (RedisError, OSError) as error:
        raise Unavailable(f"the bus does not answer: {error}") from error
    finally:
        client.close()
    return time.perf_counter() - began


def heard_nodes(url: str, expected: Set[str], within_s: float) -> set[str]:
    """The ids of the nodes that say something on a bus, until all expected ones have, or the time is over. Blocks, and
    raises `Unavailable` where the bus lets nobody listen."""
    heard: set[str] = set()
    ends_at = time.monotonic() + within_s
    address = Address(url)
    try:
        with redis.Redis.from_url(address.url, socket_timeout=ANSWER_WITHIN_S) as client, client.pubsub() as listening:
            listening.subscribe(address.channel)
            while not expected <= heard and (left_s := ends_at - time.monotonic()) > 0:
                message = listening.get_message(ignore_subscribe_messages=True, timeout=left_s)
                if message is not None and (node := sender(message["data"])) is not None:
                    heard.add(node)
    except (RedisError, OSError) as error:
        raise Unavailable(f"nobody may listen on the bus: {error}") from error
    return heard
