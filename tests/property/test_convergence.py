"""Whatever the timing: every client ends with the server's document, and the history holds each edit once.

Three clients edit one setlist through the real services and storage, over a network that delays, repeats, loses and
cuts, and a server that restarts. Hypothesis chooses what happens; at the end everything is delivered and compared.
"""

import asyncio
import itertools
import uuid
from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from collab.client import replica
from collab.client.events import Notice, Overwritten, Overwrote, Saved
from collab.client.pending import applied, correction
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.ops import Op, Text
from collab.storage import batch, past
from collab.storage import content_cache as live
from tests.support.clashes import Clashes
from tests.support.examples import examples
from tests.support.intents import INTENTS, Intent, op_of, setlist_items
from tests.support.network import ADA, BEN, Client, Network

CLIENTS = st.integers(0, 2)
TRAFFIC = ["send", "serve", "hear", "get_answer", "take_turn"]


class Convergence(RuleBasedStateMachine):
    def __init__(self, database_url: str) -> None:
        super().__init__()
        self.database_url = database_url
        self.runner = asyncio.Runner()
        self.network = Network(database_url)
        self.numbers = itertools.count()

    @initialize()
    def open(self) -> None:
        # Ada has two tabs.
        self.runner.run(self.network.open([ADA, ADA, BEN], {"title": "Friday", "notes": "doors at 8"}, setlist_items()))

    @rule(who=CLIENTS, intents=st.lists(INTENTS, min_size=1, max_size=3), is_unchanged_expected=st.booleans())
    def edit(self, who: int, intents: list[Intent], is_unchanged_expected: bool) -> None:
        mine = self.client(who).replica
        seen, ops = mine.view, list[Op]()
        for intent in intents:
            ops.append(op_of(seen, intent, f"item-{next(self.numbers)}"))
            seen = applied(seen, ops[-1:])
        edit_id = mine.edit(str(uuid.uuid4()), ops, is_unchanged_expected=is_unchanged_expected)
        self.client(who).made.setdefault(edit_id, mine.confirmed.version)
        assert mine.view == seen

    @rule(edits=st.lists(st.tuples(CLIENTS, INTENTS), min_size=1, max_size=4))
    def edit_and_send(self, edits: list[tuple[int, Intent]]) -> None:
        for who, intent in edits:
            self.edit(who, [intent], is_unchanged_expected=False)
            self.client(who).send()

    @rule(who=CLIENTS, asks=st.lists(st.sampled_from(["undo", "redo"]), min_size=1, max_size=3))
    def undo_and_redo(self, who: int, asks: list[str]) -> None:
        for ask in asks:
            mine = self.client(who).replica
            (mine.undo if ask == "undo" else mine.redo)(partial(self.new_id, self.client(who)))

    @rule(steps=st.lists(st.tuples(CLIENTS, st.sampled_from(TRAFFIC)), min_size=1, max_size=8))
    def pass_on(self, steps: list[tuple[int, str]]) -> None:
        """Messages make some way, each on its own."""
        for who, step in steps:
            client = self.client(who)
            match step:
                case "send":
                    client.send()
                case "serve":
                    self.runner.run(self.network.serve([client]))
                case "hear":
                    client.hear()
                case "get_answer":
                    client.get_answer()
                case "take_turn":
                    client.send()
                    self.runner.run(self.network.serve([client]))
                    client.get_answer()

    @rule(who=st.sets(CLIENTS, min_size=2))
    def serve_at_once(self, who: set[int]) -> None:
        self.runner.run(self.network.serve([self.client(one) for one in sorted(who)]))

    @rule(who=CLIENTS)
    def lose_answer(self, who: int) -> None:
        socket = self.client(who).socket
        # What was missed is asked for again only by a client that knows of it: see `lose_broadcast`.
        if socket is not None and socket.answers and "edit_id" in socket.answers[0]:
            socket.answers.popleft()

    @rule(who=CLIENTS)
    def lose_broadcast(self, who: int) -> None:
        socket = self.client(who).socket
        if socket is not None and socket.broadcasts:
            socket.broadcasts.popleft()

    @rule(who=CLIENTS)
    def catch_up(self, who: int) -> None:
        self.runner.run(self.network.catch_up(self.client(who)))

    @rule(who=CLIENTS, is_late=st.booleans())
    def cut(self, who: int, is_late: bool) -> None:
        self.runner.run(self.network.cut(self.client(who), is_late=is_late))

    @rule(who=CLIENTS, is_whole=st.booleans())
    def come_back(self, who: int, is_whole: bool) -> None:
        self.runner.run(self.network.connect(self.client(who), is_whole=is_whole))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.network.restart())

    @rule()
    def come_to_rest(self) -> None:
        self.runner.run(self.network.deliver_everything())
        self.runner.run(self.check())

    def new_id(self, client: Client) -> str:
        edit_id = str(uuid.uuid4())
        client.made[edit_id] = client.replica.confirmed.version
        return edit_id

    def client(self, who: int) -> Client:
        return self.network.clients[who]

    def teardown(self) -> None:
        try:
            if self.network.clients:
                self.come_to_rest()
        finally:
            self.runner.run(self.network.close())
            self.runner.close()

    def correction(self, document: Document, shown: Sequence[Op], stored: Sequence[Op]) -> tuple[Op, ...]:
        """As `pending.correction`. A client comes to the same ops as the server, but for those on an item that was
        removed and brought back: it drops them, where the server sees no more than the item that is there; and for
        texts that it moved over the difference of two whole documents, which is coarser than the edits were."""
        missing = correction(document, shown, stored)
        if shown and stored:
            is_coarse = any(one.is_moved_coarsely for one in self.network.clients if one.replica.confirmed is document)
            assert all(
                (is_coarse and isinstance(op, Text)) or (op in stored and op.item in self.network.restored)
                for op in missing
            ), (shown, stored)
        return missing

    async def check(self) -> None:
        reader, content_id = self.network.reader, self.network.content_id
        head = await reader.document(content_id)
        edits = await reader.edits(content_id, 0, 100_000)
        assert [edit.version for edit in edits] == list(range(1, head.version + 1))
        assert {edit.edit_id: edit.version for edit in edits} == self.network.stored
        assert len({edit.edit_id for edit in edits}) == len(edits)
        old = await reader.document(content_id, 0)
        for edit in edits:
            # A snapshot of any age plus the later edits is the same document.
            if old.version % 4 == 0:
                assert await reader.document(content_id, old.version) == old
            old = apply_stored(old, edit.ops)
        assert old == head
        for client in self.network.clients:
            assert client.replica.view.to_json() == client.replica.confirmed.to_json()
            assert client.replica.confirmed.to_json() == head.to_json()
            assert {refusal.error.code for refusal in client.refusals} <= {"conflict"}, client.refusals
            self.check_told(client, Clashes(await reader.document(content_id, 0), edits))

    def check_told(self, client: Client, clashes: Clashes) -> None:
        """Whoever was overwritten has been told, and whoever overwrote, once; and nobody of what did not happen."""
        told: list[Notice] = [
            notice for kind in (Saved, Overwrote, Overwritten) for notice in client.told if isinstance(notice, kind)
        ]
        assert clashes.are_based_on_what_was_seen(client.made)
        expected = clashes.told(client.user.id, client.made.keys(), client.told)
        assert sorted(map(repr, told)) == sorted(map(repr, expected))


# Longer for a profile that tries more. Hypothesis takes a test that is cut off for one that changes its mind
# (`FlakyStrategyDefinition`), so there is time enough for a machine that is busy.
@pytest.mark.timeout(8 * settings().max_examples)
@pytest.mark.long
@pytest.mark.usefixtures("unhurried")
def test_every_client_ends_with_the_servers_document(any_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small, so that snapshots are taken and edits are older than memory within a few steps.
    monkeypatch.setattr(batch, "SNAPSHOT_EVERY", 5)
    monkeypatch.setattr(live, "KEPT_EDITS", 4)
    monkeypatch.setattr(past, "KEPT_EDITS", 4)

    class OnThisDatabase(Convergence):
        def __init__(self) -> None:
            super().__init__(any_database_url)
            monkeypatch.setattr(replica, "correction", self.correction)

    # A whole rehearsal is worth several of the examples that a profile means.
    run_state_machine_as_test(OnThisDatabase, settings=settings(examples(33, share=3), stateful_step_count=40))
