"""What an import makes of songs that are there already."""

import pytest

from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Fields, Insert, Item, Set
from collab.domain.songs.plan import Incoming, Policy, compared, plan

TYPES = REPERTOIRE.item_types["song"]
OURS: Fields = {"title": "Iko Iko", "artist": "Dixie Cups", "key": "A"}
FILE: Fields = {"title": "iko iko", "artist": "Dixie Cups", "key": "G", "tempo": 176}


def _repertoire(*songs: Fields) -> Document:
    items = {f"i{number}": Item(f"i{number}", "song", f"a{number}", fields) for number, fields in enumerate(songs)}
    return Document("c", "repertoire", "b", 1, {"title": "R"}, items)


@pytest.mark.parametrize(
    ("policy", "ops"),
    [
        ("theirs", (Set("i0", "title", "iko iko"), Set("i0", "key", "G"), Set("i0", "tempo", 176))),
        ("ours", ()),
        ("empty", (Set("i0", "tempo", 176),)),
    ],
)
def test_a_song_that_is_there_becomes_what_the_policy_says(policy: Policy, ops: tuple[Set, ...]) -> None:
    assert plan(_repertoire(OURS), [Incoming(FILE, policy)], ["n0"], TYPES) == ops


@pytest.mark.parametrize("policy", ["theirs", "ours", "empty", "both"])
def test_a_new_song_comes_in_whatever_the_policy(policy: Policy) -> None:
    [op] = plan(_repertoire(OURS), [Incoming({"title": "Panama"}, policy)], ["n0"], TYPES)
    assert isinstance(op, Insert)
    assert (op.item.id, op.item.fields) == ("n0", {"title": "Panama"})


def test_both_makes_a_second_song() -> None:
    [op] = plan(_repertoire(OURS), [Incoming(FILE, "both")], ["n0"], TYPES)
    assert isinstance(op, Insert)
    assert op.item.fields == FILE


def test_blank_lines_around_a_text_are_no_change() -> None:
    ours = _repertoire({"title": "Iko", "chart": "\n  [F]Hey\nnow\n\n"})
    [op] = plan(ours, [Incoming({"title": "Iko", "chart": "  [F]Hey\nnow", "key": "F"})], ["n0"], TYPES)
    assert op == Set("i0", "key", "F")
    [one] = compared(ours, [{"title": "Iko", "chart": "[F]Hey\nnow"}])
    assert one.state == "changed"


def test_songs_are_shown_beside_those_that_are_there() -> None:
    songs: list[Fields] = [
        FILE,
        OURS,
        {"title": "Panama"},
        {"title": "Iko Iko"},
        {"title": "Iko Iko", "artist": "Others"},
    ]
    states = [(one.state, one.changes, one.like) for one in compared(_repertoire(OURS), songs)]
    assert states == [
        ("changed", (("title", "Iko Iko", "iko iko"), ("key", "A", "G"), ("tempo", None, 176)), ()),
        ("same", (), ()),
        ("new", (), ()),
        ("unsure", (), ("Dixie Cups",)),
        ("new", (), ()),
    ]


@pytest.mark.parametrize(
    ("policy", "ops"),
    [
        ("theirs", (Set("i0", "artist", "Dixie Cups"), Set("i0", "key", "G"))),
        ("empty", (Set("i0", "artist", "Dixie Cups"),)),
        ("ours", ()),
    ],
)
def test_what_was_chosen_for_an_unsure_song_takes_it_for_the_first_that_it_may_be(
    policy: Policy, ops: tuple[Set, ...]
) -> None:
    file: Fields = {"title": "Iko Iko", "artist": "Dixie Cups", "key": "G"}
    repertoire = _repertoire({"title": "Iko Iko", "key": "A"}, {"title": "Iko Iko", "artist": "Others"})
    assert plan(repertoire, [Incoming(file, policy, is_chosen=True)], ["n0"], TYPES) == ops
    [new] = plan(repertoire, [Incoming(file, policy)], ["n0"], TYPES)
    assert isinstance(new, Insert)
    [unsure] = compared(repertoire, [file])
    assert unsure.changes == (("artist", None, "Dixie Cups"), ("key", "A", "G"))


def test_work_of_an_older_version_is_understood() -> None:
    assert Incoming.from_json(OURS) == Incoming(OURS)
    assert Incoming.from_json({"fields": OURS, "policy": "both", "type": "break"}) == Incoming(OURS, "both", "break")
    chosen = Incoming(FILE, "ours", is_chosen=True)
    assert Incoming.from_json(chosen.to_json()) == chosen
