"""What members of a band mean to do, as Hypothesis thinks it up, and the ops that it comes to on a document."""

from typing import TypeAlias

from hypothesis import strategies as st

from collab.domain.ot import positions, text
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text

Intent: TypeAlias = tuple[str, int, int, int, str]
"""What somebody means to do, to be fitted to the document that they see: a verb, three choices and a word."""

CHOICES = st.integers(0, 40)
WORDS = st.text("aé日👍\N{COMBINING ACUTE ACCENT}", min_size=1, max_size=3)
VERBS = st.sampled_from(["type", "type", "type", "erase", "set", "set", "replace", "insert", "move", "remove"])
INTENTS: st.SearchStrategy[Intent] = st.tuples(VERBS, CHOICES, CHOICES, CHOICES, WORDS)

TITLES = ["Iko Iko", "Tipitina", "Big Chief", None]


def setlist_items() -> list[Item]:
    return [
        Item("iko", "song", "a0", {"title": "Iko Iko", "notes": "second line"}),
        Item("rest", "break", "a1", {"title": "Break"}),
        Item("saints", "song", "a2", {"title": "When the Saints"}),
    ]


def op_of(document: Document, intent: Intent, new_id: str) -> Op:
    """The op that an intent comes to on a document; an item that it adds gets the id `new_id`."""
    verb, which, where, how_many, word = intent
    items = document.ordered()
    if verb == "insert" or (not items and verb in ("move", "remove")):
        return Insert(Item(new_id, "song", _position(items, where), {"title": word}))
    if verb == "move":
        return Move(items[which % len(items)].id, _position(items, where))
    if verb == "remove":
        return Remove(items[which % len(items)].id)
    # Few enough places that people meet.
    item = items[0] if items and which % 2 else None
    item_id = None if item is None else item.id
    if verb == "set":
        return Set(item_id, "title", TITLES[where % len(TITLES)])
    if verb == "replace":
        return Set(item_id, "notes", word)
    notes = (document.fields if item is None else item.fields).get("notes") or ""
    at = where % (len(notes) + 1)
    start = (at,) if at else ()
    count = min(how_many % 4 + 1, len(notes) - at)
    if verb == "erase" and count:
        return Text(item_id, "notes", (*start, text.Delete(count)))
    return Text(item_id, "notes", (*start, word))


def _position(items: list[Item], where: int) -> str:
    """A key after one of the items; the same where two clients choose the same."""
    taken = [item.position for item in items]
    return positions.next_free(taken[where % len(taken)], taken) if taken else positions.after(None)
