"""The vectors of values as people write them, through the importer. Their shape is told in tests/vectors/README.md."""

import json
from pathlib import Path
from typing import Any

import pytest

from collab.domain.kinds import REPERTOIRE
from collab.domain.songs.durations import Durations
from collab.domain.songs.values import read_value

WRITTEN = Path(__file__).parents[2] / "vectors" / "values" / "written.json"
TYPES = REPERTOIRE.item_types["song"]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case['field']} {case['written']}") for case in json.loads(WRITTEN.read_text())],
)
def test_a_value_in_a_file_is_read_as_the_vectors_say(case: dict[str, Any]) -> None:
    field = case["field"]
    assert read_value(field, case["written"], TYPES[field], Durations()).value == case["value"]
