"""What changed between two versions, and how it is told."""

from datetime import UTC, datetime

from collab.domain.kinds import SETLIST
from collab.domain.ot import text
from collab.domain.ot.diff import attribute, diff
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.edits import Author, Edit
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.words import clock, tell, tell_edit

AT = datetime(2026, 12, 4, tzinfo=UTC)


def _song(item_id: str, position: str, **fields: object) -> Item:
    return Item(item_id, "song", position, {"title": item_id.title(), **fields})


BEFORE = Document(
    "c1",
    "setlist",
    "b1",
    version=7,
    fields={"title": "Friday", "venue": "Blue Nile", "notes": "doors at 8"},
    items={
        item.id: item
        for item in (
            _song("saints", "a0"),
            _song("panama", "a1", duration=245),
            _song("tiger rag", "a2", notes="fast"),
            _song("iko iko", "a3", key="F"),
        )
    },
)


def _told(*edits: tuple[str, tuple[Op, ...]]) -> list[str]:
    history: list[Edit] = []
    document = BEFORE
    for author, ops in edits:
        made = Edit(
            "c1", document.version + 1, "e", document.version, Author(author.lower(), author), None, ops, (), AT
        )
        history.append(made)
        document = apply_stored(document, ops)
    return tell(attribute(diff(BEFORE, document), history), SETLIST)


def test_the_changes_of_one_item_by_one_member_are_one_sentence() -> None:
    assert _told(("Ben", (Move("iko iko", "Zz"),)), ("Ben", (Set("iko iko", "key", "G"),))) == [
        "Ben moved 'Iko Iko' from 4 to 1, set its key from F to G"
    ]


def test_each_member_is_named_with_what_they_did() -> None:
    assert _told(("Ben", (Set("iko iko", "key", "G"),)), ("Ada", (Set("iko iko", "tempo", 176),))) == [
        "Ben set the key of 'Iko Iko' from F to G",
        "Ada set the tempo of 'Iko Iko' to 176",
    ]


def test_only_what_came_of_it_is_told_with_its_last_author() -> None:
    assert _told(("Ben", (Set("iko iko", "key", "G"),)), ("Ada", (Set("iko iko", "key", "A"),))) == [
        "Ada set the key of 'Iko Iko' from F to A"
    ]
    assert _told(("Ben", (Set("iko iko", "key", "G"),)), ("Ada", (Set("iko iko", "key", "F"),))) == []


def test_items_come_and_go() -> None:
    added = _song("high society", "a0V", key="Bb")
    assert _told(("Ada", (Insert(added),)), ("Dex", (Remove("panama"),))) == [
        "Dex removed 'Panama' from 2",
        "Ada added 'High Society' at 2",
    ]


def test_an_item_that_others_were_moved_past_has_not_moved() -> None:
    assert _told(("Ben", (Move("saints", "a4"),))) == ["Ben moved 'Saints' from 1 to 4"]


def test_lengths_read_as_minutes_and_texts_as_texts() -> None:
    assert _told(("Ada", (Set("panama", "duration", 3_725), Set("panama", "title", "Panama Rag")))) == [
        "Ada renamed 'Panama' to 'Panama Rag', set its duration from 4:05 to 1:02:05"
    ]
    assert _told(("Ada", (Text("tiger rag", "notes", text.replace("fast", "faster")),))) == [
        "Ada set the notes of 'Tiger Rag' from 'fast' to 'faster'"
    ]
    assert _told(("Ada", (Text("tiger rag", "notes", text.replace("fast", "very " * 30)),))) == [
        "Ada edited the notes of 'Tiger Rag'"
    ]
    wordy = apply_stored(BEFORE, (Set("tiger rag", "notes", "very " * 30),))
    assert tell_edit(wordy, apply_stored(wordy, (Set("tiger rag", "notes", None),)), SETLIST) == [
        "cleared the notes of 'Tiger Rag'"
    ]
    assert clock(225) == "3:45"
    assert clock(3_599.6) == "1:00:00"


def test_the_content_itself_is_called_by_its_kind() -> None:
    assert _told(("Ada", (Set(None, "title", "Saturday"), Set(None, "venue", None)))) == [
        "Ada renamed the setlist from 'Friday' to 'Saturday', cleared the venue (was 'Blue Nile')"
    ]


def test_a_change_whose_edit_is_not_known_is_somebodys() -> None:
    after = apply_stored(BEFORE, (Set("iko iko", "key", "G"),))
    assert tell(attribute(diff(BEFORE, after), ()), SETLIST) == ["Somebody set the key of 'Iko Iko' from F to G"]


def test_as_data_a_change_says_what_where_and_who() -> None:
    ops = (Move("iko iko", "Zz"), Set("iko iko", "key", "G"))
    edit = Edit("c1", 8, "e", 7, Author("ben", "Ben"), None, ops, (), AT)
    made = [entry.to_json() for entry in attribute(diff(BEFORE, apply_stored(BEFORE, ops)), [edit])]
    about = {
        "item": "iko iko",
        "type": "song",
        "title": "Iko Iko",
        "author": {"id": "ben", "name": "Ben"},
        "version": 8,
    }
    assert made == [
        {"change": "moved", "from": 4, "to": 1, **about},
        {"change": "set", "field": "key", "before": "F", "after": "G", **about},
    ]
