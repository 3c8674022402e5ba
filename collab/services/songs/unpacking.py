"""Unpacking: what somebody sent as a file, as the files in it. Nothing is written, so that no path leads astray."""

import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from collab.domain.errors import TooLarge
from collab.domain.kinds import FieldTypes
from collab.domain.songs.fields import Songs
from collab.domain.songs.files import Found, read_file
from collab.domain.strings import MAX_NAME_LENGTH, cleaned_line

_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".cho", ".crd", ".chopro", ".chordpro", ".pro")


_UNREADABLE = (
    zipfile.BadZipFile,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
"""All that `zipfile` is known to raise for a zip that is broken, encrypted or packed in a way that it doesn't know."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """What one import may bring: the file as sent, all that is in it unpacked, its songs, files of a zip."""

    max_bytes: int
    max_unpacked_bytes: int
    max_songs: int
    max_files: int = 10_000


def songs_of(name: str, data: bytes, types: FieldTypes, limits: ImportLimits) -> Songs:
    """The songs of a file, or of the files of a zip, each once. Raises `TooLarge`. Takes its time: not for the loop."""
    found = Found(types, limits.max_songs)
    if data.startswith(b"PK\x03\x04"):
        _read_zip(name, data, found, limits)
    else:
        read_file(name, data, found)
    return found.songs()


def file_label(path: str) -> str:
    """The last part of a path that came from outside, fit to be stored and shown."""
    last = PurePosixPath(path.replace("\\", "/")).name
    return cleaned_line(last, len(last))[-MAX_NAME_LENGTH:] or "songs"


def _read_zip(name: str, data: bytes, found: Found, limits: ImportLimits) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _UNREADABLE as error:
        found.bad(name, 1, f"expected a zip file: {error}")
        return
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_of_a_system(info.filename)]
    if len(files) > limits.max_files:
        raise TooLarge(f"expected at most {limits.max_files} files in a zip, got {len(files)}: send them in parts")
    left = limits.max_unpacked_bytes
    for info in files:
        label = file_label(info.filename)
        if not label.lower().endswith(_SUFFIXES):
            found.bad(label, 1, f"expected one of {', '.join(_SUFFIXES)}; this file was left out")
            continue
        try:
            with archive.open(info) as file:
                # What the zip says of its sizes may be a lie: only what is read counts, and no more than is allowed.
                content = file.read(left + 1)
        except _UNREADABLE as error:
            found.bad(label, 1, f"this file can't be unpacked: {error}")
            continue
        left -= len(content)
        if left < 0:
            raise TooLarge(f"expected at most {limits.max_unpacked_bytes} bytes when unpacked: send them in parts")
        read_file(label, content, found)


def _is_of_a_system(path: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in path.split("/"))
