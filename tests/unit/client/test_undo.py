"""What a user may take back."""

from collab.client.undo import MAX_STEPS, UndoStacks


def test_only_the_latest_edits_can_be_taken_back_so_that_a_client_that_runs_for_months_does_not_grow() -> None:
    stacks = UndoStacks()
    for number in range(MAX_STEPS + 10):
        stacks.made(f"edit {number}")

    taken = [stacks.undo(f"undo {number}") for number in range(MAX_STEPS + 1)]

    assert taken[0] == f"edit {MAX_STEPS + 9}"
    assert taken[-2:] == ["edit 10", None]
