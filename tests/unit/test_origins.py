"""Which pages may connect: those of the server's own origin, however its proxies name it, and those that are named."""

import pytest
from starlette.datastructures import Headers

from collab.realtime.origins import is_allowed, normal


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        ("https://band.example", {"Host": "band.example"}),
        ("https://band.example", {"Host": "Band.Example:443"}),
        ("http://band.example", {"Host": "band.example:80"}),
        ("http://band.example:8000", {"Host": "BAND.example:8000"}),
        ("http://[::1]:8000", {"Host": "[::1]:8000"}),
        ("https://band.example", {"Host": "10.0.0.3:8001", "X-Forwarded-Host": "Band.Example:443"}),
        ("https://band.example", {"Host": "x", "X-Forwarded-Host": "band.example, inner.example"}),
        ("https://band.example", {"Host": "x", "X-Forwarded-Host": "band.example,inner"}),
        (
            "https://band.example:8443",
            {"Host": "x", "X-Forwarded-Host": "band.example", "X-Forwarded-Port": "8443"},
        ),
        (
            "https://band.example",
            {
                "Host": "x",
                "Forwarded": 'for=192.0.2.4;proto=https;Host="Band.Example:443", for=10.0.0.1;host=in',
            },
        ),
        ("https://band.example", {"Host": "x", "Forwarded": "host=band.example;proto=https"}),
        ("https://other.example", {"Host": "x"}),
        ("https://OTHER.example:443", {"Host": "x"}),
    ],
)
def test_a_page_of_the_own_origin_or_a_named_one_may_connect(origin: str, headers: dict[str, str]) -> None:
    assert is_allowed(frozenset({normal("https://Other.example:443/")}), origin, Headers(headers))


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "https://", "https://evil.example", "https://band.example.evil.example", "https://band.example:8443",
        "https://evil.example/band.example", "https://band.example@evil.example", "https://evil@band.example",
        "https://band.example:x", "https://[band.example", "band.example", "https://inner", "x" * 10_000,
    ],
)  # fmt: skip
def test_any_other_may_not(origin: str) -> None:
    headers = {
        "Host": "band.example",
        "X-Forwarded-Host": "",
        "Forwarded": "for=192.0.2.1;by=evil.example",
    }
    assert not is_allowed(frozenset(), origin, Headers(headers))


def test_a_star_lets_all_in() -> None:
    assert is_allowed(frozenset({normal("*")}), "https://evil.example", Headers())
