"""What a list shows of a content."""

from collab.domain.brief import brief_of
from collab.domain.kinds import SETLIST
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item


def test_long_texts_stay_out_and_lengths_are_added_up() -> None:
    items = [
        Item("a", "song", "a0", {"title": "Iko Iko", "duration": 225}),
        Item("b", "break", "a1", {"duration": 900.5}),
        Item("c", "song", "a2", {"title": "Tiger Rag"}),
    ]
    fields = {"title": "Friday", "venue": "Blue Nile", "date": "2026-12-04", "notes": "x" * 20_000}
    document = Document("s", "setlist", "b", 7, fields, {item.id: item for item in items})
    assert brief_of(document, SETLIST).to_json() == {
        "id": "s",
        "version": 7,
        "fields": {"title": "Friday", "venue": "Blue Nile", "date": "2026-12-04"},
        "items": 3,
        "duration": 1125.5,
    }
