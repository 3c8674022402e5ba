"""What the OpenAPI document says of a route: what it answers, an example, and every error that it may answer with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from collab.domain.errors import HTTP_STATUS
from collab.protocol.base import Wire
from collab.protocol.examples import EXAMPLES
from collab.protocol.rest_answers import RestFailed

SIGNED_IN = ("token_missing", "token_invalid", "token_expired", "rate_limited", "unavailable")
"""The errors of every call of a user."""

OF_A_BAND = (*SIGNED_IN, "forbidden", "invalid")
"""The errors of every call about something that a band owns."""

_WHEN: Mapping[str, str] = {
    "token_missing": "expected a token in the header Authorization",
    "token_invalid": "the token is not one that this server accepts",
    "token_expired": "the token has expired: get a new one",
    "forbidden": "the role does not allow it, or there is no such band or content: the two look alike",
    "not_found": "there is no such thing, or there was none then",
    "conflict": "it would break a rule that holds now, such as that a band has an owner",
    "version_unknown": "the content has, or keeps, no such version",
    "too_large": "more than a setting of the server allows: send it in parts",
    "invalid": "a parameter or the body is not as expected; `details` lists each problem with its path",
    "rate_limited": "too much at once; `details` says after how many seconds to try again",
    "unavailable": "nothing was stored; try again",
}


def documented(
    answer: type[Wire] | None,
    *codes: str,
    status: int = 200,
    body: type[Wire] | None = None,
    media_types: Sequence[str] = (),
) -> dict[str, Any]:
    """The arguments of a route's decorator: its status, its answers with examples, its body's example.

    `codes` are those of the errors that it may answer with; `media_types` those of an answer that is not JSON.
    """
    responses: dict[int, Any] = {
        error_status: {
            "model": RestFailed,
            "description": "; ".join(f"`{code}`: {_WHEN[code]}" for code in group),
            "content": {"application/json": {"examples": {code: {"value": _error(code)} for code in group}}},
        }
        for error_status, group in _by_status(codes).items()
    }
    if answer is not None:
        responses[status] = {"model": answer, "content": {"application/json": {"example": EXAMPLES[answer]}}}
    elif media_types:
        responses[status] = {"content": {media_type: {} for media_type in media_types}}
    arguments: dict[str, Any] = {"status_code": status, "responses": responses}
    if body is not None:
        arguments["openapi_extra"] = {"requestBody": {"content": {"application/json": {"example": EXAMPLES[body]}}}}
    return arguments


def _by_status(codes: Sequence[str]) -> Mapping[int, Sequence[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for code in codes:
        found[HTTP_STATUS[code]].append(code)
    return found


def _error(code: str) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": _WHEN[code]}
    if code == "invalid":
        error["details"] = [{"path": "name", "message": "string should have at least 1 character"}]
    if code == "rate_limited":
        error["details"] = {"retry_after": 5.0}
    return {"error": error}
