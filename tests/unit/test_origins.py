"""Which pages may connect: those of the server's own origin, however its proxies name it, and those that are named."""

import pytest

from collab.realtime.origins import is_allowed, normal


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        ("https://band.example", {"HTTP_HOST": "band.example"}),
        ("https://band.example", {"HTTP_HOST": "Band.Example:443"}),
        ("http://band.example", {"HTTP_HOST": "band.example:80"}),
        ("http://band.example:8000", {"HTTP_HOST": "BAND.example:8000"}),
        ("http://[::1]:8000", {"HTTP_HOST": "[::1]:8000"}),
        ("https://band.example", {"HTTP_HOST": "10.0.0.3:8001", "HTTP_X_FORWARDED_HOST": "Band.Example:443"}),
        ("https://band.example", {"HTTP_HOST": "x", "HTTP_X_FORWARDED_HOST": "band.example, inner.example"}),
        ("https://band.example", {"HTTP_HOST": "x", "HTTP_X_FORWARDED_HOST": "band.example,inner"}),
        (
            "https://band.example:8443",
            {"HTTP_HOST": "x", "HTTP_X_FORWARDED_HOST": "band.example", "HTTP_X_FORWARDED_PORT": "8443"},
        ),
        (
            "https://band.example",
            {
                "HTTP_HOST": "x",
                "HTTP_FORWARDED": 'for=192.0.2.4;proto=https;Host="Band.Example:443", for=10.0.0.1;host=in',
            },
        ),
        ("https://band.example", {"HTTP_HOST": "x", "HTTP_FORWARDED": "host=band.example;proto=https"}),
        ("https://other.example", {"HTTP_HOST": "x"}),
        ("https://OTHER.example:443", {"HTTP_HOST": "x"}),
    ],
)
def test_a_page_of_the_own_origin_or_a_named_one_may_connect(origin: str, headers: dict[str, str]) -> None:
    assert is_allowed(frozenset({normal("https://Other.example:443/")}), origin, headers)


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
        "HTTP_HOST": "band.example",
        "HTTP_X_FORWARDED_HOST": "",
        "HTTP_FORWARDED": "for=192.0.2.1;by=evil.example",
    }
    assert not is_allowed(frozenset(), origin, headers)


def test_who_says_no_origin_is_no_page_and_a_star_lets_all_in() -> None:
    assert is_allowed(frozenset(), None, {})
    assert is_allowed(frozenset({normal("*")}), "https://evil.example", {})
