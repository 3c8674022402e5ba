"""Segments of a path that hold a slash: an id such as `songs/7` is one segment, sent as `songs%2F7`.

ASGI servers decode a path before anybody sees it, after which there are two segments. As it was sent it stands in the
scope's `raw_path`. From that the path is made in which a slash within a segment, and whatever could be taken for one,
stays encoded; routes match that, and what they find there is decoded once they have.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import Scope

from collab.domain.paths import path_within


def with_slashes_kept(scope: Scope) -> Scope | None:
    """The scope for a route to match, its path that within `root_path`; None where no segment holds a slash."""
    sent: bytes = scope.get("raw_path") or b""
    if b"%2f" not in sent.lower():
        return None
    within = path_within(scope["path"], scope.get("root_path", ""))
    above = scope["path"].count("/") - within.count("/")
    segments = [unquote(part) for part in sent.decode("latin-1").split("/")[above + 1 :]]
    if "/" + "/".join(segments) != within:
        return None
    return {**scope, "path": "/" + "/".join(map(_kept, segments)), "root_path": ""}


def restored(found: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """What the segments of such a path say, which a route found there; that `above` it was never encoded."""
    return {
        name: unquote(value) if isinstance(value, str) and name not in above else value for name, value in found.items()
    }


def _kept(segment: str) -> str:
    return segment.replace("%", quote("%")).replace("/", quote("/", safe=""))
