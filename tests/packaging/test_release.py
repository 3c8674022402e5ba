"""What the release command wants to be true before it builds anything."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packaging.release import PACKAGES, problems


def _git(root: Path, *arguments: str) -> None:
    as_somebody = ("-c", "user.name=Ada", "-c", "user.email=ada@band.example")
    subprocess.run(["git", *as_somebody, *arguments], cwd=root, capture_output=True, check=True)


def _commit(root: Path) -> None:
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "all of it")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One that can be released as 1.2.0."""
    (tmp_path / "collab" / "web" / "npm").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    for file in PACKAGES:
        (tmp_path / file).write_text(json.dumps({"version": "1.2.0"}))
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0, 2026-12-04\n\n## 1.1.0, 2026-11-01\n")
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    _git(tmp_path, "tag", "v1.2.0")
    return tmp_path


def test_where_all_says_the_same_a_release_can_be_built(checkout: Path) -> None:
    assert list(problems(checkout)) == []


def _of_another_package(root: Path) -> None:
    (root / PACKAGES[1]).write_text(json.dumps({"version": "1.1.0"}))
    _commit(root)
    _git(root, "tag", "-f", "v1.2.0")


def _without_a_date(root: Path) -> None:
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0, unreleased\n")
    _commit(root)
    _git(root, "tag", "-f", "v1.2.0")


def _not_committed(root: Path) -> None:
    (root / "new.py").touch()


def _without_a_tag(root: Path) -> None:
    _git(root, "tag", "-d", "v1.2.0")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_of_another_package, "1.1.0"),
        (_without_a_date, "CHANGELOG.md"),
        (_not_committed, "1 paths"),
        (_without_a_tag, "v1.2.0"),
    ],
)
def test_what_keeps_it_from_being_built_is_named(checkout: Path, spoil: Callable[[Path], None], named: str) -> None:
    spoil(checkout)
    [problem] = problems(checkout)
    assert named in problem
