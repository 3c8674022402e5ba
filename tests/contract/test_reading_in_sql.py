"""The questions that admins ask in plain SQL, word for word as the docs have them, on every database."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set
from collab.engine import Engine
from collab.storage.engine import sync_url
from tests.docs.pages import DOCS, section
from tests.support.clock import ManualClock
from tests.support.serving import settings_for

pytestmark = pytest.mark.asyncio

ADA, BEN = User("ada", "Ada (trumpet)"), User("ben", "Ben (sousaphone)")

# The same band and the same evenings as there.
EVENINGS: Sequence[tuple[str, User, Sequence[Op]]] = (
    ("2026-11-17 19:02:11", BEN, [Set("iko", "key", "G")]),
    ("2026-11-17 19:05:40", ADA, [Insert(Item("tiger", "song", "a3", {"title": "Tiger Rag", "key": "Ab"}))]),
    ("2026-11-18 21:30:02", BEN, [Move("tiger", "Zz"), Set("tiger", "tempo", 248)]),
    ("2026-11-19 10:12:55", ADA, [Set("iko", "key", "F")]),
    ("2026-11-20 08:00:31", BEN, [Remove("panama")]),
)


def _questions() -> list[str]:
    return _blocks("sql")


def _blocks(language: str) -> list[str]:
    shown = section(DOCS / "use.md", "Reading the history in SQL")
    return re.findall(rf"```{language}\n(.*?)```", shown, re.DOTALL)


@pytest_asyncio.fixture
async def database(any_database_url: str) -> AsyncIterator[str]:
    clock = ManualClock(datetime(2026, 11, 16, 20, tzinfo=UTC))
    engine = Engine(settings_for(any_database_url), clock=clock)
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile Brass Band")
        await engine.membership.put_member(ADA, band.id, "ben", Role.EDITOR, BEN.name)
        items = [
            Item("iko", "song", "a0", {"title": "Iko Iko", "key": "F", "tempo": 176}),
            Item("panama", "song", "a1", {"title": "Panama", "key": "Eb"}),
            Item("rest", "break", "a2", {"title": "Break", "duration": 900}),
        ]
        setlist = await engine.contents.create(ADA, band.id, "setlist", "Friday, Blue Nile", items=items)
        for version, (at, who, ops) in enumerate(EVENINGS):
            clock.current = datetime.fromisoformat(at).replace(tzinfo=UTC)
            edit_id = f"00000000-0000-4000-8000-{version:012}"
            await engine.editing.edit(who, None, setlist.id, edit_id=edit_id, base_version=version, ops=tuple(ops))
    yield any_database_url


def _rows(url: str, question: str) -> list[tuple[str, ...]]:
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            return [
                tuple("" if cell is None else str(cell) for cell in row) for row in connection.execute(text(question))
            ]
    finally:
        engine.dispose()


async def test_who_changed_the_key_of_a_song_and_when(database: str) -> None:
    rows = _rows(database, _questions()[0])
    assert [(author, key) for _, author, key in rows] == [
        ("Ada (trumpet)", "F"),
        ("Ben (sousaphone)", "G"),
        ("Ada (trumpet)", "F"),
    ]
    assert [at[:19] for at, _, _ in rows] == ["2026-11-16 20:00:00", "2026-11-17 19:02:11", "2026-11-19 10:12:55"]


async def test_everything_that_a_member_did_in_a_week(database: str) -> None:
    assert [row[1:] for row in _rows(database, _questions()[1])] == [
        ("Friday, Blue Nile", "set", "iko", "key", "G"),
        ("Friday, Blue Nile", "move", "tiger", "position", "Zz"),
        ("Friday, Blue Nile", "set", "tiger", "tempo", "248"),
        ("Friday, Blue Nile", "remove", "panama", "position", ""),
    ]


async def test_the_setlist_as_of_a_date(database: str) -> None:
    as_of = _questions()[2]
    assert _rows(database, as_of) == [
        ("Tiger Rag", "Ab", "248"), ("Iko Iko", "G", "176"), ("Panama", "Eb", ""), ("Break", "", ""),
    ]  # fmt: skip
    assert "2026-11-19" in as_of
    assert [row[0] for row in _rows(database, as_of.replace("2026-11-19", "2026-11-17"))] == [
        "Iko Iko",
        "Panama",
        "Break",
    ]
    assert [row[:2] for row in _rows(database, as_of.replace("2026-11-19", "2026-11-21"))] == [
        ("Tiger Rag", "Ab"), ("Iko Iko", "F"), ("Break", ""),
    ]  # fmt: skip


async def test_the_page_shows_what_comes_out(database: str) -> None:
    for question, shown in zip(_questions(), _blocks("text"), strict=True):
        lines = [line.split() for line in shown.splitlines()[2:]]
        assert [_words(" ".join(row).split()) for row in _rows(database, question)] == [_words(line) for line in lines]


def _words(line: list[str]) -> list[str]:
    """Without the time of day, which databases write in their own ways."""
    return [word for word in line if ":" not in word]
