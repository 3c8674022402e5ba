"""A content in brief: what a list of contents shows of each."""

from collab.domain.fields import TextField
from collab.domain.kinds import Kind
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Value
from collab.domain.record import record


@record
class Brief:
    """The content's own fields without its long texts, how many items it has, and the seconds that those take whose
    length is known."""

    id: str
    version: int
    fields: Fields
    items: int
    duration: float

    def to_json(self) -> dict[str, Value]:
        return {
            "id": self.id,
            "version": self.version,
            "fields": dict(self.fields),
            "items": self.items,
            "duration": self.duration,
        }


def brief_of(document: Document, kind: Kind) -> Brief:
    """A document in brief."""
    fields = {
        name: value for name, value in document.fields.items() if not isinstance(kind.fields.get(name), TextField)
    }
    lengths = (item.fields.get("duration") for item in document.items.values())
    duration = sum(length for length in lengths if isinstance(length, int | float))
    return Brief(document.id, document.version, fields, len(document.items), duration)
