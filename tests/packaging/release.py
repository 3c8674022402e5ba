"""A release: `uv run poe release` checks that all say the same version, then builds what is published into `dist`.

The version stands in pyproject.toml and in the front end's two package.json, heads the changelog with its date, and is
the tag of the commit that is built. Nothing is published here: that takes a person with the right to it.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = ("collab/web/package.json", "collab/web/npm/package.json")


def problems(root: Path) -> Iterator[str]:
    """What keeps a checkout from being released, a sentence each."""
    version = _version(root)
    for file in PACKAGES:
        package = json.loads((root / file).read_text())["version"]
        if package != version:
            yield f"expected version {version} in {file}, as in pyproject.toml, got {package}"
    newest = re.search(r"^## (.*)$", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    if newest is None or not re.fullmatch(re.escape(version) + r", \d{4}-\d\d-\d\d", newest[1]):
        heading = "nothing" if newest is None else repr(newest[1])
        yield f"expected CHANGELOG.md to begin with '## {version}, <date>', got {heading}"
    if changed := _git(root, "status", "--porcelain"):
        yield f"expected nothing that is not committed, got {len(changed.splitlines())} paths"
    if f"v{version}" not in _git(root, "tag", "--points-at", "HEAD").split():
        yield f"expected the tag v{version} on this commit: `git tag -a v{version}`"


def build(root: Path) -> None:
    """Writes what is published to `dist`; makes the container's image where there is something to make it with."""
    out = root / "dist"
    out.mkdir(exist_ok=True)
    build_distributions(root, out)
    build_npm(root, out)
    build_image(root)


def build_distributions(root: Path, out: Path) -> None:
    """The wheel and the sdist, and the client's wheel."""
    subprocess.run(["uv", "build", "--out-dir", str(out)], cwd=root, check=True)
    subprocess.run(["uv", "build", "--wheel", "--out-dir", str(out), "packaging/client"], cwd=root, check=True)


def build_npm(root: Path, out: Path) -> None:
    """The tarball of the SDK and the React hooks."""
    web = root / "collab" / "web"
    subprocess.run(["npm", "run", "package"], cwd=web, check=True)
    subprocess.run(["npm", "pack", "--pack-destination", str(out)], cwd=web / "npm", check=True)


def build_image(root: Path) -> None:
    """The image, by podman or docker."""
    engine = shutil.which("podman") or shutil.which("docker")
    if engine is None:
        print("no image was made: there is neither podman nor docker", file=sys.stderr)  # noqa: T201  # a command prints
    else:
        command = [engine, "build", "-f", "collab/deploy/Containerfile", "-t", f"collab:{_version(root)}", "."]
        subprocess.run(command, cwd=root, check=True)


def _version(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """The exit code: 1 where something is wrong, which is printed."""
    found = list(problems(ROOT))
    for problem in found:
        print(problem, file=sys.stderr)  # noqa: T201  # a command prints
    if not found:
        build(ROOT)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
