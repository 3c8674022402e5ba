"""How often a stranger may knock: by address, since nobody knows yet who it is."""

from ipaddress import IPv6Address, ip_address

from cachetools import LRUCache

from collab.domain.errors import RateLimited
from collab.domain.rates import Bucket, Rate
from collab.services.ports import Clock

_MAX_ADDRESSES = 10_000

_NETWORK_BITS = 64
"""What one customer has of IPv6, at least: an address of theirs is none of its own."""


class DoorRates:
    """Without a rate everybody may knock as often as they like."""

    def __init__(self, rate: Rate | None, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: LRUCache[str, Bucket] = LRUCache(_MAX_ADDRESSES)

    def take(self, address: str) -> None:
        """`RateLimited` where this address has knocked too often."""
        if self._rate is None:
            return
        now_s = self._clock.now().timestamp()
        network = _network(address)
        bucket = self._buckets.get(network)
        if bucket is None:
            bucket = self._buckets[network] = Bucket(self._rate, now_s)
        if wait_s := bucket.wait_s(now_s):
            raise RateLimited(f"expected fewer tries from one address; try again in {wait_s:.3f} s", wait_s)
        bucket.spend()


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address) or parsed.ipv4_mapped is not None:
        return address
    return str(int(parsed) >> (128 - _NETWORK_BITS))
