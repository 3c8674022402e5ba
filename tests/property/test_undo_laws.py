"""The laws of undo: taken back one by one, edits leave what was there before them, to the letter and the position."""

from collections.abc import Iterator
from itertools import count

from hypothesis import event, given
from hypothesis import strategies as st

from collab.domain.kinds import SETLIST
from collab.domain.ot import text
from collab.domain.ot.edits import Edit, Undo
from collab.domain.ot.ops import Text
from collab.domain.ot.rebase import Accepted
from collab.domain.ot.undoing import undo
from tests.support.rooms import ADA, AUTHORS, BEN, NOW, START, History, content, edits_of
from tests.support.undoing import window

STEPS = st.lists(st.sampled_from(["edit", "edit", "edit", "undo", "undo", "redo"]), min_size=2, max_size=25)


@given(STEPS, st.data())
def test_one_author_goes_back_and_forth_through_what_was(steps: list[str], data: st.DataObject) -> None:
    history, ids = History(), map("new{}".format, count())
    seen, at = [content(history.head)], 0
    done: list[Edit] = []
    undone: list[Edit] = []

    def step(kind: str) -> None:
        nonlocal at
        source, to, by = (done, undone, -1) if kind == "undo" else (undone, done, 1)
        outcome = history.undo(source.pop())
        assert isinstance(outcome, Accepted)
        assert outcome.edit.dropped == ()
        to.append(outcome.edit)
        at += by
        assert content(history.head) == seen[at]

    for kind in steps:
        if kind == "edit":
            base = data.draw(st.integers(max(0, history.head.version - 2), history.head.version))
            outcome = history.edit(data.draw(edits_of(history.versions[base], lambda: next(ids))), base)
            if isinstance(outcome, Accepted):
                done.append(outcome.edit)
                undone.clear()
                at += 1
                seen[at:] = [content(history.head)]
        elif done if kind == "undo" else undone:
            step(kind)
    while done:
        step("undo")
    assert content(history.head) == content(START)
    while undone:
        step("redo")
    event(f"{len(seen) // 4 * 4} edits or more")


_LETTERS = [chr(0x4E00 + number) for number in range(2_000)]
"""No letter is typed twice, so that each is known again wherever it comes up."""


@st.composite
def _delta(draw: st.DrawFn, before: str, letters: Iterator[str]) -> text.Delta:
    start = draw(st.integers(0, len(before)))
    count_ = draw(st.integers(0, min(3, len(before) - start)))
    typed = "".join(next(letters) for _ in range(draw(st.integers(0 if count_ else 1, 3))))
    ways: list[list[text.Component]] = [[start, typed, text.Delete(count_)], [start, text.Delete(count_), typed]]
    parts = draw(st.sampled_from(ways))
    return text.delta_of(part for part in parts if text.length(part))


@st.composite
def conversations(draw: st.DrawFn) -> History:
    """Ada and Ben type in one text, on versions that they have seen, and undo what is their own, in any order."""
    history, letters = History(), map(_LETTERS.__getitem__, count())
    history.edit([Text(None, "notes", (text.Delete(5), "".join(next(letters) for _ in range(6))))])
    for _ in range(draw(st.integers(2, 16))):
        author = draw(st.sampled_from(AUTHORS))
        own = [edit for edit in history.edits[1:] if edit.author == author]
        if own and draw(st.integers(0, 2)) == 0:
            history.undo(draw(st.sampled_from(own)))
        else:
            base = draw(st.integers(max(1, history.head.version - 3), history.head.version))
            before = history.versions[base].fields.get("notes", "")
            history.edit([Text(None, "notes", draw(_delta(before, letters)))], base, author)
    return history


@given(conversations())
def test_letters_keep_their_places_and_stand_as_long_as_they_should(history: History) -> None:
    _no_letter_changes_places_with_another(history)
    _a_letter_is_there_while_who_typed_it_stands_and_nobody_s_deletion_of_it_does(history)


def _no_letter_changes_places_with_another(history: History) -> None:
    pairs = set[tuple[str, str]]()
    for version in history.versions[1:]:
        words = version.fields.get("notes", "")
        pairs |= {(words[left], words[right]) for right in range(len(words)) for left in range(right)}
    assert not {(right, left) for left, right in pairs} & pairs


def _a_letter_is_there_while_who_typed_it_stands_and_nobody_s_deletion_of_it_does(history: History) -> None:
    assert set(history.head.fields.get("notes", "")) == _standing(history)


@given(conversations())
def test_who_undoes_all_of_their_own_leaves_what_the_others_did(history: History) -> None:
    for edit in reversed([edit for edit in history.edits if edit.author == ADA and edit.version > 1]):
        if edit.undoes is None:
            history.undo(edit)
    assert set(history.head.fields.get("notes", "")) == _standing(history, without=ADA.id)
    for author in (BEN, ADA):
        event(f"{author.name} edited: {any(edit.author == author for edit in history.edits[1:])}")


@given(conversations(), st.data())
def test_a_history_that_reaches_back_no_further_than_it_has_to_tells_the_same(
    history: History, data: st.DataObject
) -> None:
    target = data.draw(st.sampled_from(history.edits))
    request = Undo("new", target.edit_id, target.author, None, NOW)
    short = window(target, history.edits)
    event(f"reaches back no further: {len(short) < len(history.edits)}")
    assert undo(request, target, history.head, short, SETLIST) == undo(
        request, target, history.head, history.edits, SETLIST
    )


def _standing(history: History, without: str | None = None) -> set[str]:
    """The letters that should show, found without regard to where they stand."""
    makers, deleters, is_undone = dict[str, Edit](), dict[str, list[Edit]](), dict[str, bool]()
    roots: dict[str, Edit] = {}
    for before, edit in zip(history.versions, history.edits, strict=False):
        root = roots[edit.edit_id] = edit if edit.undoes is None else roots[edit.undoes]
        is_undone[root.edit_id] = edit.undoes is not None and not is_undone[root.edit_id]
        if edit is not root:
            continue
        at = 0
        for part in (part for op in edit.ops if isinstance(op, Text) for part in op.delta):
            if isinstance(part, str):
                makers.update(dict.fromkeys(part, edit))
                continue
            for letter in before.fields.get("notes", "")[at : at + text.length(part)]:
                if isinstance(part, text.Delete):
                    deleters.setdefault(letter, []).append(edit)
            at += text.length(part)

    def stands(edit: Edit) -> bool:
        return not is_undone[edit.edit_id] and (edit.author.id != without or edit.version == 1)

    return {
        letter for letter, maker in makers.items() if stands(maker) and not any(map(stands, deleters.get(letter, ())))
    }
