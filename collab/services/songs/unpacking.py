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
from collab.domain.songs.files import read_text
from collab.domain.songs.foreign import foreign, not_readable
from collab.domain.songs.found import Found, Songs
from collab.domain.strings import MAX_NAME_LENGTH, cleaned_line
from collab.services.songs.encodings import decoded
from collab.services.songs.spreadsheets import read_spreadsheet

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"

_DOCUMENTS = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a presentation",
    "Index/Document.iwa": "a Pages, Numbers or Keynote document",
    "Index.zip": "a Pages, Numbers or Keynote document",
    "META-INF/container.xml": "an EPUB book",
    "Content/score.gpif": "a Guitar Pro score",
}
"""Documents that are zips: a file in it tells which."""

_SCORES = (
    (".mscx", "a MuseScore score"),
    (".musicxml", "sheet music (MusicXML)"),
    ("score.xml", "sheet music (MusicXML)"),
)
_SPREADSHEETS = ("xl/workbook.xml", "xl/workbook.bin")
_OPEN_DOCUMENT = "mimetype"
_OPEN_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"

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
    if data.startswith(_ZIP):
        _read_zip(name, data, found, limits)
    else:
        _read_file(name, data, found)
    return found.songs()


def file_label(path: str) -> str:
    """The last part of a path that came from outside, fit to be stored and shown."""
    last = PurePosixPath(path.replace("\\", "/")).name
    return cleaned_line(last, len(last))[-MAX_NAME_LENGTH:] or "songs"


def _read_file(name: str, data: bytes, found: Found) -> None:
    """The songs of a file that is no zip of others; what we can't read is named for what it is."""
    if data.startswith(_OLD_OFFICE) and name.lower().endswith(".xls"):
        read_spreadsheet(name, data, found)
    elif kind := foreign(data):
        found.bad(name, 1, not_readable(kind))
    else:
        text = decoded(data)
        if text.is_guess:
            found.remark(name, f"this file does not say how its letters are written: it was read as {text.encoding}")
        read_text(name, text.text, found)


def _read_zip(name: str, data: bytes, found: Found, limits: ImportLimits) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        kind = _document(archive)
    except _UNREADABLE as error:
        found.bad(name, 1, f"expected a zip file: {error}")
        return
    if kind == "":
        read_spreadsheet(name, data, found)
    elif kind:
        found.bad(name, 1, not_readable(kind))
    else:
        _read_files(archive, found, limits)


def _document(archive: zipfile.ZipFile) -> str | None:
    """What a zip is that is one document; an empty string for a spreadsheet, None for a zip of files."""
    names = set(archive.namelist())
    if names.intersection(_SPREADSHEETS):
        return ""
    if _OPEN_DOCUMENT in names:
        with archive.open(_OPEN_DOCUMENT) as file:
            begin = file.read(len(_OPEN_SPREADSHEET))
        return "" if begin == _OPEN_SPREADSHEET else "an OpenDocument text or an EPUB book"
    for ending, kind in _SCORES:
        if any(name.endswith(ending) for name in names) and "META-INF/container.xml" in names:
            return kind
    return next((kind for member, kind in _DOCUMENTS.items() if member in names), None)


def _read_files(archive: zipfile.ZipFile, found: Found, limits: ImportLimits) -> None:
    files = [info for info in archive.infolist() if not info.is_dir() and not _is_of_a_system(info.filename)]
    if len(files) > limits.max_files:
        raise TooLarge(f"expected at most {limits.max_files} files in a zip, got {len(files)}: send them in parts")
    left = limits.max_unpacked_bytes
    for info in files:
        label = file_label(info.filename)
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
        _read_member(label, content, found)


def _read_member(label: str, content: bytes, found: Found) -> None:
    """The songs of a file in a zip. A zip in it is left alone, but for a spreadsheet."""
    if not content.startswith(_ZIP):
        _read_file(label, content, found)
        return
    try:
        kind = _document(zipfile.ZipFile(io.BytesIO(content)))
    except _UNREADABLE:
        kind = "a broken zip file"
    if kind == "":
        read_spreadsheet(label, content, found)
    else:
        found.bad(label, 1, not_readable(kind or "a zip within a zip"))


def _is_of_a_system(path: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in path.split("/"))
