"""What stands above a song or in one line of a list: its title, and behind it its artist, key and length."""

import re

from collab.domain.ot.ops import Value
from collab.domain.songs.durations import Durations
from collab.domain.songs.keys import is_plain_key

_BY = re.compile(r"(?<! ) +[-\u2013\u2014/|\u00b7] +|\t+")
"""What stands between a title and its artist."""
_BEHIND = re.compile(r"\A(.*\S) *[(\[]([^()\[\]]{1,20})[)\]]")
_LENGTH = re.compile(r"\d{1,2}:[0-5]\d")


def title_and_more(text: str) -> dict[str, Value]:
    """The fields that one line tells: `Song A - Band - 3:45`, `Song A (Bb)`."""
    title, *parts = [part.strip() for part in _BY.split(text.strip())]
    said: dict[str, Value] = {}
    if not title:
        return {"title": text.strip()}
    title = _without_remark(title, said)
    artists = [part for part in parts if part and not _is_said(_without_remark(part, said), said)]
    if artists:
        said["artist"] = " - ".join(artists)
    return {"title": title, **said}


def _without_remark(text: str, said: dict[str, Value]) -> str:
    """The text without what stands in brackets behind it, if that is a key or a length."""
    match = _BEHIND.fullmatch(text)
    return match[1] if match and _is_said(match[2], said) else text


def _is_said(part: str, said: dict[str, Value]) -> bool:
    """Takes a part that is a key or a length."""
    part = part.strip()
    if "key" not in said and is_plain_key(part):
        said["key"] = part
    elif "duration" not in said and _LENGTH.fullmatch(part):
        said["duration"] = Durations().read(part)
    else:
        return False
    return True
