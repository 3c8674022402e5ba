"""The server's errors arrive as what they were."""

import pytest

from collab.about import DISTRIBUTION
from collab.client import CollabClient, NotUnderstood
from collab.client.errors import error_of
from collab.domain.errors import (
    CollabError,
    Conflicting,
    Forbidden,
    Invalid,
    Problem,
    RateLimited,
    TokenExpired,
    Unavailable,
    VersionUnknown,
)


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("not yours"),
        TokenExpired("get a new one"),
        VersionUnknown("too high"),
        Unavailable("try again"),
        Conflicting("changed", [{"index": 0}]),
        Invalid([Problem("ops.0", "expected this"), Problem("ops.1", "expected that")]),
        RateLimited("too fast", 0.25),
    ],
)
def test_an_error_comes_out_as_it_went_in(error: CollabError) -> None:
    same = error_of(error.to_json())
    assert type(same) is type(error)
    assert same.to_json() == error.to_json()


def test_a_code_that_is_not_known_says_so() -> None:
    error = error_of({"code": "from_the_future", "message": "beyond us"})
    assert isinstance(error, NotUnderstood)
    assert "from_the_future" in error.message


def test_without_aiohttp_the_client_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=rf"pip install '{DISTRIBUTION}\[client\]'"):
        CollabClient("http://127.0.0.1", "a token")
