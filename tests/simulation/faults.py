"""Faults that are planted to see that the simulation finds them: what each breaks, and within how many seeds it shows.

A fault that is not found in time says that an oracle is blind, or that the schedules lack what would show it.
"""

# A fault is planted where it hurts.
# ruff: noqa: SLF001

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import PropertyMock, patch

from collab.client.notice import OwnWrites
from collab.client.replica import Replica
from collab.domain.delivery import Delivery, Numbered
from collab.domain.errors import Unavailable
from collab.domain.ot.document import Document
from collab.domain.ot.rebase import Accepted, rebase
from collab.domain.ot.undoing import undo
from collab.domain.presence.peers import Peer
from collab.realtime.rooms import Rooms
from collab.realtime.sessions import Sessions
from collab.services.bands.membership import MembershipService
from collab.services.cluster.cluster import Cluster
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.lease import Lease
from collab.services.cluster.publisher import Publisher
from collab.services.editing.webhooks import Webhooks
from collab.services.presence.log import PresenceLog
from collab.services.presence.service import PresenceService
from collab.storage.batch import Batch
from collab.storage.content_cache import CachedContent, Working
from collab.storage.past import Past
from collab.storage.writer import Writer


@dataclass(frozen=True)
class Fault:
    """`parts` are what is broken: a class or module, a name in it, and what stands there instead. It shows within so
    many `seeds`, in the lean tier within `lean_seeds`, if it can be seen there."""

    name: str
    seeds: int
    parts: Sequence[tuple[Any, str, Any]]
    lean_seeds: int = 0

    @contextmanager
    def planted(self) -> Iterator[None]:
        with ExitStack() as stack:
            for target, name, instead in self.parts:
                where = (
                    patch(f"{target}.{name}", instead)
                    if isinstance(target, str)
                    else patch.object(target, name, instead)
                )
                stack.enter_context(where)
            yield


def _nothing(*_: Any, **__: Any) -> None:
    """Does nothing, where something ought to be done."""


async def _nothing_either(*_: Any, **__: Any) -> None:
    """The same where it is awaited."""


_TRANSACT = Writer._transact
_TELL = Rooms.tell
_OVERWRITTEN = OwnWrites.overwritten
_TO_SNAPSHOT = Document.to_snapshot


def _acknowledged_though_it_failed(writer: Any, work: Callable[[Any], Any]) -> Any:
    results: list[Any] = []

    def kept(connection: Any) -> Any:
        results.append(work(connection))
        return results[0]

    try:
        return _TRANSACT(writer, kept)
    except Unavailable:
        if results:
            return results[0]
        raise


def _rebased_over_nothing(proposal: Any, document: Any, _since: Any, kind: Any) -> Any:
    return rebase(proposal, document, (), kind)


def _overwriting_nobody(proposal: Any, document: Any, since: Any, kind: Any) -> Any:
    outcome = rebase(proposal, document, since, kind)
    return replace(outcome, edit=replace(outcome.edit, overwrote=())) if isinstance(outcome, Accepted) else outcome


def _without_the_first(rooms: Any, to: str, event: str, payload: Any, skip: str | None = None) -> None:
    first = next(iter(rooms.sessions(to)), None)
    is_left_out = event in ("content_edited", "batch_update") and first is not None
    _TELL(rooms, to, event, payload, first.id if is_left_out and first is not None else skip)


def _told_to_the_author_too(rooms: Any, to: str, event: str, payload: Any, skip: str | None = None) -> None:
    _TELL(rooms, to, event, payload, None if event == "content_edited" else skip)


def _handed_out_as_heard(relay: Any, edits: Any) -> None:
    relay._hand_out(edits)


def _left_as_it_was(_replica: Any, over: Any) -> Any:
    return tuple(over), []


def _undone_over_nothing(wish: Any, target: Any, document: Any, _history: Any, kind: Any) -> Any:
    return undo(wish, target, document, (target,), kind)


def _overwriting_in_spite_of_what_is_expected(proposal: Any, document: Any, since: Any, kind: Any) -> Any:
    return rebase(replace(proposal, expect=None), document, since, kind)


def _given_out_with_gaps(delivery: Any, edits: Sequence[Any] = ()) -> list[Any]:
    new = [edit for edit in edits if edit.version > delivery.version]
    delivery.version = max([delivery.version, *(edit.version for edit in new)])
    return new


def _told_twice(writes: Any, edit: Any, document: Any) -> Any:
    return _OVERWRITTEN(writes, edit, document) * 2


def _without_fields(document: Any) -> Any:
    return {**_TO_SNAPSHOT(document), "fields": {}}


async def _taken_all_the_same(webhooks: Any, content: Any, edit: Any, _error: str) -> None:
    webhooks._delivered[content.content_id] = edit.version


@asynccontextmanager
async def _in_its_turn_alone(membership: Any, band_id: str) -> AsyncIterator[None]:
    async with membership._directory.changing.at(band_id):
        yield


FAULTS = (
    Fault("a commit that failed is acknowledged", 8, [(Writer, "_transact", _acknowledged_though_it_failed)]),
    Fault(
        "what other nodes stored is not taken in before a commit",
        2,
        [(Past, "catch_up", lambda _, behind: {key: Working(live) for key, (live, _) in behind.items()})],
    ),
    Fault(
        "a resend is not recognised",
        12,
        [(Working, "find", _nothing), (CachedContent, "find", _nothing), (Batch, "recall", _nothing)],
        lean_seeds=60,
    ),
    Fault("a listener is left out", 2, [(Rooms, "tell", _without_the_first)]),
    Fault("an author is told their own edit", 2, [(Rooms, "tell", _told_to_the_author_too)]),
    Fault("a message that comes twice is told twice", 6, [(EditRelay, "heard", _handed_out_as_heard)], 8),
    Fault("others' edits are not filled in before one's own", 3, [(EditRelay, "_fill", _nothing)], 8),
    Fault(
        "a lease that is over is ignored", 8, [(Cluster, "living", _nothing), (PresenceService, "departed", _nothing)]
    ),
    Fault("lost messages are not asked for", 8, [(Numbered, "is_missing_some", lambda *_: False)]),
    Fault(
        "contents are never compared with the database",
        20,
        [(EditRelay, "compare", _nothing_either), (EditRelay, "heads", _nothing)],
        lean_seeds=80,
    ),
    Fault(
        "an edit is not rebased over what it missed",
        4,
        [("collab.storage.batch", "rebase", _rebased_over_nothing)],
        lean_seeds=40,
    ),
    Fault("who was overwritten is not said", 6, [("collab.storage.batch", "rebase", _overwriting_nobody)], 60),
    Fault("a grace never ends", 12, [(PresenceService, "_elapse", _nothing)]),
    Fault("a session that breaks stays in the roster", 2, [(PresenceService, "disconnect", _nothing)]),
    Fault("the end of a visit is not written", 4, [(PresenceLog, "ended", _nothing)]),
    Fault("a session that ended is kept", 1, [(Sessions, "end", _nothing)]),
    Fault(
        "times go back with a node's clock",
        30,
        [(Working, "at", PropertyMock(return_value=datetime.min.replace(tzinfo=UTC)))],
    ),
    Fault("a client's own edits are not moved over others'", 2, [(Replica, "_transform_pending", _left_as_it_was)], 40),
    Fault("a client does not tell who was overwritten", 12, [(OwnWrites, "overwritten", lambda *_: [])], 60),
    Fault(
        "a client does not tell what its answers say", 2, [("collab.client.replica", "told_by_answer", lambda *_: [])]
    ),
    Fault("who is taken out stays in the rooms", 12, [(PresenceService, "expel", _nothing)]),
    Fault(
        "other nodes neither hear nor look who was taken out",
        60,
        [(Publisher, "band_changed", _nothing), (Cluster, "_look", _nothing)],
    ),
    Fault(
        "nobody looks after a change that may be stored", 120, [(MembershipService, "_changing", _in_its_turn_alone)]
    ),
    Fault("an older word on a session counts", 100, [(Peer, "is_latest", lambda *_: True)]),
    Fault("an undo takes no notice of what came since", 60, [("collab.storage.batch", "undo", _undone_over_nothing)]),
    Fault(
        "what was expected to be unchanged is overwritten",
        60,
        [("collab.storage.batch", "rebase", _overwriting_in_spite_of_what_is_expected)],
    ),
    Fault("edits are given out with gaps between them", 6, [(Delivery, "take", _given_out_with_gaps)], 60),
    Fault("a snapshot lacks the content's own fields", 6, [(Document, "to_snapshot", _without_fields)]),
    Fault("a client tells twice who was overwritten", 12, [(OwnWrites, "overwritten", _told_twice)], 60),
    Fault("an edit that a webhook refused counts as delivered", 60, [(Webhooks, "_put_off", _taken_all_the_same)]),
    Fault("a node that was taken for dead goes on as the same", 60, [(Lease, "begin_anew", _nothing)]),
)
