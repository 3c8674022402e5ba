"""Documents and drafts: order, JSON, and the inverse of each op."""

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.ot import positions
from collab.domain.ot.document import MAX_REMOVED, Document, Draft, apply_stored
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text, from_json
from collab.domain.ot.text import Delete
from tests.support.rooms import START, content, edits_of


def test_items_are_in_the_order_of_position_then_id() -> None:
    items = [Item("b", "song", "a1", {}), Item("c", "song", "Zz", {}), Item("a", "song", "a1", {})]
    document = Document("content", "setlist", "band", 0, items={item.id: item for item in items})
    assert [item.id for item in document.ordered()] == ["c", "a", "b"]


def test_json_is_what_clients_see() -> None:
    document = Document(
        "content", "setlist", "band", 3, {"title": "Friday"}, {"iko": Item("iko", "song", "a0", {"key": "F"})}, {"x": 2}
    )
    visible = {
        "id": "content",
        "kind": "setlist",
        "band_id": "band",
        "version": 3,
        "fields": {"title": "Friday"},
        "items": [{"id": "iko", "type": "song", "position": "a0", "fields": {"key": "F"}}],
    }
    assert document.to_json() == visible
    assert document.to_snapshot() == {**visible, "removed": {"x": 2}}


def test_a_snapshot_that_went_through_json_is_the_document_again() -> None:
    document = apply_stored(START, [Remove("iko"), Set(None, "venue", "Blue Nile")])
    assert document.removed == {"iko": 1}
    assert Document.from_snapshot(json.loads(json.dumps(document.to_snapshot()))) == document


@pytest.mark.parametrize(("fields", "title"), [({"title": "Friday"}, "Friday"), ({}, ""), ({"title": ""}, "")])
def test_a_document_without_a_title_has_an_empty_one(fields: dict[str, str], title: str) -> None:
    assert Document("content", "setlist", "band", 0, fields).title == title


@pytest.mark.parametrize(
    ("op", "inverse"),
    [
        (Set(None, "title", "Saturday"), Set(None, "title", "Friday")),
        (Set(None, "venue", "Blue Nile"), Set(None, "venue", None)),
        (Set("iko", "tempo", None), Set("iko", "tempo", 176)),
        (Text(None, "notes", (5, " at 8")), Text(None, "notes", (5, Delete(5)))),
        (Text("iko", "notes", (Delete(4),)), Text("iko", "notes", ("slow",))),
        (Text("saints", "notes", ("fast",)), Text("saints", "notes", (Delete(4),))),
        (Move("iko", "a9"), Move("iko", "a0")),
        (Remove("rest"), Insert(Item("rest", "break", "a1", {"title": "Break"}))),
        (Insert(Item("new", "song", "a9", {})), Remove("new")),
    ],
)
def test_the_inverse_of_an_op_restores_what_was(op: Op, inverse: Op) -> None:
    draft = Draft(START)
    assert draft.apply(op) == inverse
    assert content(draft.finish()) != content(START)
    assert draft.apply(inverse) == op
    assert content(draft.finish()) == content(START)


def test_a_document_is_left_alone_by_its_drafts() -> None:
    before = json.dumps(START.to_snapshot())
    made = apply_stored(START, [Set("iko", "key", "F"), Remove("rest"), Set(None, "title", None), Move("saints", "a9")])
    assert json.dumps(START.to_snapshot()) == before
    assert made.version == START.version + 1


def test_a_removed_id_is_remembered_with_the_version_that_removed_it_until_it_is_back() -> None:
    gone = apply_stored(apply_stored(START, [Remove("iko")]), [Remove("rest")])
    assert gone.removed == {"iko": 1, "rest": 2}
    assert apply_stored(gone, [Insert(START.items["iko"])]).removed == {"rest": 2}


def test_so_many_removed_ids_are_remembered_and_no_more_the_latest() -> None:
    rounds = 3 * MAX_REMOVED // 2
    document = START
    for n in range(0, rounds, 100):
        songs = [Item(f"song {n + i}", "song", "a5", {}) for i in range(100)]
        document = apply_stored(document, [*map(Insert, songs), *(Remove(song.id) for song in songs)])
    assert list(document.removed) == [f"song {n}" for n in range(rounds - MAX_REMOVED, rounds)]
    assert len(json.dumps(document.to_snapshot())) < 30_000
    # One that was stored when all were remembered is cut when it is read.
    whole = {f"song {n}": 1 + n // 100 for n in range(rounds)}
    assert Document.from_snapshot({**document.to_snapshot(), "removed": whole}) == document
    again = apply_stored(document, [Insert(Item("song 1000", "song", "a5", {})), Remove("song 1000")])
    assert list(again.removed)[-1] == "song 1000"


class TestFreePositions:
    def test_a_free_position_is_taken_as_it_is(self) -> None:
        assert Draft(START).free_position("a0V", "new") == "a0V"

    def test_a_taken_one_is_followed_by_the_next_free_one(self) -> None:
        assert Draft(START).free_position("a1", "new") == "a1V"
        assert Draft(START).free_position("a2", "new") == "a3"

    def test_an_item_is_not_in_its_own_way(self) -> None:
        assert Draft(START).free_position("a1", "rest") == "a1"

    @given(st.data())
    def test_they_are_kept_through_the_ops_of_an_edit(self, data: st.DataObject) -> None:
        draft = Draft(START)
        ids = map("new{}".format, count())
        for _ in range(data.draw(st.integers(1, 5))):
            wanted = data.draw(st.sampled_from(["Zz", "a0", "a0V", "a1", "a2"]))
            item_id = data.draw(st.sampled_from([*draft.items, "nobody"]))
            others = {item.position for item in draft.items.values() if item.id != item_id}
            free = positions.next_free(wanted, others) if wanted in others else wanted
            assert draft.free_position(wanted, item_id) == free
            for op in data.draw(edits_of(Document("", "setlist", "", 0, {}, draft.items), lambda: next(ids))):
                draft.apply(op)


@pytest.mark.parametrize(
    "op",
    [
        Set(None, "title", "Friday"),
        Insert(Item("new", "song", "a9", {"tags": ["opener"]})),
        Move("iko", "a9"),
        Remove("iko"),
        Text("iko", "notes", (1, "x", Delete(2))),
    ],
)
def test_ops_go_through_json(op: Op) -> None:
    assert from_json(json.loads(json.dumps(op.to_json()))) == op


def test_a_stored_op_of_no_known_sort_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of set, insert, move, remove, text; got 'swap'"):
        from_json({"op": "swap"})
