"""The built package works away from the checkout, and the lock files name public hosts alone."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _uv(*arguments: str, cwd: Path) -> str:
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run([uv, *arguments], cwd=cwd, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(300)
@pytest.mark.long
def test_an_installed_collab_works_away_from_the_checkout(tmp_path: Path) -> None:
    checkout = _copy_of_the_checkout(tmp_path / "checkout")
    _uv("build", "--out-dir", str(tmp_path / "dist"), cwd=checkout)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "collab/migrations/versions/0001_bands_contents_edits.py" in names
    assert {"collab/protocol/PROTOCOL.md", "collab/deploy/nginx.conf", "collab/deploy/grafana.json"} <= set(names)
    assert not any(name.startswith(("tests/", "migrations/")) for name in names)

    _uv("venv", "-q", "--python", sys.executable, str(tmp_path / "venv"), cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    _uv("pip", "install", "-q", "--python", str(python), str(wheel), cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [python.with_name("collab"), "migrate"], cwd=elsewhere, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert (elsewhere / "collab.db").stat().st_size > 0


def _copy_of_the_checkout(to: Path) -> Path:
    """With npm's packages, without what was built: a build in the checkout itself changes what other tests serve."""
    left_out = shutil.ignore_patterns(".?*", "__pycache__", "dist", "mutants", "node_modules", "site", "*.db*")
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
