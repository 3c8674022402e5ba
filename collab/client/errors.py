"""What the server's errors are on the client: the domain's own, by their code; and what only a client meets."""

from collections.abc import Iterator, Mapping
from typing import Any

from collab.domain.errors import ClientFault, CollabError, Invalid, Problem, RateLimited, ServerFault


class NotConnected(ServerFault):
    """There is no connection, or it ended before the answer came. What waits to be stored is sent on the next one."""

    code = "not_connected"


class NotUnderstood(ClientFault):
    """The server answered with a code that this version of the SDK does not know."""

    code = "not_understood"


class Broken(CollabError):
    """The SDK itself failed, by a defect or by an answer that is not the protocol's. Its log has the traceback."""

    code = "broken"


def error_of(body: Mapping[str, Any]) -> CollabError:
    """The error of an answer's `error` object `{code, message, details?}`."""
    code, message, details = body.get("code"), str(body.get("message", "")), body.get("details")
    if code == Invalid.code and details:
        return Invalid([Problem(problem["path"], problem["message"]) for problem in details])
    if code == RateLimited.code and details:
        return RateLimited(message, details["retry_after"])
    known = next((error for error in _errors(CollabError) if vars(error).get("code") == code), None)
    if known is None or known in (Invalid, RateLimited):
        return NotUnderstood(f"expected an error of protocol 1, got {code!r}: {message}; update the SDK", details)
    return known(message, details)


def _errors(base: type[CollabError]) -> Iterator[type[CollabError]]:
    for error in base.__subclasses__():
        yield error
        yield from _errors(error)
