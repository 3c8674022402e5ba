"""The TypeScript SDK's replica, asked what the Python SDK's was: the two have one meaning, step by step."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from tests.javascript import NODE
from tests.web.node import WEB

Script: TypeAlias = tuple[str, Any, Sequence[Sequence[Any]]]
"""Whose the replica is, the document that it begins with, and each step: a verb, its arguments, and the view after it.
"""

_PLAYER = Path(__file__).with_name("typescript.mjs")


def differences(scripts: Sequence[Script]) -> list[str]:
    """How TypeScript differs from what a script says, one for each; empty where it does not."""
    done = subprocess.run(
        [NODE, "--experimental-transform-types", "--no-warnings", _PLAYER, WEB],
        input=b"".join(orjson.dumps(script) + b"\n" for script in scripts),
        capture_output=True,
        check=False,
    )
    told = done.stdout.decode().splitlines()
    if done.returncode or len(told) != len(scripts):
        raise RuntimeError(f"expected {len(scripts)} answers of Node, got {len(told)}: {done.stderr.decode()}")
    return told
