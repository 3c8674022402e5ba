"""The five ops as clients send them, and the domain's ops that they become."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from collab.domain.errors import Invalid
from collab.domain.ot import ops, text
from collab.protocol.base import Id, Wire

MAX_FIELDS = 1_000
"""Fields that one input gives to an item, or to a content: each may be wrong in a way of its own, which takes time to
find out and to tell. No kind has a tenth of that."""

WireFields: TypeAlias = Annotated[dict[str, Any], Field(max_length=MAX_FIELDS)]


class WireItem(Wire):
    id: Id
    type: str
    position: str
    fields: WireFields = Field(default_factory=dict)

    def to_domain(self) -> ops.Item:
        return ops.Item(self.id, self.type, self.position, self.fields)


class WireSet(Wire):
    op: Literal["set"]
    item: str | None
    field: str
    value: Any

    def to_domain(self, path: str) -> ops.Op:
        return ops.Set(self.item, self.field, self.value)


class WireInsert(Wire):
    op: Literal["insert"]
    item: WireItem

    def to_domain(self, path: str) -> ops.Op:
        return ops.Insert(self.item.to_domain())


class WireMove(Wire):
    op: Literal["move"]
    item: str
    position: str

    def to_domain(self, path: str) -> ops.Op:
        return ops.Move(self.item, self.position)


class WireRemove(Wire):
    op: Literal["remove"]
    item: str

    def to_domain(self, path: str) -> ops.Op:
        return ops.Remove(self.item)


class WireText(Wire):
    """`delta` is in the format of npm's `ot-text-unicode`, counted in code points."""

    op: Literal["text"]
    item: str | None
    field: str
    delta: list[Any]

    def to_domain(self, path: str) -> ops.Op:
        try:
            return ops.Text(self.item, self.field, text.parse(self.delta))
        except text.MalformedDelta as error:
            at = "" if error.index is None else f".{error.index}"
            raise Invalid.at(f"{path}.delta{at}", error.reason) from None


WireOp: TypeAlias = Annotated[WireSet | WireInsert | WireMove | WireRemove | WireText, Field(discriminator="op")]


def to_domain(wire_ops: Sequence[WireOp]) -> tuple[ops.Op, ...]:
    """The domain's ops; `Invalid` with the path of the first delta that is malformed."""
    return tuple(op.to_domain(f"ops.{index}") for index, op in enumerate(wire_ops))
