"""One tree of errors. Every one carries a stable code, the code that clients see (see PROTOCOL.md, Answers)."""

import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from collab.domain.record import record

# Looks only so deep and so far into a value: what came in may be nested beyond what `repr` survives.
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 200


MAX_MESSAGE_LENGTH = 1_000
MAX_PROBLEMS = 100
"""How many problems of one input are told. Nobody looks for more, so that neither the answer nor the work grows with
what is wrong."""


def shown(value: object, max_length: int = 60) -> str:
    """A value that came in, as a message shows it: cut where it is long."""
    return cut(_REPR.repr(value), max_length)


def cut(text: str, max_length: int) -> str:
    """A text that may hold what came in, such as a name, as it is told."""
    return text if len(text) <= max_length else f"{text[: max_length - 3]}..."


@record
class Problem:
    """One thing wrong with an input: where (`ops.0.value`) and what was expected."""

    path: str
    message: str

    def to_json(self) -> dict[str, str]:
        return {"path": cut(self.path, MAX_MESSAGE_LENGTH), "message": cut(self.message, MAX_MESSAGE_LENGTH)}


class CollabError(Exception):
    """Base of every error that reaches a client. `details` is JSON-ready."""

    code: ClassVar[str]

    def __init__(self, message: str, details: Any = None) -> None:
        super().__init__(message)
        self.message = cut(message, MAX_MESSAGE_LENGTH)
        self.details = details

    def to_json(self, *, has_message: bool = True) -> dict[str, Any]:
        """The `error` object of an answer: `{code, message, details?}`. A refused handshake carries its message by
        other means."""
        body: dict[str, Any] = {"code": self.code, "message": self.message} if has_message else {"code": self.code}
        if self.details is not None:
            body["details"] = self.details
        return body


class ClientFault(CollabError):
    """The client asked for something that it can't have; asking again unchanged won't help."""


class ServerFault(CollabError):
    """The server could not do what it should; nothing was stored, and the same request may be sent again."""


class TokenFault(ClientFault):
    """What is wrong with a token. Another one may be good: one that is made anew, or by a clock that goes right."""


class TokenMissing(TokenFault):
    code = "token_missing"


class TokenInvalid(TokenFault):
    code = "token_invalid"


class TokenExpired(TokenFault):
    code = "token_expired"


class Unauthenticated(ClientFault):
    code = "unauthenticated"


class Forbidden(ClientFault):
    code = "forbidden"


class NotFound(ClientFault):
    code = "not_found"


class VersionUnknown(ClientFault):
    code = "version_unknown"


class TooLarge(ClientFault):
    code = "too_large"


class Conflicting(ClientFault):
    """An edit with `expect: "unchanged"` met a change; `details` lists what it would have overwritten."""

    code = "conflict"


class Invalid(ClientFault):
    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        others = f"{len(problems) - 1} more" if len(problems) < MAX_PROBLEMS else f"at least {MAX_PROBLEMS - 1} more"
        more = f" (and {others})" if len(problems) > 1 else ""
        told = f"{cut(first.path, MAX_MESSAGE_LENGTH // 4)}: {cut(first.message, MAX_MESSAGE_LENGTH // 2)}{more}"
        super().__init__(told, [problem.to_json() for problem in problems[:MAX_PROBLEMS]])
        self.problems = tuple(problems[:MAX_PROBLEMS])

    @classmethod
    def at(cls, path: str, message: str) -> "Invalid":
        return cls([Problem(path, message)])


class RateLimited(ClientFault):
    code = "rate_limited"

    def __init__(self, message: str, retry_after_s: float) -> None:
        # In whole milliseconds, never too few.
        super().__init__(message, {"retry_after": math.ceil(retry_after_s * 1_000) / 1_000})


class Unavailable(ServerFault):
    code = "unavailable"


HTTP_STATUS: Mapping[str, int] = {
    "token_missing": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "version_unknown": 409,
    "too_large": 413,
    "invalid": 422,
    "rate_limited": 429,
    "unavailable": 503,
}
"""The HTTP status that goes with each code."""
