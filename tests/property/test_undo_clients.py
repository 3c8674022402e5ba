"""The laws of undo through the real services and the Python SDK: seen at once, as it will be stored."""

import asyncio
import itertools
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from collab.client.replica import Replica
from collab.storage import content_cache as live
from collab.storage import past
from tests.support.examples import examples
from tests.support.intents import INTENTS, Intent, op_of, setlist_items
from tests.support.network import ADA, BEN, Client, Network, network
from tests.support.rooms import content

of_one_database = settings(
    examples(50, share=2),
    # Each example makes a band of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
START = {"title": "Friday", "notes": "doors at 8"}

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.lists(INTENTS, min_size=1, max_size=2), st.booleans()),
        st.sampled_from(["undo", "undo", "redo", "take a turn", "send", "cut"]),
    ),
    min_size=3,
    max_size=25,
)


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """An undo soon reaches beyond memory."""
    monkeypatch.setattr(live, "KEPT_EDITS", 4)
    monkeypatch.setattr(past, "KEPT_EDITS", 4)


def new_id() -> str:
    return str(uuid.uuid4())


class Alone:
    """One member who edits, undoes and redoes in groups, and what they saw at each point of it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen = [content(self.replica.view)]
        self.at = 0
        self._numbers = itertools.count()
        self._group = 0
        self._may_go_on = False

    @property
    def replica(self) -> Replica:
        return self.client.replica

    def edit(self, intents: list[Intent], goes_on: bool) -> None:
        goes_on = goes_on and self._may_go_on
        self._group += not goes_on
        for intent in intents:
            op = op_of(self.replica.view, intent, f"item-{next(self._numbers)}")
            self.replica.edit(new_id(), [op], group=self._group)
        self.at += not goes_on
        self.seen[self.at :] = [content(self.replica.view)]
        self._may_go_on = True

    def step(self, kind: str) -> bool:
        is_done = (self.replica.undo if kind == "undo" else self.replica.redo)(new_id)
        self.at += is_done * (-1 if kind == "undo" else 1)
        self._may_go_on = False
        self.check()
        return is_done

    def check(self) -> None:
        assert content(self.replica.view) == self.seen[self.at]


@of_one_database
@given(steps=STEPS)
@pytest.mark.usefixtures("short_memory", "unhurried")
def test_alone_one_goes_back_and_forth_through_what_one_saw(sqlite_database_url: str, steps: list[Any]) -> None:
    async def play() -> None:
        async with network(
            sqlite_database_url, [ADA], {"title": "Friday", "notes": "doors at 8"}, setlist_items()
        ) as band:
            await run(band)

    async def run(band: Network) -> None:
        alone = Alone(band.clients[0])
        for step in steps:
            match step:
                case ("edit", intents, goes_on):
                    alone.edit(intents, goes_on)
                case "undo" | "redo":
                    alone.step(str(step))
                case "take a turn":
                    await band.deliver_everything()
                case "send":
                    alone.client.send()
                case "cut":
                    await band.connect(alone.client)
            alone.check()
        while alone.step("undo"):
            pass
        assert alone.at == 0
        while alone.step("redo"):
            pass
        assert alone.at == len(alone.seen) - 1
        await band.deliver_everything()
        alone.check()
        head = await band.reader.document(band.content_id)
        assert content(head) == alone.seen[alone.at]
        event(f"{head.version // 10 * 10} versions or more")

    asyncio.run(play())


@of_one_database
@given(turns=st.lists(st.tuples(st.integers(0, 1), STEPS), min_size=2, max_size=5))
@pytest.mark.usefixtures("short_memory", "unhurried")
def test_with_another_who_edits_what_an_undo_shows_is_what_is_stored(
    sqlite_database_url: str, turns: list[tuple[int, list[Any]]]
) -> None:
    async def play() -> None:
        async with network(sqlite_database_url, [ADA, BEN], START, setlist_items()) as band:
            numbers = itertools.count()
            for who, steps in turns:
                replica = band.clients[who].replica
                for step in steps:
                    match step:
                        case ("edit", [intent, *_], _):
                            replica.edit(new_id(), [op_of(replica.view, intent, f"item-{next(numbers)}")])
                        case "undo" | "redo":
                            (replica.undo if step == "undo" else replica.redo)(new_id)
                # Nobody else is in between: what one sees now is what everybody will.
                shown = content(replica.view)
                await band.deliver_everything()
                assert [content(client.replica.view) for client in band.clients] == [shown, shown]
            assert content(await band.reader.document(band.content_id)) == shown

    asyncio.run(play())
