"""The ranges of our dependencies are true: `python -m tests.packaging.ranges lowest | highest | beside`.

At either end of them the core of the tests runs, in an environment of its own; at the lowest once more with uvicorn's
websockets in their own way, which other releases may need. `beside` asks whether what a host has installs beside
us. All of it needs a package index, so that CI has jobs for it and the other tests have none of it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]

NEIGHBOURS = ("fastapi-users[sqlalchemy]", "supabase")

CORE = (
    "tests/contract/test_beside_a_host.py",
    "tests/contract/test_journal.py",
    "tests/contract/test_migrations.py",
    "tests/e2e/test_admin.py",
    "tests/e2e/test_bus.py",
    "tests/e2e/test_client_connection.py",
    "tests/e2e/test_client_editing.py",
    "tests/e2e/test_connecting.py",
    "tests/e2e/test_editing.py",
    "tests/e2e/test_malformed_packets.py",
    "tests/e2e/test_nodes.py",
    "tests/e2e/test_presence.py",
    "tests/e2e/test_rest.py",
    "tests/unit/engineio",
    "tests/unit/test_bus.py",
    "tests/unit/test_tokens.py",
)
_STOCK = ("tests/e2e/test_editing.py", "tests/e2e/test_presence.py", "tests/e2e/test_nodes.py")


def try_end(resolution: str) -> None:
    """Runs the core of the tests with all that we depend on at one end of its range, and the tools as locked."""
    with tempfile.TemporaryDirectory(prefix="collab-ranges-") as temporary:
        folder = Path(temporary)
        _uv("export", "--locked", "--no-emit-project", "--no-hashes", "-o", folder / "tools.txt")
        _uv(
            "pip",
            "compile",
            "pyproject.toml",
            "--extra",
            "client",
            "--resolution",
            resolution,
            "-o",
            folder / "ours.txt",
        )
        _uv("venv", "--python", sys.executable, folder / "venv")
        python = folder / "venv" / "bin" / "python"
        _uv("pip", "install", "--python", python, "-r", folder / "tools.txt")
        _uv("pip", "install", "--python", python, "-r", folder / "ours.txt")
        _uv("pip", "install", "--python", python, "--no-deps", "-e", ".")
        # What an old release warns of is no fault of ours.
        tests: tuple[str | Path, ...] = (python, "-m", "pytest", "-q", "-n", "2", "-W", "default")
        _run(*tests, *CORE)
        _run(*tests, "--stock", *_STOCK)


def solve_beside() -> None:
    """Fails where no releases of ours and of our neighbours fit together."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as neighbours:
        neighbours.write("\n".join(NEIGHBOURS))
        neighbours.flush()
        _uv("pip", "compile", "pyproject.toml", neighbours.name)


def _uv(*arguments: str | Path) -> None:
    _run("uv", *arguments)


def _run(*command: str | Path) -> None:
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(command, cwd=ROOT, env=own, check=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["lowest"]:
            try_end("lowest-direct")
        case ["highest"]:
            try_end("highest")
        case ["beside"]:
            solve_beside()
        case _:
            sys.exit(__doc__)
