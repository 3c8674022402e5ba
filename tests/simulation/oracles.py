"""What must hold, whatever happened. Each oracle yields what does not, in words.

Convergence alone does not see a wrong rebase, since all then agree on the same wrong document: so each edit is judged
again by the pure rules, on all that is stored before it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from collab.client.events import Edited, Overwritten, Overwrote, Saved
from collab.domain.access import ContentRoom
from collab.domain.presence.roster import Presence
from collab.storage.tables import presence_sessions
from tests.simulation.history import History
from tests.simulation.plan import CONTENTS
from tests.support.clashes import Clashes

if TYPE_CHECKING:
    from collab.domain.ot.edits import Edit
    from tests.simulation.record import Line, Record
    from tests.simulation.world import World


FELT_WITHIN_S = 1.0
"""How soon every node takes a member out of its rooms who was removed on another (PROTOCOL.md, Promises)."""

BESIDES = (
    "AsyncServer._service_task",
    "Event.wait",
    "Cluster._look_if_silent",
    "_release_waiter",
    "_set_result_unless_cancelled",
)
"""Tasks and timers that a node without connections may have beside those that it began with."""

OF_WEBHOOKS = ("Timeout._on_timeout",)
"""Webhooks wait for the time of their next sweep."""


def at_rest(world: World) -> list[str]:
    """All that must hold once nothing is under way any more."""
    with world.database.reading.connect() as connection:
        histories = [History.read(connection, content_id) for content_id in CONTENTS]
    problems = [problem for person in world.members for problem in person.problems]
    problems += nobody_hears_who_was_removed(world)
    for history in histories:
        problems += stored_once_and_in_order(history)
        problems += acknowledged_is_durable(world, history)
        problems += stored_as_the_rules_say(world, history)
        problems += everybody_has_it(world, history)
        problems += told_once_and_in_order(world, history)
        problems += told_of_conflicts(world, history)
        problems += rosters_are_who_is_there(world, history.content_id)
        problems += delivered_at_least_once_and_in_order(world, history)
    return problems


def stored_once_and_in_order(history: History) -> Iterator[str]:
    """Versions without gap or twin, each edit once, and one document whichever way it is read."""
    name = history.content_id
    if (versions := [edit.version for edit in history.edits]) != [*range(1, history.head + 1)]:
        yield f"{name}: the head is {history.head}, the versions are {versions}"
    if len({edit.edit_id for edit in history.edits}) < len(history.edits):
        yield f"{name}: an edit is stored twice"
    for snapshot in history.snapshots:
        if snapshot != history.documents[snapshot.version]:
            yield f"{name}: the snapshot of version {snapshot.version} is not what its edits make"
    times = [edit.at for edit in history.edits]
    if times != sorted(times):
        yield f"{name}: its times go back"


def acknowledged_is_durable(world: World, history: History) -> Iterator[str]:
    """What was answered as stored is stored so, and nothing is that nobody sent."""
    stored = {edit.edit_id: edit for edit in history.edits}
    for person in world.people:
        for (content_id, edit_id), answer in person.acknowledged.items():
            edit = stored.get(edit_id) if content_id == history.content_id else None
            if content_id == history.content_id and (
                edit is None
                or edit.version != answer["version"]
                or [op.to_json() for op in edit.ops] != answer["ops"]
                or [dropped.to_json() for dropped in edit.dropped] != answer["dropped"]
                or [overwrote.to_json() for overwrote in edit.overwrote] != answer["overwrote"]
            ):
                yield f"{person.name}: {content_id} {edit_id} was answered {answer}, and stored is {edit}"

    for (content_id, edit_id), (version, ops) in world.host.acknowledged.items():
        edit = stored.get(edit_id) if content_id == history.content_id else None
        if content_id == history.content_id and (
            edit is None or edit.version != version or [op.to_json() for op in edit.ops] != ops
        ):
            yield f"the host: {content_id} {edit_id} was answered as {version} {ops}, and stored is {edit}"


def stored_as_the_rules_say(world: World, history: History) -> Iterator[str]:
    for edit in history.edits:
        key = history.content_id, edit.edit_id
        by = [person.sent for person in world.people if person.user_id == edit.author.id]
        sent = [request for each in (world.host.sent, *by) for request in each.get(key, ())]
        if edit not in [history.rules_say(edit, event, payload) for event, payload in sent]:
            said = [history.rules_say(edit, event, payload) for event, payload in sent[:1]]
            yield f"{history.content_id} {edit.version}: stored is {edit}, and the rules say {said}"


def everybody_has_it(world: World, history: History) -> Iterator[str]:
    """Replay, the nodes' memory and every client come to the same."""
    wanted = history.documents[-1]
    for node in world.nodes:
        journal = node.engine._journal if node.engine is not None else None  # noqa: SLF001  # its memory
        live = None if journal is None else journal.head(history.content_id)
        if live is None:
            continue
        if live.document.version > history.head or live.document != history.documents[live.document.version]:
            yield f"{node.name}: {history.content_id} in memory is not what its edits make"
    for person in world.members:
        room = person.rooms[history.content_id]
        if room.failure is not None:
            yield f"{person.name} has lost {history.content_id}: {room.failure!r}"
        elif room.version != history.head:
            yield f"{person.name}: {history.content_id} is at {room.version}, the head is {history.head}"
        elif room.document.to_json() != wanted.to_json():
            yield f"{person.name}: {history.content_id} is {room.document}, stored is {wanted}"


def told_once_and_in_order(world: World, history: History) -> Iterator[str]:
    """A connection that is in the room is told each version once and in order, but for its own edits, which it is
    answered; one that is still there was told all of them."""
    for person in world.people:
        for line in person.lines:
            told, mine = line.told[history.content_id], _own(line, history.edits)
            expected = [version for version in range(told[0], told[-1] + 1) if version not in mine] if told else []
            if told != expected:
                yield f"{person.name}: {history.content_id} was told {told}, with {sorted(mine)} its own"
            if line is person.lines[-1] and not person.is_removed:
                missing = untold(line, history.content_id, history.head, history.edits)
                if missing:
                    joined = line.joined[history.content_id]
                    yield f"{person.name}: {history.content_id} was never told {sorted(missing)} after {joined}"


def delivered_at_least_once_and_in_order(world: World, history: History) -> Iterator[str]:
    """A webhook is given each version; none for the first time before one that it follows."""
    if world.plan.weather.is_hooked:
        first_times = [*dict.fromkeys(world.hook.taken[history.content_id])]
        if first_times != [edit.version for edit in history.edits]:
            yield f"{history.content_id}: the head is {history.head}, and the webhook was given {first_times}"


def untold(line: Line, content_id: str, head: int, edits: Sequence[Edit]) -> set[int]:
    """The versions up to the head that a connection in the content's room has not been told yet."""
    joined = line.joined.get(content_id, head)
    return {*range(joined + 1, head + 1)} - {*line.told[content_id]} - _own(line, edits)


def _own(line: Line, edits: Sequence[Edit]) -> set[int]:
    return {edit.version for edit in edits if edit.session_id == line.session_id}


def told_of_conflicts(world: World, history: History) -> Iterator[str]:
    """Who overwrote and who was overwritten have both been told, once, and nobody of what did not happen."""
    clashes = Clashes(history.documents[0], history.edits)
    for person in world.members:
        notices = person.notices(history.content_id)
        told_of = {notice.edit.version for notice in notices if isinstance(notice, Edited)}
        if unknown := {version for version in told_of if version > history.head}:
            yield f"{person.name}: {history.content_id}: was told of {unknown}, which are not stored"
            continue
        made = {edit_id for content_id, edit_id in person.sent if content_id == history.content_id}
        made -= stored_after_all(person, history)
        expected = clashes.told(person.user_id, made, notices, person.opened_at[history.content_id])
        for kind in (Saved, Overwrote, Overwritten):
            was, ought = (sorted(repr(one) for one in list_ if isinstance(one, kind)) for list_ in (notices, expected))
            if was != ought:
                yield f"{person.name}: {history.content_id}: told {was}, expected {ought}"


def stored_after_all(person: Record, history: History) -> set[str]:
    """Edits whose answer was that nothing is stored, while a node that stood still had an earlier sending in its hands.
    Their author is told of them as of another session's (PROTOCOL.md, Promises)."""
    versions = {(history.content_id, edit.edit_id): edit.version for edit in history.edits}
    return {
        key[1]
        for key, version in person.came_to_nothing.items()
        if key not in person.acknowledged and len(person.sent[key]) > 1 and versions.get(key, 0) > version
    }


def nobody_hears_who_was_removed(world: World) -> Iterator[str]:
    """From the moment of the answer on the node that gave it, and once nothing goes wrong within a second on all."""
    for person in world.people:
        at_s, answered_by = world.host.removed.get(person.user_id, (math.inf, ""))
        everywhere_s = max(at_s, world.calm_s) + FELT_WITHIN_S
        for line in person.lines:
            for told_s, event, node in line.events:
                if told_s > everywhere_s or (told_s > at_s and node == answered_by):
                    yield f"{person.name}, who was taken out by {answered_by} at {at_s:.3f}, was told {event} by {node}"


def rosters_are_who_is_there(world: World, content_id: str) -> Iterator[str]:
    """Every roster, of clients and nodes, has the living sessions and nobody else, each as it is."""
    room = ContentRoom(content_id)
    # Of their own focus people know best: nobody tells them.
    own = {person.name: person.me.session.id for person in world.members}
    there = {*own.values()}
    rosters: dict[str, Mapping[str, Presence]] = {
        person.name: person.rooms[content_id].roster for person in world.members
    }
    for node in world.nodes:
        if node.engine is not None and node.engine.presence.has_sessions(room):
            rosters[node.name] = node.engine.presence.roster(room).sessions
    for name, roster in rosters.items():
        if roster.keys() != there:
            yield f"{name}: the roster of {content_id} lacks {there - roster.keys()} and has {roster.keys() - there}"
    shown = {
        (key, entry.status, entry.focus)
        for name, roster in rosters.items()
        for key, entry in roster.items()
        if own.get(name) != key
    }
    for key in there:
        if len(said := [entry for entry in shown if entry[0] == key]) > 1:
            yield f"the rosters of {content_id} say different things of one session: {said}"
    with world.database.reading.connect() as connection:
        table = presence_sessions
        is_open = (table.c.room == room.name) & table.c.ended_at.is_(None)
        visits = sorted(connection.execute(select(table.c.session_id).where(is_open)).scalars())
    if visits != sorted(there):
        yield f"{content_id}: the open visits in the database are {visits}, there are {sorted(there)}"


def when_all_have_left(world: World) -> list[str]:
    """Whoever has gone leaves nothing behind in a node."""
    problems: list[str] = []
    besides: Counter[str] = Counter([*BESIDES, *(OF_WEBHOOKS if world.plan.weather.is_hooked else ())])
    for node in world.nodes:
        engine = node.engine
        if engine is None:
            problems.append(f"{node.name} does not serve")
            continue
        server = engine._server  # noqa: SLF001  # what is left is nowhere public
        left = {
            "sessions": engine.sessions.count(),
            "rooms of presence": engine.presence.rooms(),
            "connections": len([*server.connections]),
            "sessions of Socket.IO": len(server.environ),
        }
        problems += [f"{node.name}: {count} {what} are left" for what, count in left.items() if count]
        tasks = Counter(node.process.running) - (node.of_its_own | besides)
        problems += [f"{node.name}: the task {name} is left" for name in tasks]
        timers = Counter(filter(_is_its_own, world.loop.timers(node.process))) - (node.of_its_own | besides)
        problems += [f"{node.name}: the timer {name} is left" for name in timers]
    return problems


def at_the_end(world: World) -> list[str]:
    """A client that has left has no task and no timer any more."""
    problems: list[str] = []
    for person in world.people:
        problems += [f"{person.name}: the task {name} is left" for name in person.process.running]
        problems += [
            f"{person.name}: the timer {name} is left"
            for name in filter(_is_its_own, world.loop.timers(person.process))
        ]
    return problems


def _is_its_own(timer: str) -> bool:
    """Not what the simulation does on its behalf."""
    return not timer.startswith(("SimulatedBus.", "Wire.", "Turns."))
