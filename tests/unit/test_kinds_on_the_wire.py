"""What clients are told of a kind is what its fields check."""

from dataclasses import dataclass, is_dataclass
from typing import Any

import pytest

from collab.domain import fields
from collab.domain.kinds import KINDS, Kind
from collab.protocol.kinds import Kinds, kind_json


@dataclass(frozen=True)
class Chord:
    """A type of a host application's own."""

    def problem(self, value: object) -> str | None:
        return None


def told(field_type: Any) -> Any:
    return kind_json(Kind("poems", {"title": fields.Line(), "it": field_type}))["fields"]["it"]


def test_the_engine_s_own_kinds_fit_the_model_and_keep_the_order_of_their_fields() -> None:
    bodies = [kind_json(kind) for kind in KINDS]
    assert [kind.name for kind in Kinds(kinds=bodies).kinds] == ["setlist", "repertoire"]  # type: ignore[arg-type]  # pydantic reads them
    songs = bodies[1]["item_types"]["song"]
    assert [*songs] == [*next(kind for kind in KINDS if kind.name == "repertoire").item_types["song"]]


@pytest.mark.parametrize(
    ("field_type", "body"),
    [
        (fields.TextField(50), {"type": "text", "max_length": 50}),
        (fields.Line(60), {"type": "line", "max_length": 60}),
        (
            fields.Number(0, 12, "frets", is_whole=True),
            {"type": "number", "minimum": 0, "maximum": 12, "unit": "frets", "is_whole": True},
        ),
        (fields.Flag(), {"type": "flag"}),
        (fields.Choice(["low", "high"]), {"type": "choice", "options": ["low", "high"]}),
        (fields.Pattern(r"\d+", "a number"), {"type": "pattern", "regex": r"\d+", "example": "a number"}),
        (fields.Date(), {"type": "date"}),
        (fields.Tags(3, 10), {"type": "tags", "max_count": 3, "max_length": 10}),
        (Chord(), {"type": "other"}),
    ],
)
def test_a_type_is_told_with_its_limits(field_type: Any, body: dict[str, Any]) -> None:
    assert told(field_type) == body


def test_no_type_of_the_engine_s_own_is_told_as_another() -> None:
    own = [entry for entry in vars(fields).values() if is_dataclass(entry) and isinstance(entry, type)]
    made = [entry(*_ARGUMENTS.get(entry, ())) for entry in own]
    assert len({told(field_type)["type"] for field_type in made} - {"other"}) == len(own) >= 8


_ARGUMENTS: dict[type, tuple[Any, ...]] = {
    fields.Number: (0, 1, "beats"),
    fields.Choice: (["a"],),
    fields.Pattern: ("a", "an a"),
}
