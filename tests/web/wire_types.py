"""`uv run poe wire-types`: makes the SDK's types from the wire models."""

import json

from collab.protocol.catalogue import wire_schema
from tests.web.node import WEB, run_tool

FILE = WEB / "sdk" / "wire.ts"


def wire_types() -> str:
    return run_tool("wire-types.mjs", json.dumps(wire_schema()))


if __name__ == "__main__":
    FILE.write_text(wire_types())
