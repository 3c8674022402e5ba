"""The five ops, and their JSON form: the same on the wire and in the database (PROTOCOL.md, The document)."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from collab.domain.ot import text
from collab.domain.record import record

Value: TypeAlias = Any
"""A JSON value, treated as immutable. `None` means that the field is not set."""

Fields: TypeAlias = Mapping[str, Value]

Place: TypeAlias = tuple[str | None, str]
"""Where a field is: an item's id, None for the content itself, and the field's name."""


@record
class Item:
    """One entry of a content: a song or a break of a setlist, a song of a repertoire. Unset fields are absent."""

    id: str
    type: str
    position: str
    fields: Fields

    def to_json(self) -> dict[str, Value]:
        return {"id": self.id, "type": self.type, "position": self.position, "fields": dict(self.fields)}

    @classmethod
    def from_json(cls, data: Mapping[str, Value]) -> "Item":
        return cls(data["id"], data["type"], data["position"], data["fields"])


@record
class Set:
    """Gives a field a value; `item=None` is the content's own field, `value=None` clears it."""

    item: str | None
    field: str
    value: Value

    def to_json(self) -> dict[str, Value]:
        return {"op": "set", "item": self.item, "field": self.field, "value": self.value}


@record
class Insert:
    """Adds an item."""

    item: Item

    def to_json(self) -> dict[str, Value]:
        return {"op": "insert", "item": self.item.to_json()}


@record
class Move:
    """Puts an item elsewhere."""

    item: str
    position: str

    def to_json(self) -> dict[str, Value]:
        return {"op": "move", "item": self.item, "position": self.position}


@record
class Remove:
    """Takes an item out."""

    item: str

    def to_json(self) -> dict[str, Value]:
        return {"op": "remove", "item": self.item}


@record
class Text:
    """Edits a text field in place."""

    item: str | None
    field: str
    delta: text.Delta

    def to_json(self) -> dict[str, Value]:
        return {"op": "text", "item": self.item, "field": self.field, "delta": text.to_json(self.delta)}


Op: TypeAlias = Set | Insert | Move | Remove | Text


def from_json(data: Mapping[str, Value]) -> Op:
    """The op of a stored JSON object. Not a validator: what clients send is checked by the wire models."""
    match data["op"]:
        case "set":
            return Set(data["item"], data["field"], data["value"])
        case "insert":
            return Insert(Item.from_json(data["item"]))
        case "move":
            return Move(data["item"], data["position"])
        case "remove":
            return Remove(data["item"])
        case "text":
            return Text(data["item"], data["field"], text.parse(data["delta"]))
        case other:
            raise ValueError(f"expected one of set, insert, move, remove, text; got {other!r}")
