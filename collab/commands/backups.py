"""`collab compact`, `backup`, `restore` and `migrate`: they do it, and say in a few lines what they did."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from collab.commands import progress
from collab.commands.terminal import say
from collab.storage import compact as compacting
from collab.storage import dumps, space, sqlite_copy
from collab.storage import migrate as migrating
from collab.storage.faults import explained
from collab.storage.opening import opened

_COPIES = (".db", ".sqlite", ".sqlite3")
_DUMPS = (".jsonl", ".jsonl.gz")


def compact(url: str, keep_edits: int, older_than: datetime | None, *, is_dry_run: bool) -> None:
    """Folds old edits and prints a line for each content that had some, then the sum, also when it is interrupted."""
    with opened(url):
        total = count = 0
        word = "would be folded; nothing was changed" if is_dry_run else "folded; the database uses the space again"
        try:
            with progress.shown("Compacting") as on_progress:
                for folded in compacting.compact(
                    url, keep_edits, older_than, is_dry_run=is_dry_run, on_progress=on_progress
                ):
                    say(
                        f"{folded.title} ({folded.content_id}): {_counted(folded.edits, 'edits')} and "
                        f"{_counted(folded.snapshots, 'snapshots')} before version {folded.version}, "
                        f"{_size(folded.size_bytes)}"
                    )
                    count += folded.edits
                    total += folded.size_bytes
                if not is_dry_run and (given_back := space.give_back(url)) is not None:
                    word = f"folded; the file and its log are {_size(given_back)} shorter"
        finally:
            say(f"{_counted(count, 'edits')}, {_size(total)}, {word}")


def backup(url: str, file: Path, band_id: str | None) -> None:
    """Copies or dumps, as the file's name says."""
    is_dump = _is_dump(file)
    if band_id is not None and not is_dump:
        raise ValueError("--band: a copy holds all bands; name the file .jsonl for a dump of one")
    with opened(url, may_be_newer=not is_dump), progress.shown("Backing up") as on_progress:
        if is_dump:
            said = _rows(dumps.dump(url, file, band_id, on_progress))
        else:
            sqlite_copy.copy_sqlite(url, file, on_progress)
            said = "a copy of the database"
    say(f"{file}: {said}")


def restore(url: str, file: Path) -> None:
    """Restores what `backup` has made."""
    if not file.exists():
        raise ValueError(f"expected a file that `collab backup` has made, there is no {file}")
    is_dump = _is_dump(file)
    with explained(url), progress.shown("Restoring") as on_progress:
        if is_dump:
            restored = dumps.restore(url, file, on_progress)
            said = _rows(restored.rows)
            if restored.mended:
                said += f"; {_counted(restored.mended, 'rows')} mended that held what is not stored any more"
        else:
            sqlite_copy.restore_sqlite(url, file, on_progress)
            said = "the database"
    say(f"restored {said}")


def migrate(url: str, revision: str, may_go: Callable[[str], bool]) -> bool:
    """Brings the schema to a revision, and returns whether it did. Where that deletes something, `may_go` is asked
    first, with what."""
    gone = migrating.what_goes(url, revision)
    if gone:
        things = {name: "values" if "." in name else "rows" for name in gone}
        told = ", ".join(f"{_counted(count, things[name])} of {name}" for name, count in gone.items())
        if not may_go(f"The schema at {revision} has no room for {told}: they will be deleted."):
            say("Nothing was changed (`--yes` goes on unasked).")
            return False
    with progress.shown("Migrating") as on_progress:
        migrating.migrate(url, revision, on_progress)
    say(f"the schema is at {revision}")
    return True


def _is_dump(file: Path) -> bool:
    if file.name.endswith(_DUMPS):
        return True
    if file.suffix in _COPIES:
        return False
    raise ValueError(
        f"expected a file named {', '.join(f'NAME{suffix}' for suffix in (*_COPIES, *_DUMPS))}, got {file}"
    )


def _rows(counts: Mapping[str, int]) -> str:
    return ", ".join(_counted(count, table) for table, count in counts.items()) or "nothing"


def _counted(count: int, things: str) -> str:
    return f"{count} {things.removesuffix('s') if count == 1 else things}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1_000:.1f} kB"
