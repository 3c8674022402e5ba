"""The built package works away from the checkout, and the lock files name public hosts alone."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.release import build_distributions

ROOT = Path(__file__).parents[2]


def _uv(*arguments: str, cwd: Path) -> str:
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run([uv, *arguments], cwd=cwd, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published of Python, built once, with the page as it is built already."""
    folder = tmp_path_factory.mktemp("built")
    build_distributions(_copy_of_the_checkout(folder / "checkout"), folder / "dist")
    return folder / "dist"


@pytest.mark.timeout(300)
@pytest.mark.long
def test_what_is_published_holds_what_it_needs(dist: Path) -> None:
    names = _names(dist, "collab_bands-")
    assert "collab/migrations/versions/0001_bands_contents_edits.py" in names
    assert {"collab/protocol/PROTOCOL.md", "collab/deploy/nginx.conf", "collab/web/dist/index.html"} <= names
    assert not any(name.startswith(("tests/", "migrations/", "collab/web/app/")) for name in names)
    of_the_client = {name for name in _names(dist, "collab_bands_client-") if ".dist-info/" not in name}
    assert "collab/client/client.py" in of_the_client
    assert of_the_client < names


@pytest.mark.timeout(300)
@pytest.mark.long
def test_an_installed_collab_works_away_from_the_checkout(dist: Path, tmp_path: Path) -> None:
    _uv("venv", "-q", "--python", sys.executable, str(tmp_path / "venv"), cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    _uv("pip", "install", "-q", "--python", str(python), str(_wheel(dist, "collab_bands-")), cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [python.with_name("collab"), "migrate"], cwd=elsewhere, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert (elsewhere / "collab.db").stat().st_size > 0


def _wheel(dist: Path, begin: str) -> Path:
    [wheel] = dist.glob(f"{begin}*.whl")
    return wheel


def _names(dist: Path, begin: str) -> set[str]:
    return set(zipfile.ZipFile(_wheel(dist, begin)).namelist())


def _copy_of_the_checkout(to: Path) -> Path:
    """With the page that is built already, and npm's packages: what others serve from the checkout stays as it is."""
    left_out = shutil.ignore_patterns(".?*", "__pycache__", "mutants", "node_modules", "site", "*.db*")
    shutil.copytree(ROOT, to, ignore=left_out)
    (to / "collab" / "web" / "node_modules").symlink_to(ROOT / "collab" / "web" / "node_modules")
    return to


PYTHON_HOSTS = {"pypi.org", "files.pythonhosted.org"}
FUNDING_HOSTS = {"github.com", "opencollective.com", "tidelift.com"}


def test_lock_files_name_public_hosts_alone() -> None:
    npm_locks = [file for file in ROOT.glob("*/**/package-lock.json") if "node_modules" not in file.parts]
    assert npm_locks
    for lock, allowed in [(ROOT / "uv.lock", PYTHON_HOSTS), *((file, FUNDING_HOSTS) for file in npm_locks)]:
        named = set(re.findall(r"https?://([^/\"\s]+)", lock.read_text()))
        assert named <= allowed, lock
