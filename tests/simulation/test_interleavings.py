"""A share of all interleavings; `python -m tests.simulation --interleavings 1` plays every one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from collab.client import queue
from collab.domain.ot import rebasing, text
from collab.domain.ot.rebase import Accepted, rebase
from tests.simulation import interleavings

EVERY = 397


def test_each_order_has_a_number() -> None:
    begins = {tuple(interleavings.steps_of(number)) for number in range(0, interleavings.ORDERS_IN_ALL, 8)}
    assert len(begins) == interleavings.ORDERS_IN_ALL // 8
    assert len({tuple(interleavings.steps_of(number)) for number in range(8)}) == 8


def test_server_and_both_sdks_do_what_the_plain_model_says() -> None:
    played, problems = interleavings.rehearse(EVERY)
    assert (played, problems[:5]) == (-(-interleavings.ORDERS_IN_ALL // EVERY), [])


def _with_swapped_sides(one: text.Delta, other: text.Delta, side: text.Side) -> text.Delta:
    return TRANSFORM(one, other, "left" if side == "right" else "right")


def _overwriting_nobody(*arguments: Any) -> Any:
    outcome = rebase(*arguments)
    return replace(outcome, edit=replace(outcome.edit, overwrote=())) if isinstance(outcome, Accepted) else outcome


def _as_it_was(ops: Any, over: Any) -> Any:
    return tuple(ops), tuple(over), []


TRANSFORM = text.transform


@pytest.mark.parametrize(
    ("broken", "name", "instead"),
    [
        (text, "transform", _with_swapped_sides),
        (interleavings, "rebase", _overwriting_nobody),
        (queue, "transform", _as_it_was),
        (rebasing.Rebasing, "_note_overwrite", lambda *_: None),
    ],
)
def test_what_is_wrong_shows(broken: Any, name: str, instead: Callable[..., Any]) -> None:
    with (
        patch.object(broken, name, instead),
        patch.object(interleavings, "differences", lambda scripts: [""] * len(scripts)),
    ):
        assert interleavings.rehearse(7_001)[1]
