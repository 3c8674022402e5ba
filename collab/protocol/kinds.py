"""Kinds as clients are told of them: what each may hold, field by field, so that a page can show and check it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from collab.domain import fields
from collab.domain.fields import FieldType
from collab.domain.kinds import FieldTypes
from collab.domain.kinds import Kind as DomainKind
from collab.protocol.base import Wire
from collab.protocol.events import Json


class TextType(Wire):
    """Merged character by character (`text` ops). Lengths are in code points."""

    type: Literal["text"]
    max_length: int


class LineType(Wire):
    """A single line, merged likewise."""

    type: Literal["line"]
    max_length: int


class NumberType(Wire):
    """Both bounds are included."""

    type: Literal["number"]
    minimum: float
    maximum: float
    unit: str
    is_whole: bool


class FlagType(Wire):
    """True or false."""

    type: Literal["flag"]


class ChoiceType(Wire):
    """One of these words."""

    type: Literal["choice"]
    options: list[str]


class PatternType(Wire):
    """A word that this regular expression matches as a whole; `example` says so to people."""

    type: Literal["pattern"]
    regex: str
    example: str


class DateType(Wire):
    """A calendar day such as `2026-12-04`."""

    type: Literal["date"]


class TagsType(Wire):
    """A list of distinct words."""

    type: Literal["tags"]
    max_count: int
    max_length: int


class OtherType(Wire):
    """A type of the host application's own: only the server can tell what fits."""

    type: Literal["other"]


AnyFieldType: TypeAlias = Annotated[
    TextType | LineType | NumberType | FlagType | ChoiceType | PatternType | DateType | TagsType | OtherType,
    Field(discriminator="type"),
]


class Kind(Wire):
    """Fields are in the order of their declaration, which is a good one to show them in."""

    name: str
    fields: dict[str, AnyFieldType]
    item_types: dict[str, dict[str, AnyFieldType]]


class Kinds(Wire):
    kinds: list[Kind]


_NAMES: Mapping[type, str] = {
    fields.TextField: "text",
    fields.Line: "line",
    fields.Number: "number",
    fields.Flag: "flag",
    fields.Choice: "choice",
    fields.Pattern: "pattern",
    fields.Date: "date",
    fields.Tags: "tags",
}


def kind_json(kind: DomainKind) -> Json:
    item_types = {name: _fields_json(types) for name, types in kind.item_types.items()}
    return {"name": kind.name, "fields": _fields_json(kind.fields), "item_types": item_types}


def _fields_json(types: FieldTypes) -> Json:
    return {name: _type_json(field_type) for name, field_type in types.items()}


def _type_json(field_type: FieldType) -> Json:
    name = _NAMES.get(type(field_type))
    return {"type": "other"} if name is None else {"type": name, **asdict(field_type)}  # type: ignore[call-overload]  # all of these are dataclasses
