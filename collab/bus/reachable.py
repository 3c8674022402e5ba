"""Whether a bus can be reached, for operators who ask."""

import time

import redis
from redis.exceptions import RedisError

from collab.bus.resp import Address
from collab.domain.errors import Unavailable

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
