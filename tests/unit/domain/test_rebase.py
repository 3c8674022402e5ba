"""The rules of PROTOCOL.md, "How edits meet", 1 to 4 and 6, by name. Undo, 5, is in test_undo.py; results op by op
are in the vectors."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from collab.domain.errors import Invalid, TooLarge, VersionUnknown
from collab.domain.kinds import REPERTOIRE, SETLIST
from collab.domain.ot.document import MAX_REMOVED, Document
from collab.domain.ot.edits import Dropped, Overwrite, Proposal
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text
from collab.domain.ot.rebase import Accepted, Conflict, Nothing, Outcome, check_base, rebase
from collab.domain.ot.text import Delete
from tests.support.rooms import ADA, BEN, NOW, START, History, content, with_a_full_gap


def accepted(outcome: Outcome) -> Accepted:
    assert isinstance(outcome, Accepted)
    return outcome


def notes(outcome: Outcome) -> str:
    return str(accepted(outcome).document.fields.get("notes", ""))


class TestRule1ValidationIsAllOrNothing:
    def test_a_content_holds_so_many_items_and_no_more(self) -> None:
        document = Document("content", "small", "band", 0)
        small = replace(SETLIST, name="small", max_items=2)
        ops = [Insert(Item(f"i{n}", "song", f"a{n}", {})) for n in range(3)]
        two, three = (Proposal("e", 0, tuple(ops[:count]), ADA, None, NOW) for count in (2, 3))
        assert len(accepted(rebase(two, document, [], small)).document.items) == 2
        with pytest.raises(TooLarge):
            rebase(three, document, [], small)
        swapped = Proposal("e", 0, (*ops[:2], Remove("i0"), ops[2]), ADA, None, NOW)
        assert len(accepted(rebase(swapped, document, [], small)).document.items) == 2

    def test_all_problems_are_told_and_nothing_changes(self) -> None:
        history = History()
        with pytest.raises(Invalid) as caught:
            history.edit(
                [
                    Set(None, "venue", "Blue Nile"),
                    Set("iko", "tempo", 1_000),
                    Set("rest", "tempo", 120),
                    Text(None, "date", ("x",)),
                    Move("saints", "a0!"),
                ]
            )
        assert [(problem.path, problem.message) for problem in caught.value.problems] == [
            ("ops.1.value", "tempo: expected a number of beats per minute from 20 to 400, got 1000"),
            ("ops.2.field", "expected one of the fields title, duration, notes, got 'tempo'"),
            ("ops.3.field", "expected a text or line (title, venue, notes), got 'date'"),
            ("ops.4.position", "expected a base-62 fractional-index key such as 'a0', got 'a0!'"),
        ]
        assert "(and 3 more)" in caught.value.message
        assert history.head is START

    @pytest.mark.parametrize(
        ("op", "path", "message"),
        [
            (Set("nobody", "key", "F"), "ops.0.item", "expected the id of an item of this content, got 'nobody'"),
            (Remove("nobody"), "ops.0.item", "expected the id of an item of this content, got 'nobody'"),
            (
                Insert(Item("iko", "song", "a5", {})),
                "ops.0.item.id",
                "expected an id that no item of this content has or had of late, got 'iko'",
            ),
            (Insert(Item("new", "poem", "a5", {})), "ops.0.item.type", "expected one of song, break, got 'poem'"),
            (
                Insert(Item("new", "break", "a5", {"tempo": 120})),
                "ops.0.item.fields.tempo",
                "expected one of the fields title, duration, notes, got 'tempo'",
            ),
            (
                Insert(Item("new", "song", "a5", {"title": 3})),
                "ops.0.item.fields.title",
                "expected a string, got 3",
            ),
            (
                Text(None, "notes", (6, "x")),
                "ops.0.delta",
                "expected a delta within the text's 5 characters, got a reach of 6",
            ),
        ],
    )
    def test_a_problem_says_where_it_is_and_what_was_expected(self, op: Op, path: str, message: str) -> None:
        with pytest.raises(Invalid) as caught:
            History().edit([op])
        assert [(problem.path, problem.message) for problem in caught.value.problems] == [(path, message)]

    def test_all_that_may_be_typed_in_is_told_where_a_field_is_none_of_it(self) -> None:
        book = Document("content", "repertoire", "band", 0, items={"iko": Item("iko", "song", "a0", {})})
        texts = "title, artist, tuning, lead, notes, subtitle, composer, style, chart"
        with pytest.raises(Invalid, match=rf"expected a text or line \({texts}\), got 'key'"):
            rebase(Proposal("new", 0, (Text("iko", "key", ("x",)),), ADA, None, NOW), book, (), REPERTOIRE)

    def test_an_item_of_a_type_that_its_kind_has_lost_takes_no_values(self) -> None:
        old = Document("content", "setlist", "band", 0, items={"iko": Item("iko", "poem", "a0", {})})
        for op in (Set("iko", "title", "x"), Text("iko", "notes", ("x",))):
            with pytest.raises(Invalid):
                rebase(Proposal("new", 0, (op,), ADA, None, NOW), old, (), SETLIST)

    def test_null_fits_every_field(self) -> None:
        outcome = accepted(History().edit([Set("iko", "tempo", None), Set(None, "title", None)]))
        assert content(outcome.document)[0] == {"notes": "doors"}
        assert outcome.document.title == ""


class TestRule2Rebase:
    def test_ops_on_a_removed_item_are_dropped_and_told(self) -> None:
        history = History()
        history.edit([Remove("iko")], author=BEN)
        outcome = accepted(history.edit([Set("iko", "key", "F"), Set(None, "venue", "Blue Nile")], 0))
        assert outcome.edit.dropped == (Dropped(0, "item_removed"),)
        assert outcome.edit.ops == (Set(None, "venue", "Blue Nile"),)

    def test_a_removal_that_the_document_no_longer_remembers_is_told_as_well(self) -> None:
        history = History()
        history.edit([Remove("iko")], author=BEN)
        for n in range(0, MAX_REMOVED, 100):
            songs = [Item(f"song {n + i}", "song", "a5", {}) for i in range(100)]
            history.edit([*map(Insert, songs), *(Remove(song.id) for song in songs)], author=BEN)
        assert "iko" not in history.head.removed
        outcome = accepted(history.edit([Set("iko", "key", "F"), Set(None, "venue", "Blue Nile")], 0))
        assert outcome.edit.dropped == (Dropped(0, "item_removed"),)
        with pytest.raises(Invalid):
            history.edit([Set("iko", "key", "F")], 1)

    def test_an_item_that_the_edit_itself_removed_is_gone_for_what_follows_in_it(self) -> None:
        outcome = accepted(History().edit([Remove("iko"), Set("iko", "key", "F")]))
        assert outcome.edit.dropped == (Dropped(1, "item_removed"),)

    def test_a_removal_at_the_base_is_no_removal_meanwhile(self) -> None:
        history = History()
        history.edit([Remove("iko")], author=BEN)
        history.edit([Set(None, "venue", "Blue Nile")], author=BEN)
        with pytest.raises(Invalid):
            history.edit([Set("iko", "key", "F")], 1)

    def test_a_taken_position_becomes_the_next_free_one(self) -> None:
        history = History()
        history.edit([Insert(Item("bens", "song", "a3", {}))], author=BEN)
        outcome = accepted(history.edit([Insert(Item("adas", "song", "a3", {})), Move("iko", "a3")], 0))
        assert outcome.edit.ops == (Insert(Item("adas", "song", "a4", {})), Move("iko", "a3V"))
        assert [item.id for item in outcome.document.ordered()] == ["rest", "saints", "bens", "iko", "adas"]

    def test_a_taken_position_in_a_gap_that_is_full_is_wrong(self) -> None:
        history = History([with_a_full_gap()])
        ops: list[Op] = [Insert(Item("new", "song", "a0", {})), Move("saints", "a0")]
        with pytest.raises(Invalid) as refused:
            history.edit(ops)
        assert [problem.path for problem in refused.value.problems] == ["ops.0.item.position", "ops.1.position"]
        assert all("there is room again" in problem.message for problem in refused.value.problems)
        history.edit([Move("rest", "a5"), Move("saints", "a6")])
        assert accepted(history.edit(ops)).edit.ops == (Insert(Item("new", "song", "a1", {})), Move("saints", "a0V"))

    def test_what_is_committed_goes_first_where_both_insert(self) -> None:
        history = History()
        history.edit([Text(None, "notes", (5, " BEN"))], author=BEN)
        assert notes(history.edit([Text(None, "notes", (5, " ADA"))], 0)) == "doors BEN ADA"

    def test_several_deltas_of_one_edit_are_each_of_the_text_after_the_last(self) -> None:
        history = History()
        history.edit([Text(None, "notes", (Delete(2), "DO"))], author=BEN)
        history.edit([Text(None, "notes", (5, "!"))], author=BEN)
        deltas = [Text(None, "notes", (2, "x")), Text(None, "notes", (3, "y")), Text(None, "notes", (4, Delete(3)))]
        assert notes(history.edit(deltas, 0)) == "DOxy!"

    def test_typing_in_a_replaced_text_is_dropped(self) -> None:
        history = History()
        history.edit([Set(None, "notes", "new"), Text(None, "notes", (3, "er"))], author=BEN)
        outcome = history.edit([Text(None, "notes", ("x",))], 0)
        assert outcome == Nothing(1, (Dropped(0, "field_replaced"),))

    def test_typing_past_the_end_is_of_the_text_at_the_head(self) -> None:
        history = History()
        history.edit([Text(None, "notes", (5, " at 8"))], author=BEN)
        assert notes(history.edit([Text(None, "notes", (9, "1"))], 1)) == "doors at 18"
        with pytest.raises(Invalid):
            history.edit([Text(None, "notes", (6, "x"))], 0)

    def test_a_text_that_others_have_filled_takes_no_more(self) -> None:
        history = History()
        history.edit([Text(None, "notes", ("x" * 19_990,))], author=BEN)
        with pytest.raises(Invalid) as caught:
            history.edit([Text(None, "notes", (5, "too much"))], 0)
        assert caught.value.problems[0].path == "ops.0.delta"
        assert len(notes(history.edit([Text(None, "notes", (5, "room!"))], 0))) == 20_000

    def test_an_item_id_is_used_once(self) -> None:
        history = History()
        history.edit([Remove("iko")])
        for op_id in ("iko", "saints"):
            with pytest.raises(Invalid):
                history.edit([Insert(Item(op_id, "song", "a9", {}))])


class TestRule3Overwrites:
    def test_whoever_is_overwritten_is_told_with_version_and_value(self) -> None:
        history = History()
        history.edit([Set("iko", "key", "F")], author=BEN)
        history.edit([Set("iko", "key", "G")], author=BEN)
        outcome = accepted(history.edit([Set(None, "venue", "Blue Nile"), Set("iko", "key", "C")], 0))
        assert outcome.edit.overwrote == (Overwrite(1, 2, BEN, "G"),)
        assert outcome.edit.overwrote[0].to_json() == {
            "index": 1,
            "version": 2,
            "author": {"id": "ben", "name": "Ben"},
            "value": "G",
        }

    def test_values_of_other_fields_and_items_are_not_in_the_way(self) -> None:
        history = History()
        history.edit([Set("iko", "key", "F"), Set(None, "title", "Saturday"), Move("saints", "a9")], author=BEN)
        outcome = accepted(history.edit([Set("saints", "key", "C"), Set("iko", "tempo", 99)], 0, expect="unchanged"))
        assert outcome.edit.overwrote == ()

    def test_one_s_own_set_in_between_ends_the_search(self) -> None:
        history = History()
        history.edit([Set(None, "venue", "Maple Leaf")], author=BEN)
        history.edit([Set(None, "venue", "Tipitina's")], author=ADA)
        assert accepted(history.edit([Set(None, "venue", "Blue Nile")], 0)).edit.overwrote == ()

    def test_somebody_s_typing_upon_one_s_own_set_is_told(self) -> None:
        history = History()
        history.edit([Set(None, "notes", "new")], author=ADA)
        history.edit([Text(None, "notes", (3, "er"))], author=BEN)
        outcome = accepted(history.edit([Set(None, "notes", "other")], 0))
        assert outcome.edit.overwrote == (Overwrite(0, 2, BEN, "newer"),)

    def test_unchanged_refuses_to_overwrite_and_stores_nothing(self) -> None:
        history = History()
        history.edit([Set(None, "venue", "Maple Leaf")], author=BEN)
        ops = [Set("iko", "key", "C"), Set(None, "venue", "Blue Nile")]
        assert history.edit(ops, 0, expect="unchanged") == Conflict(1, (Overwrite(1, 1, BEN, "Maple Leaf"),))
        assert history.head.version == 1
        assert isinstance(history.edit(ops, 1, expect="unchanged"), Accepted)

    def test_an_undo_counts_as_a_write_of_who_undid(self) -> None:
        history = History()
        edit = accepted(history.edit([Set(None, "venue", "Blue Nile")], author=ADA)).edit
        history.undo(edit, BEN, as_owner=True)
        outcome = accepted(history.edit([Set(None, "venue", "Tipitina's")], 1))
        assert outcome.edit.overwrote == (Overwrite(0, 2, BEN, None),)


class TestRule4NothingToStore:
    def test_an_edit_whose_every_op_was_dropped_takes_no_version(self) -> None:
        history = History()
        history.edit([Remove("iko")], author=BEN)
        outcome = history.edit([Set("iko", "key", "F"), Remove("iko")], 0)
        assert outcome == Nothing(1, (Dropped(0, "item_removed"), Dropped(1, "item_removed")))
        assert history.head.version == 1


class TestRule6UnknownVersions:
    @pytest.mark.parametrize("base", [-1, 1, 7])
    def test_a_base_that_does_not_exist_is_refused(self, base: int) -> None:
        with pytest.raises(VersionUnknown, match=f"expected a base_version from 0 to 0, got {base}"):
            History().edit([Set(None, "venue", "Blue Nile")], base)

    @pytest.mark.parametrize("base", [0, 3, 7])
    def test_from_0_to_the_head_every_version_is_a_base(self, base: int) -> None:
        check_base(base, 7)


def test_an_accepted_edit_holds_all_that_history_tells() -> None:
    history = History()
    history.edit([Set(None, "venue", "Maple Leaf")], author=BEN)
    outcome = accepted(history.edit([Set(None, "title", "Saturday"), Set("iko", "key", "F")], 0))
    edit = outcome.edit
    assert (edit.content_id, edit.version, edit.edit_id, edit.base_version) == ("content", 2, "e2", 0)
    assert (edit.author, edit.session_id, edit.at, edit.undoes) == (ADA, "session", NOW, None)
    assert edit.inverse == (Set("iko", "key", None), Set(None, "title", "Friday"))
    assert outcome.document.version == 2
    assert history.versions[0] == START


class TestBounds:
    """What one edit may cost: PROTOCOL.md's limits."""

    def test_an_edit_is_carried_over_so_many_ops_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("collab.domain.ot.since.MAX_OPS", 6)
        history = History()
        for n in range(3):
            history.edit([Set("iko", "tempo", 100 + n), Set("iko", "key", "F"), Text(None, "notes", ("x",))])
        assert isinstance(history.edit([Set("iko", "key", "G")], 1), Accepted)
        with pytest.raises(VersionUnknown, match="at most 6 ops after it, got one with 10"):
            history.edit([Set("iko", "key", "A")], 0)

    def test_deltas_of_many_ops_meet_so_many_components_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("collab.domain.ot.rebasing.MAX_COMPONENTS", 100)
        history = History()
        typing = [Text(None, "notes", (1, "x"))] * 5
        history.edit(typing, author=BEN)
        assert notes(history.edit(typing, 0)) == "dxxxxxxxxxxoors"
        with pytest.raises(VersionUnknown, match="at most 100 components"):
            history.edit(typing, 0)
        assert isinstance(history.edit([Text("iko", "notes", ("x",)), *typing[:2]], 0), Accepted)

    def test_however_many_ops_it_has_what_came_since_is_gone_through_as_often(self) -> None:
        count, seen = 200, 0

        class Counted(tuple[Op, ...]):
            __slots__ = ()

            def __iter__(self) -> Iterator[Op]:
                nonlocal seen
                seen += 1
                return super().__iter__()

        items = {f"i{n}": Item(f"i{n}", "song", f"a{n:03}V", {}) for n in range(count)}
        document = replace(START, items=items, version=1)
        edit = accepted(History().edit([Set(None, "venue", "x")])).edit
        since = [replace(edit, ops=Counted(edit.ops))]
        ops = tuple(op for n in range(count) for op in (Set(f"i{n}", "key", "F"), Text(f"i{n}", "notes", ("x",))))
        outcome = accepted(rebase(Proposal("e", 0, ops, BEN, None, NOW), document, since, SETLIST))
        assert len(outcome.edit.ops) == 2 * count
        assert seen <= 2
