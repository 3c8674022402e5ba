"""What an installation holds after ten years, as rows: the same ones each time that the size and the seed are the same.

At size 1 there are 300,000 edits of 5,000 contents in 1,000 bands and as many stays as edits; all of it grows with the
size. Two contents stand out: a setlist of 500 edits, whatever the size is, and a deep one, with every `deep_every`th.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from collab.storage.batch import SNAPSHOT_EVERY

Rows: TypeAlias = Iterator[tuple[Any, ...]]

BEGIN = datetime(2016, 11, 25, tzinfo=UTC)
END = datetime(2026, 11, 23, tzinfo=UTC)

SETLIST, SETLIST_TITLE, SETLIST_EDITS = "content-0", "Friday, Blue Nile", 500
DEEP = "content-1"
BEN = "ben"
BAND = "band-0"

_SONGS = ("Iko Iko", "Panama", "Tiger Rag", "Saints", "Dinah", "Avalon", "Sugar Blues", "Bourbon Street Parade")
_KEYS = ("F", "Bb", "Eb", "Ab", "C", "G", "D")
_FIRST_TEMPO = 90
_MEMBERS = 5

COLUMNS = {
    "users": ("id", "name", "created_at"),
    "bands": ("id", "name", "created_at", "created_by"),
    "memberships": ("band_id", "user_id", "role", "created_at"),
    "nodes": ("id", "host", "started_at", "renewed_at", "lease_until", "ended_at"),
    "contents": (
        "id", "band_id", "kind", "title", "version", "created_at", "created_by", "updated_at", "updated_by",
    ),
    "snapshots": ("content_id", "version", "document", "created_at"),
    "edits": (
        "content_id", "version", "edit_id", "author_id", "base_version", "ops", "inverse", "created_at",
    ),
    "presence_sessions": (
        "id", "session_id", "user_id", "room", "node_id", "transport", "user_agent", "remote_addr", "started_at",
        "last_seen_at", "ended_at", "end_reason",
    ),
    "jobs": (
        "id", "band_id", "content_id", "kind", "name", "status", "started_by", "is_operator", "total", "done",
        "result", "created_at", "finished_at",
    ),
}  # fmt: skip
"""The columns of the rows, by table, in an order in which the tables can be filled."""


@dataclass
class _Songs:
    """The songs of a content as they are now: what `set` takes back is what was there."""

    keys: bytearray = field(default_factory=lambda: bytearray(len(_SONGS)))
    tempos: bytearray = field(default_factory=lambda: bytearray([_FIRST_TEMPO] * len(_SONGS)))


@dataclass
class Installation:
    """The rows of an installation of a size; `edits` has to be read before `contents`, which have its versions."""

    size: float = 1.0
    seed: int = 1
    deep_every: int = 30
    versions: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.edit_count = self.stay_count = int(300_000 * self.size)
        self.content_count = max(3, int(5_000 * self.size))
        self.band_count = max(1, int(1_000 * self.size))
        self.user_count = 2 * self.band_count + _MEMBERS
        self.node_count = 520
        self.versions = [0] * self.content_count

    def users(self) -> Rows:
        for number in range(self.user_count):
            yield _user(number), "Ben (sousaphone)" if number == 0 else f"Member {number}", BEGIN

    def bands(self) -> Rows:
        for number in range(self.band_count):
            name = "Blue Nile Brass Band" if number == 0 else f"Band {number}"
            yield f"band-{number}", name, self._made(number, self.band_count), _user(2 * number)

    def memberships(self) -> Rows:
        for number in range(self.band_count):
            for place in range(_MEMBERS):
                role = "editor" if place else "owner"
                yield f"band-{number}", _user(2 * number + place), role, self._made(number, self.band_count)

    def nodes(self) -> Rows:
        for number in range(self.node_count):
            begun, ended = self._made(number, self.node_count), self._made(number + 1, self.node_count)
            yield _id("node", number), "stage", begun, ended, ended, ended

    def contents(self) -> Rows:
        for number in range(self.content_count):
            made = self._begun(number)
            yield (
                f"content-{number}", f"band-{self._band(number)}", "setlist", self._title(number),
                self.versions[number], made, _user(2 * self._band(number)), END, _user(2 * self._band(number)),
            )  # fmt: skip

    def snapshots(self) -> Rows:
        """The first of each content; those of later versions come with the edits."""
        for number in range(self.content_count):
            yield self._snapshot(number, 0, _Songs(), self._begun(number))

    def edits(self) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...] | None]]:
        """Each edit in the order of time, with the snapshot that is due with it, if one is."""
        chance = random.Random(self.seed)  # noqa: S311  # it is to be the same each time
        songs = [_Songs() for _ in range(self.content_count)]
        setlist_every = self.edit_count // SETLIST_EDITS
        for count in range(self.edit_count):
            number = self._edited(count, setlist_every, chance)
            self.versions[number] += 1
            version, at = self.versions[number], self._made(count, self.edit_count)
            author = _user(2 * self._band(number) + chance.randrange(_MEMBERS))
            ops, inverse = _change(number, songs[number], chance)
            edit = (f"content-{number}", version, _edit_id(count, at), author, version - 1, ops, inverse, at)
            is_due = version % SNAPSHOT_EVERY == 0
            yield edit, self._snapshot(number, version, songs[number], at) if is_due else None

    def presence_sessions(self) -> Rows:
        chance = random.Random(self.seed + 1)  # noqa: S311  # likewise
        for count in range(self.stay_count):
            number = chance.randrange(self.content_count)
            band = self._band(number)
            room = f"band_band-{band}" if count % 2 else f"content_content-{number}"
            began = self._made(count, self.stay_count)
            ended = began + timedelta(seconds=chance.randrange(5, 7_200))
            node = _id("node", count * self.node_count // self.stay_count)
            yield (
                _id("stay", count), f"{chance.getrandbits(80):020x}", _user(2 * band + chance.randrange(_MEMBERS)),
                room, node, "websocket", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "203.0.113.7", began, ended, ended, "left",
            )  # fmt: skip

    def jobs(self) -> Rows:
        for number in range(self.band_count):
            at = self._made(number, self.band_count)
            content = f"content-{number % self.content_count}"
            yield (
                _id("job", number), f"band-{self._band(number)}", content, "import", "songs.csv", "completed",
                _user(2 * number), False, 8, 8, "{}", at, at,
            )  # fmt: skip

    def _edited(self, count: int, setlist_every: int, chance: random.Random) -> int:
        if count % setlist_every == 0:
            return 0
        return 1 if count % self.deep_every == 1 else chance.randrange(2, self.content_count)

    def _band(self, content: int) -> int:
        """Both contents that stand out are of the first band; of the others each has as many."""
        return 0 if content < 2 else content % self.band_count

    def _title(self, content: int) -> str:
        return SETLIST_TITLE if content == 0 else f"Gig {content}"

    def _made(self, number: int, of: int) -> datetime:
        return BEGIN + (END - BEGIN) * (number / of)

    def _begun(self, content: int) -> datetime:
        """All contents are there before the first edit."""
        return BEGIN - timedelta(seconds=self.content_count - content)

    def _snapshot(self, number: int, version: int, songs: _Songs, at: datetime) -> tuple[Any, ...]:
        items = [
            {
                "id": _item(number, place),
                "type": "song",
                "position": f"a{place}",
                "fields": {"title": title, "key": _KEYS[songs.keys[place]], "tempo": songs.tempos[place]},
            }
            for place, title in enumerate(_SONGS)
        ]
        document = {
            "id": f"content-{number}", "kind": "setlist", "band_id": f"band-{self._band(number)}", "version": version,
            "fields": {"title": self._title(number)}, "items": items, "removed": {},
        }  # fmt: skip
        return f"content-{number}", version, orjson.dumps(document).decode(), at


def _user(number: int) -> str:
    return BEN if number == 0 else f"user-{number}"


def _item(content: int, place: int) -> str:
    return str(UUID(int=(content << 64) + place))


def _id(kind: str, number: int) -> str:
    return f"{kind}-{number:08}"


def _edit_id(count: int, at: datetime) -> str:
    """As one of version 7: it begins with its time."""
    return str(UUID(int=(int(at.timestamp() * 1_000) << 80) | (7 << 76) | (2 << 62) | count))


def _change(number: int, songs: _Songs, chance: random.Random) -> tuple[str, str]:
    """The ops of an edit that sets the key or the tempo of a song, and of what takes it back, as they are stored."""
    place = chance.randrange(len(_SONGS))
    item = _item(number, place)
    if chance.random() < 0.5:
        before, songs.keys[place] = songs.keys[place], chance.randrange(len(_KEYS))
        return _set(item, "key", f'"{_KEYS[songs.keys[place]]}"'), _set(item, "key", f'"{_KEYS[before]}"')
    before, songs.tempos[place] = songs.tempos[place], chance.randrange(60, 250)
    return _set(item, "tempo", str(songs.tempos[place])), _set(item, "tempo", str(before))


def _set(item: str, name: str, value: str) -> str:
    return f'[{{"op":"set","item":"{item}","field":"{name}","value":{value}}}]'
