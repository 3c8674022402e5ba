"""The process that reads one file: it gets the file on its standard input, answers on its standard output, and ends.

It imports little, so that it begins quickly, and has only as much memory and processor time as it is given, where the
system has such limits.
"""

import os
import pickle
import sys
from contextlib import suppress
from dataclasses import dataclass

from collab.domain.errors import TooLarge
from collab.domain.kinds import FieldTypes
from collab.domain.songs.found import Songs
from collab.services.songs.unpacking import ImportLimits, songs_of

_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Request:
    """A file, and what reading it may take."""

    name: str
    data: bytes
    types: FieldTypes
    limits: ImportLimits
    max_cpu_s: int
    max_memory_bytes: int


def main() -> None:
    """Answers one `Request` with its `Songs`, or with a sentence that says why it is too large."""
    request: Request = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the node itself
    _limit(request.max_cpu_s, request.max_memory_bytes)
    pickle.dump(_answer(request), sys.stdout.buffer)


def _answer(request: Request) -> Songs | str:
    try:
        return songs_of(request.name, request.data, request.types, request.limits)
    except TooLarge as error:
        return error.message
    except MemoryError:
        return f"expected a file that is read in {request.max_memory_bytes} bytes of memory: send it in parts"


def _limit(max_cpu_s: int, max_memory_bytes: int) -> None:
    with suppress(AttributeError):
        # Where the node wants the processor, edits go first.
        os.nice(_NICENESS)
    with suppress(ImportError):
        import resource

        wanted = (
            (resource.RLIMIT_AS, max_memory_bytes),
            # Also ends one whose node was killed.
            (resource.RLIMIT_CPU, max_cpu_s),
            (resource.RLIMIT_CORE, 0),
        )
        for limit, value in wanted:
            hard = resource.getrlimit(limit)[1]
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (allowed, allowed))
