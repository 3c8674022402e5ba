"""Songs as JSON: our own exports, and the lists that playlist tools and their APIs give."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from collab.domain.errors import shown
from collab.domain.json_text import parse_json
from collab.domain.ot.ops import Value
from collab.domain.songs.columns import field_named, rank, unit_named
from collab.domain.songs.found import Found

_LISTS = (
    *("songs", "items", "tracks", "setlist", "playlist", "repertoire", "data", "results", "entries"),
    *("sets", "set", "song"),
)
"""What an object calls the list of songs in it."""

_MAX_DEPTH = 6
"""Objects within objects in which songs are looked for: setlists have sets, and these have songs."""


def read_json(file: str, text: str, found: Found) -> None:
    """A list of songs, or an object that holds one; a song is an object of its fields, or its title."""
    try:
        data = _parsed(text)
    except json.JSONDecodeError as error:
        found.bad(file, error.lineno, f"expected JSON: {error.msg}", is_lost=True)
        return
    if isinstance(data, dict) and data.get("kind") == "setlist" and isinstance(data.get("items"), list):
        _read_setlist(file, data, found)
        return
    songs = list(_songs_in(data, found))
    if not songs and data:
        found.bad(file, 1, f"expected a list of songs, or an object with 'songs', got {shown(data)}", is_lost=True)
        return
    unknown: dict[str, None] = {}
    for number, song in enumerate(songs, 1):
        if isinstance(song, str) and song.strip():
            found.song(file, number, {"title": song})
        elif isinstance(song, list) and song and isinstance(song[0], str):
            found.song(file, number, dict(zip(("title", "artist"), song, strict=False)))
        elif isinstance(song, dict):
            if song.get("type", "song") != "break":
                fields = _fields(song, found, unknown)
                found.song(file, number, dict(fields))
        else:
            found.bad(file, number, f"expected a song as an object, got {shown(song)}", is_lost=True)
    if unknown:
        names = ", ".join(map(shown, list(unknown)[:20]))
        found.remark(file, f"fields that no song has were left out: {names}")


def _parsed(text: str) -> Any:
    """What a file holds; one that has an object on each line holds all of these."""
    try:
        return parse_json(text, max_values=len(text))
    except json.JSONDecodeError as error:
        if error.msg != "Extra data" or not text.startswith("{"):
            raise
        return [parse_json(line, max_values=len(line)) for line in text.splitlines() if line.strip()]


def _read_setlist(file: str, data: Mapping[str, Any], found: Found) -> None:
    """A setlist as REST and our exports have it."""
    fields = data.get("fields")
    found.setlist(fields if isinstance(fields, dict) else {})
    for number, item in enumerate(data["items"], 1):
        if isinstance(item, dict) and isinstance(item.get("fields"), dict):
            found.item(file, number, str(item.get("type", "song")), item["fields"])
        else:
            found.bad(file, number, f"expected an item as an object with 'fields', got {shown(item)}", is_lost=True)


def _songs_in(data: Any, found: Found, depth: int = 0) -> Iterator[Any]:
    """The songs in what was read. Playlists come as `{"tracks": {"items": […]}}`, setlists as lists of sets with songs,
    and databases as objects by their ids, or by their titles."""
    if isinstance(data, dict):
        yield from _songs_of_object(data, found, depth)
    elif isinstance(data, list):
        for element in data:
            inner = _inner(element) if depth < _MAX_DEPTH else None
            if isinstance(inner, list) and isinstance(element, dict) and not _has_title(element, found, but="name"):
                yield from _songs_in(inner, found, depth + 1)
            else:
                yield element


def _songs_of_object(data: dict[str, Any], found: Found, depth: int) -> Iterator[Any]:
    inner = _inner(data)
    if inner is not None and depth < _MAX_DEPTH:
        yield from _songs_in(inner, found, depth + 1)
    elif _has_title(data, found):
        yield data
    elif data and all(isinstance(value, dict) for value in data.values()):
        for name, value in data.items():
            yield value if _has_title(value, found) else {"title": name, **value}


def _inner(data: Any) -> Any:
    """The list in an object, or the object that has it."""
    if not isinstance(data, dict):
        return None
    return next((data[name] for name in _LISTS if isinstance(data.get(name), list | dict)), None)


def _has_title(data: Mapping[str, Any], found: Found, but: str = "") -> bool:
    names = (key for key, value in data.items() if key != but and isinstance(value, str))
    return any(field_named(key, found.types) == "title" for key in names)


def _fields(song: Mapping[str, Any], found: Found, unknown: dict[str, None]) -> Iterator[tuple[str, Value]]:
    """The fields of a song by our names: those of the object itself, or of one within it."""
    inner = next((song[name] for name in ("fields", "track", "song") if isinstance(song.get(name), dict)), song)
    named = {key: field_named(key, found.types) for key in inner}
    titles = [key for key, name in named.items() if name == "title"]
    best = min(titles, key=rank, default=None)
    said: set[str] = set()
    for key, value in inner.items():
        name = named[key]
        if name is None or (name == "title" and key != best):
            if len(unknown) < 100 and key not in ("id", "type"):
                unknown[key] = None
        elif name not in said and value not in (None, "", [], {}):
            said.add(name)
            is_ms = name == "duration" and unit_named(key) == "ms" and isinstance(value, int | float)
            yield name, round(value / 1000) if is_ms else value
