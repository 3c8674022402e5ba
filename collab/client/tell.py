"""Telling from outside: a worker (Celery, cron) of the host application tells users and bands how its job is doing."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from collab.client.errors import NotConnected, error_of


def tell(
    url: str,
    service_token: str,
    event: str,
    payload: Any = None,
    *,
    user: str | None = None,
    band: str | None = None,
    content: str | None = None,
    session: str | None = None,
    room: str | None = None,
    timeout_s: float = 10.0,
) -> None:
    """Tells all sessions of a user, the room of a band or of a content, or one session, on whichever nodes they are, by
    way of the server at `url`, which has `COLLAB_SERVICE_TOKEN` set. `event` and `payload` are those of `engine.tell`.

    It blocks until the server has it. Raises what the server refuses it with (`Invalid`, `TooLarge`, `TokenInvalid`),
    and `NotConnected` where nobody knows whether it was told: whether to say it again is for the caller.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"expected a URL that begins with https:// or http://, got {url!r}")
    to = {"user": user, "band": band, "content": content, "session": session, "room": room}
    body = {"event": event, "payload": payload, **{kind: value for kind, value in to.items() if value is not None}}
    headers = {"Authorization": f"Bearer {service_token}", "Content-Type": "application/json"}
    request = Request(f"{url.rstrip('/')}/api/tell", json.dumps(body).encode(), headers)  # noqa: S310  # looked at above
    try:
        with urlopen(request, timeout=timeout_s):  # noqa: S310
            return
    except HTTPError as error:
        raise _refusal(error) from None
    except OSError as error:
        raise NotConnected(f"expected a collab server at {url}: {error}") from None


def _refusal(error: HTTPError) -> Exception:
    with error:
        try:
            return error_of(json.loads(error.read())["error"])
        except (ValueError, KeyError, TypeError):
            return NotConnected(f"expected a collab server at {error.url}, got status {error.code} of something else")
