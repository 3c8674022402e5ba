"""A server for hostile input, with two bands that share nobody; and how much is tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.ot.ops import Item
from collab.storage.migrate import migrate
from tests.conftest import Gig, make_gig
from tests.support.examples import examples
from tests.support.hosted import Hosted, hosted
from tests.support.log import Log, logged
from tests.support.serving import settings_for, sqlite_url

SECRET_SONG = "Nobody outside may ever see this title"


def budget(max_examples: int, share: int = 1) -> settings:
    """So many examples, or many more (see `examples`), however Hypothesis likes them."""
    return settings(examples(max_examples, share), suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Bands:
    """The band of ada, ben and dex, and that of eve, who belongs to no other."""

    mine: Gig
    foreign: Gig


@pytest.fixture(scope="module")
def log() -> Iterator[Log]:
    with logged("INFO") as log:
        yield log


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, log: Log) -> Iterator[Hosted]:
    url = sqlite_url(tmp_path_factory.mktemp("fuzz") / Path("collab.db"))
    migrate(url)
    # No ping, which nobody would answer who is only listened to at the end.
    with hosted(settings_for(url, rate_limits=False, ping_interval_s=3_600)) as server:
        yield server


@pytest.fixture(scope="module")
def bands(server: Hosted) -> Bands:
    async def make() -> Bands:
        engine, eve = server.running.engine, User("eve", "Eve")
        mine = await make_gig(server.running)
        band = await engine.membership.create_band(eve, "The Others")
        await engine.membership.put_member(eve, band.id, "finn", Role.EDITOR, "Finn")
        items = [Item("secret", "song", "a0", {"title": SECRET_SONG})]
        setlist = await engine.contents.create(eve, band.id, "setlist", SECRET_SONG, {}, items)
        return Bands(mine, Gig(band.id, setlist.id))

    return server.run(make())
