"""Files that are written whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collab.domain.errors import Conflicting


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """A path to write to what then gets the name of `file`; whatever goes wrong, nothing is left. `Conflicting` where
    there is such a file."""
    if file.exists():
        raise Conflicting(f"expected a file that does not exist yet, got {file}")
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
