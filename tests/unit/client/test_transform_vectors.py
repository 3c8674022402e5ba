"""The client's conformance vectors, for the SDK as for any client."""

import json
from pathlib import Path
from typing import Any

import pytest

from collab.client.transform import transform
from collab.client.wire import ops_of

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors" / "client.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_pending_ops_are_carried_as_the_vectors_say(case: dict[str, Any]) -> None:
    kept, _, _ = transform(ops_of(case["pending"]), ops_of(case["remote"]))
    assert [op.to_json() for op in kept] == case["expect"]["pending"]
