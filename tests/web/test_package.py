"""What the package for npm says of itself agrees with what it is made of."""

import json
import re
from pathlib import Path

from tests.web.node import WEB

MADE = json.loads((WEB / "npm" / "package.json").read_text())
PAGE = json.loads((WEB / "package.json").read_text())


def test_it_needs_what_its_sources_import_in_the_releases_that_they_are_tested_with() -> None:
    imported = {name for source in _sources() for name in re.findall(r'from "([^."][^"]*)"', source.read_text())}
    assert imported == {*MADE["dependencies"], *MADE["peerDependencies"]}
    assert MADE["dependencies"] == {name: f"^{PAGE['dependencies'][name]}" for name in MADE["dependencies"]}
    assert "react" in MADE["peerDependencies"]


def test_the_example_asks_for_its_release() -> None:
    example = json.loads((WEB / "examples" / "next" / "package.json").read_text())
    assert example["dependencies"][MADE["name"]] == f"^{MADE['version']}"


def _sources() -> set[Path]:
    """The modules of the package: those that are imported by name, and what they import."""
    todo = [WEB / folder / "index.ts" for folder in ("sdk", "react", "parts")]
    found: set[Path] = set()
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        for name in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', file.read_text()):
            path = (file.parent / name).resolve()
            candidates = (path.with_name(path.name + ".ts"), path.with_name(path.name + ".tsx"), path / "index.ts")
            todo += [candidate for candidate in candidates if candidate.is_file()]
    return found
