"""Where a release of a package lacks a name that the fast way needs, its own way is taken, and the log says so."""

import pytest
from structlog.testing import capture_logs

from collab.engineio import seams
from collab.engineio.handover import HandedOver
from collab.serving import server_config


class _Release:
    def __init__(self) -> None:
        self.queue: list[str] = []

    def close(self) -> None: ...


def test_what_a_class_has_and_what_it_sets_is_there() -> None:
    assert seams.lacking({_Release: frozenset({"close", "queue"})}) == []
    assert seams.lacking({_Release: frozenset({"close", "frames"})}) == ["_Release.frames"]


def test_the_releases_in_the_lock_have_all() -> None:
    with capture_logs() as logs:
        assert seams.may_hand_over()
    assert logs == []


def test_what_is_lacking_is_said_and_uvicorn_s_own_way_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None: ...

    assert server_config(nothing, "", 0, 1_000).ws is HandedOver
    monkeypatch.setattr(seams, "OF_WEBSOCKETS", {_Release: frozenset({"frames"})})
    with capture_logs() as logs:
        assert server_config(nothing, "", 0, 1_000).ws == "websockets-sansio"
    [entry] = logs
    assert (entry["package"], entry["lacks"]) == ("uvicorn", ["_Release.frames"])
