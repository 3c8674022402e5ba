"""`collab compact`, `backup` and `restore`: they do it, and say in a few lines what they did."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import typer

from collab.storage import backup as backups
from collab.storage import compact as compacting

_COPIES = (".db", ".sqlite", ".sqlite3")
_DUMPS = (".jsonl", ".jsonl.gz")


def compact(url: str, keep_edits: int, older_than: datetime | None, *, is_dry_run: bool) -> None:
    """Folds old edits and prints a line for each content that had some, then the sum."""
    total = count = 0
    for folded in compacting.compact(url, keep_edits, older_than, is_dry_run=is_dry_run):
        typer.echo(
            f"{folded.title} ({folded.content_id}): {folded.edits} edits and {folded.snapshots} snapshots "
            f"before version {folded.version}, {_size(folded.size_bytes)}"
        )
        count += folded.edits
        total += folded.size_bytes
    word = "would be folded; nothing was changed" if is_dry_run else "were folded; the database uses the space again"
    typer.echo(f"{count} edits, {_size(total)}, {word}")


def backup(url: str, file: Path, band_id: str | None) -> None:
    """Copies or dumps, as the file's name says."""
    if _is_dump(file):
        typer.echo(f"{file}: {_rows(backups.dump(url, file, band_id))}")
    elif band_id is not None:
        raise ValueError("--band: a copy holds all bands; name the file .jsonl for a dump of one")
    else:
        backups.copy_sqlite(url, file)
        typer.echo(f"{file}: a copy of the database")


def restore(url: str, file: Path) -> None:
    """Restores what `backup` has made."""
    if not file.exists():
        raise ValueError(f"expected a file that `collab backup` has made, there is no {file}")
    if _is_dump(file):
        typer.echo(f"restored {_rows(backups.restore(url, file))}")
    else:
        backups.restore_sqlite(url, file)
        typer.echo("restored the database")


def _is_dump(file: Path) -> bool:
    if file.name.endswith(_DUMPS):
        return True
    if file.suffix in _COPIES:
        return False
    raise ValueError(
        f"expected a file named {', '.join(f'NAME{suffix}' for suffix in (*_COPIES, *_DUMPS))}, got {file}"
    )


def _rows(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {table}" for table, count in counts.items()) or "nothing"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1_000:.1f} kB"
