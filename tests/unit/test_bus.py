"""Which bus a URL names."""

import pytest
from pydantic import ValidationError

from collab.bus.redis_bus import RedisBus
from tests.support.serving import settings_for


@pytest.mark.parametrize("scheme", ["redis", "rediss", "valkey", "valkeys"])
def test_a_bus_is_redis_or_valkey(scheme: str) -> None:
    url = f"{scheme}://bus:6379/3"
    assert settings_for("sqlite+aiosqlite:///x.db", bus_url=url).bus_url == url
    # Installations on one server are told apart by the number of the database: channels know nothing of it.
    assert RedisBus(url).channel == "collab:3"


def test_without_a_number_it_is_the_first_database() -> None:
    assert RedisBus("valkey://bus").channel == "collab:0"


def test_another_bus_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValidationError, match="redis://"):
        settings_for("sqlite+aiosqlite:///x.db", bus_url="amqp://bus")


def test_an_empty_url_is_no_bus() -> None:
    assert settings_for("sqlite+aiosqlite:///x.db", bus_url="").bus_url is None
