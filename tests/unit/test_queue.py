"""The journal's queue: who comes first, and that a content's edits stay in order whatever happens."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.ot.edits import Undo
from collab.storage.queue import Queue, Waiting
from tests.support.rooms import ADA, NOW


def waiting(content_id: str, number: int) -> Waiting:
    return Waiting(content_id, Undo(str(number), "target", ADA, None, NOW))


def band_of(content_id: str) -> str:
    return content_id[0]


def filled(*content_ids: str) -> Queue:
    queue = Queue(band_of)
    for number, content_id in enumerate(content_ids):
        queue.put(waiting(content_id, number))
    return queue


def names(entries: list[Waiting]) -> list[str]:
    return [f"{entry.content_id}.{entry.asked.edit_id}" for entry in entries]


def test_bands_take_turns_and_so_do_the_contents_of_each() -> None:
    queue = filled("a1", "a1", "a1", "a2", "b1", "a2", "b1")
    assert names(queue.next(10)) == ["a1.0", "b1.4", "a2.3", "b1.6", "a1.1", "a2.5", "a1.2"]
    assert len(queue) == 0


def test_who_has_used_least_comes_first() -> None:
    queue = filled("a1", "b1", "c1")
    queue.charge("a1", 0.02)
    queue.charge("b1", 0.05)
    assert names(queue.next(2)) == ["c1.2", "a1.0"]


def test_what_was_not_reached_stands_where_it_stood() -> None:
    queue = filled("a1", "a1", "b1")
    taken = queue.next(3)
    queue.put(waiting("a1", 3))
    queue.put_back(taken[1:])
    assert queue.of_band("a2") == 2
    assert names(queue.next(10)) == ["a1.1", "b1.2", "a1.3"]


@given(st.lists(st.sampled_from(["a1", "a1", "a2", "b1", "b2", "next", "next", "charge"]), max_size=60), st.data())
def test_each_content_keeps_its_order(steps: list[str], data: st.DataObject) -> None:
    queue = Queue(band_of)
    put: defaultdict[str, list[str]] = defaultdict(list)
    got: defaultdict[str, list[str]] = defaultdict(list)

    def take(most: int, reached: int) -> None:
        taken = queue.next(most)
        queue.put_back(taken[reached:])
        for entry in taken[:reached]:
            got[entry.content_id].append(entry.asked.edit_id)

    for number, step in enumerate(steps):
        if step == "charge":
            queue.charge(data.draw(st.sampled_from(["a1", "b1"])), data.draw(st.floats(0, 1)))
        elif step == "next":
            take(data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5)))
        else:
            queue.put(waiting(step, number))
            put[step].append(str(number))
    take(len(queue), len(queue))
    assert got == put
    assert len(queue) == 0 == queue.of_band("a1") == queue.of_band("b1")
