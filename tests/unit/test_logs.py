"""What a log line holds, and what it must not."""

import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TextIO

import pytest
import structlog

from collab.domain.rates import Rate
from collab.logs import LineRates, configure_logging, exception_text
from collab.settings import LogFormat


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """What the test sets up is gone after it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_ours_and_a_librarys_lines_are_json_alike(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    with structlog.contextvars.bound_contextvars(session_id="s1"):
        structlog.get_logger().info("committed", edits=3)
        logging.getLogger("uvicorn.error").warning("a library says %s", "so")
    structlog.get_logger().debug("not this")
    logging.getLogger("uvicorn.error").info("nor this")

    ours, theirs = _lines(capsys)
    assert (ours["event"], ours["level"], ours["session_id"], ours["edits"]) == ("committed", "info", "s1", 3)
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("a library says so", "warning", "uvicorn.error")
    assert theirs["session_id"] == "s1"
    assert ours["timestamp"].endswith("Z")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_line_is_short_whatever_a_stranger_had_it_say(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat
) -> None:
    configure_logging("INFO", log_format)
    path = "/" + "x" * 60_000
    structlog.get_logger().warning("not found", path=path)
    structlog.get_logger().warning(path)
    logging.getLogger("a.library").warning("redirecting: %s", path)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(2_000 < len(line) < 2_500 and "(600" in line for line in lines)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_fault_is_logged_without_the_values_it_happened_with(
    capsys: pytest.CaptureFixture[str], log_format: Any
) -> None:
    configure_logging("DEBUG", log_format)
    payload = "".join(("sec", "ret"))  # so that no line of this source, which a traceback shows, has it

    def store(payload: str) -> None:
        try:
            raise KeyError("no such row")
        except KeyError as error:
            raise ValueError(f"the row was not taken\nDETAIL: {payload}") from error

    for log in (structlog.get_logger(), logging.getLogger("a.library")):
        try:
            store(payload)
        except ValueError:
            log.exception("a fault")

    told = capsys.readouterr().err
    assert told.count("ValueError: the row was not taken") == told.count("KeyError: 'no such row'") == 2
    assert "test_logs.py" in told
    assert "secret" not in told


def test_of_a_line_that_comes_again_and_again_most_are_left_out_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("DEBUG", "json")
    ours, theirs = structlog.get_logger(), logging.getLogger("uvicorn.error")
    for number in range(90_000):
        ours.warning("a connection was refused", address=f"10.0.0.{number % 250}")
        theirs.warning("Invalid HTTP request %s", number)
    ours.warning("another line")
    for _ in range(200):
        ours.debug("answered")
    told = [line["event"].partition(" request")[0] for line in _lines(capsys)]
    # And a few that came when the time for one more had passed.
    assert 200 <= told.count("a connection was refused") < 1_000
    assert 200 <= told.count("Invalid HTTP") < 1_000
    assert (told.count("another line"), told.count("answered")) == (1, 200)


def test_the_next_line_says_how_many_were_left_out() -> None:
    now = [0.0]
    rates = LineRates(Rate(per_s=1, burst=2), lambda: now[0])

    def line() -> dict[str, Any] | None:
        try:
            return dict(rates.processor(None, "warning", {"event": "again"}))
        except structlog.DropEvent:
            return None

    assert [line() for _ in range(5)] == [{"event": "again"}] * 2 + [None] * 3
    now[0] = 1.0
    assert [line(), line()] == [{"event": "again", "left_out": 3}, None]
    now[0] = 2.0
    record = logging.LogRecord("x", logging.WARNING, "", 0, "again", (), None)
    assert rates.filter(record)
    assert record.getMessage() == "again (1 more were left out)"


@pytest.mark.parametrize("name", ["session_id", "address"])
def test_a_peer_silences_nobody_elses_lines(name: str) -> None:
    now = [0.0]
    rates = LineRates(Rate(per_s=10, burst=20), lambda: now[0], Rate(per_s=1, burst=2))

    def told(peer: str | None, count: int) -> int:
        through = 0
        for _ in range(count):
            with suppress(structlog.DropEvent):
                rates.processor(None, "warning", {"event": "again", name: peer} if peer else {"event": "again"})
                through += 1
        return through

    assert [told("a", 1_000), told("b", 1_000), told(None, 5)] == [2, 2, 5]
    now[0] = 1.0
    assert [told("a", 1_000), told("c", 1), told(None, 100)] == [1, 1, 18]
    with structlog.contextvars.bound_contextvars(session_id="d"):
        now[0] = 2.0
        records = [logging.LogRecord("x", logging.WARNING, "", 0, "again", (), None) for _ in range(4)]
        assert list(map(rates.filter, records)) == [True, True, False, False]


def _nothing() -> None:
    """A process that was started without standard error."""


def _closed() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream


def _a_pipe_without_a_reader() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return io.TextIOWrapper(_Pipe(writer, "w"), line_buffering=True)


class _Pipe(io.FileIO):
    """What could not be written is not tried again when it is closed."""

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("make_stream", [_nothing, _closed, _a_pipe_without_a_reader])
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_log_that_nobody_reads_is_no_matter_to_who_writes_it(
    monkeypatch: pytest.MonkeyPatch, make_stream: Callable[[], TextIO | None], log_format: Any
) -> None:
    stream = make_stream()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("DEBUG", log_format)
    for log in (structlog.get_logger(), logging.getLogger("a.library")):
        for _ in range(2):
            log.warning("this is lost")
    if stream is not None:
        stream.close()


def test_a_message_that_does_not_end_is_cut() -> None:
    with pytest.raises(ValueError, match="xxx") as raised:
        raise ValueError("x" * 10_000)
    told = exception_text((raised.type, raised.value, raised.tb))
    assert "ValueError: xxx" in told
    assert len(told) < 1_000
