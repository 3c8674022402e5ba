"""The file of an SQLite database, watched: what is written after it was deleted or replaced is lost with no error."""

from pathlib import Path

from collab.domain.errors import Unavailable


class DatabaseFile:
    """The file at a path, as it was when it was first opened. `path` is None of a database that is no file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._opened: tuple[int, int] | None = None

    def opened(self) -> None:
        """A connection to it is open."""
        self._opened = self._opened or self._identity()

    @property
    def is_lost(self) -> bool:
        """Whether another file is at the path by now, or none."""
        return self._opened is not None and self._identity() != self._opened

    def check(self) -> None:
        """Raises `Unavailable` where it is lost."""
        if self.is_lost:
            raise Unavailable(f"the database {self._path} was deleted or replaced: put it back, or restart this node")

    def _identity(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
