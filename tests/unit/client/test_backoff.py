"""Back-off: waits that grow, are spread, and keep to what the server asks for."""

from collab.client.backoff import Backoff
from collab.domain.errors import RateLimited, Unavailable


def test_each_wait_is_twice_the_last_up_to_the_longest() -> None:
    backoff = Backoff(first_s=1, max_s=5, chance=lambda: 0.5)
    assert [backoff.delay_s() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.delay_s(Unavailable("later")) == 1


def test_waits_are_spread() -> None:
    waits = [Backoff(first_s=1, max_s=1).delay_s() for _ in range(200)]
    assert 0.5 <= min(waits) < 0.7
    assert 1.3 < max(waits) <= 1.5


def test_it_never_comes_sooner_than_the_server_asks() -> None:
    waits = [Backoff(first_s=1, max_s=1).delay_s(RateLimited("later", 4)) for _ in range(200)]
    assert 4 <= min(waits) < max(waits) <= 5


def test_it_goes_on_for_ever() -> None:
    backoff = Backoff(first_s=1, max_s=5)
    assert all(backoff.delay_s() <= 7.5 for _ in range(3_000))
