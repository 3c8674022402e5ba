"""Origins: whose pages may connect, against cross-site WebSocket hijacking (RFC 6455, 10.2).

An origin is a scheme, a host and a port (RFC 6454), in small letters, the port left out where it is the scheme's own.
A server knows its own by the hosts that a request names: `Host`, and what proxies say of the one before them
(`Forwarded`, RFC 7239; `X-Forwarded-Host`, `X-Forwarded-Port`). Two proxies make a list of these: the browser's and
their own. All of them count: a page can set none of these headers for a handshake with somebody else's server.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

_PORTS = {"http": 80, "https": 443}

_FORWARDED_HOST = re.compile(r'(?:^|[;,])[ \t]?host=("[^"]{1,300}"|[^;, "]{1,300})', re.IGNORECASE)


def is_allowed(allowed: frozenset[str], origin: str, headers: Headers) -> bool:
    """Whether a page of that origin may connect. `allowed` are `normal` origins, or `*`."""
    if "*" in allowed:
        return True
    page = normal(origin)
    scheme = page.partition("://")[0]
    return page in allowed or any(page == normal(f"{scheme}://{host}") for host in _own_hosts(headers) if host)


def is_of_own_page(request: HTTPConnection) -> bool:
    """Whether a request comes from a page of the server's own origin, or from what is no page: that says no origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return is_allowed(frozenset(), origin, request.headers)


def normal(origin: str) -> str:
    """An origin as it is compared; what is none stays as it is, and is like no other."""
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        return origin
    if not host or parts.username is not None:
        return origin
    shown = f"[{host}]" if ":" in host else host
    return (
        f"{parts.scheme}://{shown}" if port in (None, _PORTS.get(parts.scheme)) else f"{parts.scheme}://{shown}:{port}"
    )


def _own_hosts(headers: Headers) -> Iterator[str]:
    yield headers.get("host", "")
    for host in _FORWARDED_HOST.findall(_list(headers, "forwarded")):
        yield host.strip('"')
    ports = [port.strip() for port in _list(headers, "x-forwarded-port").split(",")]
    for host in _list(headers, "x-forwarded-host").split(","):
        yield host.strip()
        yield from (f"{host.strip()}:{port}" for port in ports if port.isdecimal())


def _list(headers: Headers, name: str) -> str:
    """All that a header says that may come several times (RFC 9110, 5.3)."""
    return ",".join(headers.getlist(name))
