"""What a user may take back, and what of it goes together."""

from collab.client.undo import GROUP_S, MAX_STEPS, Groups, UndoStacks, take_group
from collab.domain.ot.ops import Op, Set, Text


def test_only_the_latest_edits_can_be_taken_back_so_that_a_client_that_runs_for_months_does_not_grow() -> None:
    stacks = UndoStacks()
    for number in range(MAX_STEPS + 10):
        stacks.made(f"edit {number}", number)

    taken = [[step.edit_id for step in take_group(stacks.done)] for _ in range(MAX_STEPS + 1)]

    assert taken[0] == [f"edit {MAX_STEPS + 9}"]
    assert taken[-2:] == [["edit 10"], []]


def test_what_is_written_in_one_field_without_a_pause_goes_together() -> None:
    groups = Groups()
    letter, key, elsewhere = Text(None, "notes", ("a",)), Set("iko", "key", "F"), Text("iko", "notes", ("a",))
    made: list[tuple[list[Op], float]] = [
        ([letter], 10.0),
        ([letter], 10.0 + GROUP_S / 2),
        ([letter], 10.0 + GROUP_S),
        ([letter], 10.0 + 2 * GROUP_S),
        ([elsewhere], 20.0),
        ([letter], 20.0),
        ([letter, letter], 20.0),
        ([letter], 20.0),
        ([key], 20.0),
        ([key], 20.0),
    ]

    numbers = [groups.of(ops, now_s) for ops, now_s in made]
    groups.end()

    assert numbers == [0, 0, 0, 1, 2, 3, 4, 5, 6, 6]
    assert groups.of([key], 20.0) == 7


def test_a_group_is_taken_in_the_order_of_going_back() -> None:
    stacks = UndoStacks()
    for edit_id, group in [("a", 0), ("b", 1), ("c", 1)]:
        stacks.made(edit_id, group)
    assert [step.edit_id for step in take_group(stacks.done)] == ["c", "b"]
    assert [step.edit_id for step in take_group(stacks.done)] == ["a"]
    assert take_group(stacks.done) == []
