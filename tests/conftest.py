"""Fixtures that every kind of test shares: a database with its schema, and a server with a band in it."""

import logging
import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.kinds import KINDS
from collab.domain.ot.ops import Item
from collab.serving import collect_garbage_rarely
from collab.storage.engine import OF_A_NODE
from collab.storage.migrate import migrate
from tests.fault.harness import REPORTS
from tests.support.clock import ManualClock
from tests.support.databases import Databases
from tests.support.examples import register_profiles
from tests.support.postgres import create_database, postgres_server
from tests.support.serving import RunningEngine, serving, settings_for, sqlite_url
from tests.support.valkey import valkey_server

register_profiles()

FAULT = "fault"
"""The property of a test that holds what a fault under load came to."""


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "collab.db"
    migrate(sqlite_url(file))
    return file


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql", "both"],
        default="sqlite",
        help="what the servers run on; with both, each test runs on each",
    )
    parser.addoption("--full-faults", action="store_true", help="faults last as long as the table in the docs says")
    parser.addoption("--stock", action="store_true", help="uvicorn's websockets are used in their own way")


@pytest.fixture(autouse=True)
def _stock_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.config.getoption("--stock"):
        monkeypatch.setattr("collab.engineio.seams.lacking", lambda _: ["all"])


@pytest.fixture(autouse=True)
def _logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a command sets up for its log ends with its test: the stream that it writes to is closed then."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level, configure = [*root.handlers], root.level, structlog.configure
    # A cached logger would keep its stream.
    uncached = {"cache_logger_on_first_use": False}
    monkeypatch.setattr(structlog, "configure", lambda **given: configure(**given | uncached))
    yield
    configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def sqlite_database_url(empty_sqlite: Path, tmp_path: Path) -> str:
    file = tmp_path / "collab.db"
    shutil.copy(empty_sqlite, file)
    return sqlite_url(file)


@pytest.fixture(scope="session")
def postgresql_databases(postgres: str) -> Databases:
    migrate(create_database(postgres, "with_schema"))
    return Databases(postgres, "with_schema")


@pytest.fixture
def postgresql_database_url(postgresql_databases: Databases) -> Iterator[str]:
    with postgresql_databases.taken() as url:
        yield url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialect" in metafunc.fixturenames and metafunc.config.getoption("--database") == "both":
        needs_one = metafunc.definition.get_closest_marker("one_database") is not None
        metafunc.parametrize("dialect", ["sqlite"] if needs_one else ["sqlite", "postgresql"])


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """The database that `--database` names."""
    return str(request.config.getoption("--database"))


@pytest.fixture
def database_url(request: pytest.FixtureRequest, dialect: str) -> str:
    """A fresh database of that dialect."""
    url: str = request.getfixturevalue(f"{dialect}_database_url")
    return url


@pytest.fixture
def whole_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that waits is committed together, however long that takes on a busy machine."""
    monkeypatch.setattr("collab.storage.batch.BUDGET_S", 60.0)


@pytest.fixture
def unhurried(whole_commits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No transaction is given up for its time: what a story comes to does not hang on how busy the machine is."""
    monkeypatch.setattr("collab.storage.writer.GIVE_UP_AFTER_S", 3_600.0)
    for bound in OF_A_NODE:
        monkeypatch.setitem(OF_A_NODE, bound, "0")


@pytest.fixture
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test registers, the next one does not see."""
    monkeypatch.setattr(KINDS, "_by_name", {kind.name: kind for kind in KINDS})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def server(database_url: str, clock: ManualClock) -> AsyncIterator[RunningEngine]:
    """A server on a fresh database, with a clock that the test moves."""
    async with serving(settings_for(database_url), clock) as running:
        yield running


@dataclass(frozen=True)
class Gig:
    """A band with an owner (ada), an editor (ben) and a viewer (dex), and its setlist of two songs and a break."""

    band_id: str
    setlist_id: str

    @property
    def band_room(self) -> str:
        return f"band_{self.band_id}"

    @property
    def room(self) -> str:
        return f"content_{self.setlist_id}"


@pytest_asyncio.fixture
async def gig(server: RunningEngine) -> Gig:
    """The band that most tests play with."""
    return await make_gig(server)


async def make_gig(server: RunningEngine) -> Gig:
    ada = User("ada", "Ada")
    band = await server.engine.membership.create_band(ada, "Blue Nile")
    await server.engine.membership.put_member(ada, band.id, "ben", Role.EDITOR, "Ben")
    await server.engine.membership.put_member(ada, band.id, "dex", Role.VIEWER, "Dex")
    items = [
        Item("iko", "song", "a0", {"title": "Iko Iko", "key": "F", "tempo": 176, "duration": 225}),
        Item("rest", "break", "a1", {"title": "Break", "duration": 900}),
        Item("saints", "song", "a2", {"title": "When the Saints", "key": "Bb", "tempo": 184, "duration": 240}),
    ]
    fields = {"venue": "Blue Nile", "notes": "doors at 8"}
    setlist = await server.engine.contents.create(ada, band.id, "setlist", "Friday", fields, items)
    return Gig(band.id, setlist.id)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server."""
    with postgres_server() as running:
        yield running.url


@pytest.fixture(scope="session")
def bus_url() -> Iterator[str]:
    """A Valkey server."""
    with valkey_server() as running:
        yield running.url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each sort that the engine runs on."""
    url: str = request.getfixturevalue(f"{request.param}_database_url")
    return url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a developer's machine may lack and skip, fails in CI."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and os.environ.get("CI"):
        report.outcome, report.longrepr = "failed", f"in CI no test may be skipped: {report.longrepr[2]}"
    return report


def pytest_collection_finish() -> None:
    """As the server does; with all that is imported in memory, each collection takes as long as a test."""
    collect_garbage_rarely()


def pytest_runtest_teardown(item: pytest.Item) -> None:
    # A property of the test travels to the process that prints.
    while REPORTS:
        report = REPORTS.pop(0)
        item.user_properties.append((FAULT, (str(report), report.checked, len(report.losses))))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the faults came to is printed at the end of the run."""
    ended = [report for report in terminalreporter.stats.get("", []) if report.when == "teardown"]
    faults = [value for report in ended for name, value in report.user_properties if name == FAULT]
    if faults:
        terminalreporter.section("faults")
        for line, _, _ in faults:
            terminalreporter.write_line(line)
        checked, losses = (sum(fault[part] for fault in faults) for part in (1, 2))
        terminalreporter.write_line(f"{len(faults)} faults, {checked} edits checked, {losses} losses")
