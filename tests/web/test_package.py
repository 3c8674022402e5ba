"""What the package for npm says of itself agrees with what it is made of."""

import json
import re

from tests.web.node import WEB

MADE = json.loads((WEB / "npm" / "package.json").read_text())
PAGE = json.loads((WEB / "package.json").read_text())


def test_it_needs_what_its_sources_import_in_the_releases_that_they_are_tested_with() -> None:
    sources = [file.read_text() for folder in ("sdk", "react") for file in (WEB / folder).glob("*.ts")]
    imported = {name for source in sources for name in re.findall(r'from "([^."][^"]*)"', source)}
    assert imported == {*MADE["dependencies"], *MADE["peerDependencies"]}
    assert MADE["dependencies"] == {name: f"^{PAGE['dependencies'][name]}" for name in MADE["dependencies"]}
    assert "react" in MADE["peerDependencies"]


def test_the_example_asks_for_its_release() -> None:
    example = json.loads((WEB / "examples" / "next" / "package.json").read_text())
    assert example["dependencies"][MADE["name"]] == f"^{MADE['version']}"
