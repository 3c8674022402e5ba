"""Songs as JSON: our own exports, and the lists that playlist tools and their APIs give."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from collab.domain.errors import shown
from collab.domain.json_text import parse_json
from collab.domain.ot.ops import Value
from collab.domain.songs.columns import field_named, title_rank, unit_named
from collab.domain.songs.found import Found

_LISTS = ("songs", "items", "tracks", "setlist", "playlist", "repertoire", "data", "results", "entries")
"""What an object calls the list of songs in it."""


def read_json(file: str, text: str, found: Found) -> None:
    """A list of songs, or an object that holds one; a song is an object of its fields, or its title."""
    try:
        data = parse_json(text, max_values=len(text))
    except json.JSONDecodeError as error:
        found.bad(file, error.lineno, f"expected JSON: {error.msg}", is_lost=True)
        return
    if isinstance(data, dict) and data.get("kind") == "setlist" and isinstance(data.get("items"), list):
        _read_setlist(file, data, found)
        return
    songs = _list_in(data, found)
    if songs is None:
        found.bad(file, 1, f"expected a list of songs, or an object with 'songs', got {shown(data)}", is_lost=True)
        return
    unknown: dict[str, None] = {}
    for number, song in enumerate(songs, 1):
        if isinstance(song, str) and song.strip():
            found.song(file, number, {"title": song})
        elif isinstance(song, dict):
            if song.get("type", "song") != "break":
                fields = _fields(song, found, unknown)
                found.song(file, number, dict(fields))
        else:
            found.bad(file, number, f"expected a song as an object, got {shown(song)}", is_lost=True)
    if unknown:
        names = ", ".join(map(shown, list(unknown)[:20]))
        found.remark(file, f"fields that no song has were left out: {names}")


def _read_setlist(file: str, data: Mapping[str, Any], found: Found) -> None:
    """A setlist as REST and our exports have it."""
    fields = data.get("fields")
    found.setlist(fields if isinstance(fields, dict) else {})
    for number, item in enumerate(data["items"], 1):
        if isinstance(item, dict) and isinstance(item.get("fields"), dict):
            found.item(file, number, str(item.get("type", "song")), item["fields"])
        else:
            found.bad(file, number, f"expected an item as an object with 'fields', got {shown(item)}", is_lost=True)


def _list_in(data: Any, found: Found) -> list[Any] | None:
    """The list of songs in what was read, at most two objects deep: playlists come as `{"tracks": {"items": […]}}`."""
    for _ in range(3):
        if not isinstance(data, dict):
            break
        inner = next((data[name] for name in _LISTS if isinstance(data.get(name), list | dict)), None)
        if inner is None:
            return [data] if any(field_named(key, found.types) == "title" for key in data) else None
        data = inner
    return data if isinstance(data, list) else None


def _fields(song: Mapping[str, Any], found: Found, unknown: dict[str, None]) -> Iterator[tuple[str, Value]]:
    """The fields of a song by our names: those of the object itself, or of one within it."""
    inner = next((song[name] for name in ("fields", "track", "song") if isinstance(song.get(name), dict)), song)
    named = {key: field_named(key, found.types) for key in inner}
    titles = [key for key, name in named.items() if name == "title"]
    best = min(titles, key=title_rank, default=None)
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
