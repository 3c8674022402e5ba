"""What the benchmark's load makes of what it hears."""

from typing import Any

import pytest

from tests.bench.clients import Tally, mark, marks
from tests.bench.sockets import _frame


@pytest.fixture
def tally() -> Tally:
    """Two members, who have sent two edits and one."""
    made = Tally()
    made.acked, made.sent_at, made.begin = [0, 0], [[1.0, 2.0], [2.0]], 2.0
    return made


def _message(*edits: tuple[int, int]) -> bytes:
    return "".join(f'{{"value":"Iko Iko {mark(*edit)}"}}' for edit in edits).encode()


def test_marks_are_found_in_whatever_comes() -> None:
    assert marks(_message((3, 12), (7, 0))) == ((3, 12), (7, 0))
    assert marks(b"\x00~\xff~1.2~\x01") == ((1, 2),)


def test_others_edits_are_deliveries_and_ones_own_are_not(tally: Tally) -> None:
    tally.hear(1, _message((0, 1), (1, 0)))
    assert tally.deliveries == 1
    assert len(tally.propagations_s) == 1


def test_an_edit_of_the_warm_up_is_a_delivery_without_a_latency(tally: Tally) -> None:
    tally.hear(1, _message((0, 0)))
    assert (tally.deliveries, len(tally.propagations_s)) == (1, 0)


def test_an_ack_is_timed_from_the_last_edit(tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.perf_counter", lambda: 2.5)
    tally.ack(1)
    assert (tally.all_acked, list(tally.acks_s)) == (1, [0.5])


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_of_any_size_is_taken_when_it_is_whole(size: int) -> None:
    header: list[Any] = [0x81, min(size, 126) if size < 65_536 else 127]
    frame = bytes(header) + (b"" if size < 126 else size.to_bytes(2 if size < 65_536 else 8, "big")) + bytes(size)
    begin = len(frame) - size
    assert _frame(b"..." + frame + b"...", 3) == (1, begin + 3, len(frame) + 3)
    assert all(_frame(frame[:end], 0) is None for end in {0, 1, begin - 1, len(frame) - 1})
