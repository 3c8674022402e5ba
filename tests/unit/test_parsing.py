"""Files are read by a process of their own, which ends when it has to, whatever is in the file."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from collab.domain.errors import TooLarge, Unavailable
from collab.domain.fields import Line
from collab.domain.ot.ops import Value
from collab.parsing.parser import Parser
from collab.services.songs.unpacking import ImportLimits
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

LIMITS = ImportLimits(max_bytes=10_000, max_unpacked_bytes=10_000, max_songs=3)
FILE = b"title\nIko Iko\n"
WITH_KEY = b"title,key\nIko Iko,F\n"


@dataclass(frozen=True)
class Meddling:
    """A field of a host application's own, which does something else than to look at a value."""

    what: Callable[[], str]

    def problem(self, value: Value) -> str | None:
        return self.what()


def _endless() -> str:
    while True:
        pass


def _hungry() -> str:
    return str(len(bytearray(10**11)))


def _crashing() -> str:
    os.kill(os.getpid(), signal.SIGABRT)
    return ""


def _faulty() -> str:
    raise KeyError("a fault of ours")


def _polite() -> str:
    return str(os.nice(0))


def _curious() -> str:
    return " ".join(sorted(os.environ))


async def test_a_file_is_read() -> None:
    songs = await Parser(LIMITS, 30).parse("a.csv", FILE + b",\n", {"title": Line()})
    assert [dict(entry.fields) for entry in songs.entries] == [{"title": "Iko Iko"}]


async def test_a_file_of_too_many_songs_is_too_large() -> None:
    with pytest.raises(TooLarge, match="at most 3 songs"):
        await Parser(LIMITS, 30).parse("a.csv", b"title\na\nb\nc\nd\n", {"title": Line()})


@pytest.mark.parametrize("what", [_hungry, _crashing])
async def test_a_file_that_takes_too_much_memory_is_too_large_and_the_next_is_read(what: Callable[[], str]) -> None:
    parser = Parser(LIMITS, 30)
    with pytest.raises(TooLarge, match="memory"):
        await parser.parse("a.csv", FILE, {"title": Meddling(what)})
    assert (await parser.parse("a.csv", FILE, {"title": Line()})).entries


async def test_a_file_that_takes_too_long_is_too_large_and_its_process_ends() -> None:
    parser = Parser(LIMITS, 0.2)
    reading = asyncio.create_task(parser.parse("a.csv", FILE, {"title": Meddling(_endless)}))
    await until(lambda: parser._process is not None)  # noqa: SLF001  # nothing else tells of it
    process = parser._process  # noqa: SLF001  # as above
    with pytest.raises(TooLarge, match="within"):
        await reading
    await until(lambda: process is not None and process.returncode is not None)


async def test_the_end_of_a_node_ends_what_is_being_read_and_what_waits() -> None:
    parser = Parser(LIMITS, 3_600)
    reading = [
        asyncio.create_task(parser.parse("a.csv", FILE, {"title": Meddling(_endless)})),
        asyncio.create_task(parser.parse("a.csv", FILE, {"title": Line()})),
    ]
    await until(lambda: parser._process is not None)  # noqa: SLF001  # nothing else tells of it
    parser.close()
    for outcome in await asyncio.gather(*reading, return_exceptions=True):
        assert isinstance(outcome, Unavailable)


async def test_a_fault_of_ours_is_no_fault_of_the_file() -> None:
    with pytest.raises(Unavailable, match="try again"):
        await Parser(LIMITS, 30).parse("a.csv", FILE, {"title": Meddling(_faulty)})


async def test_a_file_is_read_where_no_secrets_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", "s" * 40)
    songs = await Parser(LIMITS, 30).parse("a.csv", WITH_KEY, {"title": Line(), "key": Meddling(_curious)})
    assert "PYTHONPATH" in songs.problems[0].message
    assert "COLLAB" not in songs.problems[0].message


async def test_the_node_comes_before_a_file_where_both_want_the_processor() -> None:
    songs = await Parser(LIMITS, 30).parse("a.csv", WITH_KEY, {"title": Line(), "key": Meddling(_polite)})
    assert int(songs.problems[0].message.split()[-1]) == min(19, os.nice(0) + 10)
