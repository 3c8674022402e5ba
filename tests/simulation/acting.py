"""What people do in a content, as far as it can be done on what they see by then."""

from collab.client.content import Content
from collab.domain.ot.document import Document
from tests.simulation.plan import Act


def do(room: Content, act: Act, word: str) -> None:
    """Raises `Invalid` where an op does not fit."""
    document = room.document
    items = [item.id for item in document.ordered()]
    item = items[act.which % len(items)] if items else None
    place = items[act.where % len(items)] if items else None
    match act.verb:
        case "set" | "expect":
            target = item if act.where % 3 else None
            room.set(target, "title", word, is_unchanged_expected=act.verb == "expect")
        case "type" | "erase":
            target = item if act.how % 2 else None
            notes = _notes(document, target)
            at = act.where % (len(notes) + 1)
            if act.verb == "type":
                room.type(target, "notes", at, f"{word} ")
            elif at < len(notes):
                room.erase(target, "notes", at, min(3, len(notes) - at))
        case "insert":
            room.insert({"title": word}, before=place)
        case "move" if item is not None and item != place:
            room.move(item, place)
        case "remove" if len(items) > 1 and item is not None:
            room.remove(item)
        case "undo":
            room.undo()
        case "redo":
            room.redo()


def _notes(document: Document, item: str | None) -> str:
    fields = document.fields if item is None else document.items[item].fields
    return fields.get("notes") or ""
