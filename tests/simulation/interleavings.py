"""All interleavings: three people make two edits each on a small document, in every order in which these can be made
and stored, 277,200 of them.

A history goes through the server's rebase and through the Python SDK's replica, and after each step is compared with
the plain model (plainly.py); what the replica was asked and showed is played again on the TypeScript SDK's
(typescript.py). What the edits are, and whether somebody hears the others before they make theirs, is drawn anew for
each history, from its number.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count
from math import factorial, prod
from typing import Any

from collab.client.replica import Replica
from collab.client.wire import answer_of
from collab.domain.errors import CollabError
from collab.domain.kinds import SETLIST
from collab.domain.ot import ops as real
from collab.domain.ot import text
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Edit, Proposal
from collab.domain.ot.ops import Item
from collab.domain.ot.rebase import Accepted, Nothing, rebase
from tests.simulation import plainly
from tests.simulation.plainly import Add, Entry, Erase, Op, Paper, Put, TakeOut, Type, Write
from tests.simulation.typescript import Script, differences

ORDERS_IN_ALL = 277_200
"""12! / (4! 4! 4!) ways in which three people's four steps follow each other, and two orders for each of the three."""

AT_ONCE = 5_000
"""The histories that are played on TypeScript together."""

NAMES = ("ada", "ben", "cleo")
AT = datetime(2026, 12, 4, 20, tzinfo=UTC)

ORDERS = (("make", "make", "store", "store"), ("make", "store", "make", "store"))
"""How one's own two edits may follow each other."""

NOTES = (None, "notes")


def steps_of(number: int) -> list[tuple[int, str]]:
    """One of all orders, from 0 on, of what three people do: who, and what."""
    number, *orders = number // 8, number & 1, number >> 1 & 1, number >> 2 & 1
    todo = [iter(ORDERS[order]) for order in orders]
    return [(who, next(todo[who])) for who in _turns(number, (4, 4, 4))]


def _turns(number: int, left: tuple[int, ...]) -> Iterator[int]:
    """The turns in which people come who have so many steps left each, the numberth in alphabetical order."""
    while any(left):
        for who, steps in enumerate(left):
            rest = (*left[:who], steps - 1, *left[who + 1 :])
            if steps and number < _ways(rest):
                yield who
                left = rest
                break
            number -= _ways(rest) if steps else 0


@cache
def _ways(left: tuple[int, ...]) -> int:
    """In how many ways so many steps can follow each other."""
    return factorial(sum(left)) // prod(map(factorial, left))


def rehearse(every: int = 1) -> tuple[int, list[str]]:
    """Plays every so many of all histories. Returns how many those are, and what does not hold."""
    played, problems = 0, list[str]()
    scripts: list[Script] = []
    begin = real_document().to_json()
    for number in range(0, ORDERS_IN_ALL, every):
        rehearsal = Rehearsal(number)
        played += 1
        try:
            rehearsal.play(steps_of(number))
        except Exception as error:  # noqa: BLE001  # what the product trips over does not hold either
            problems.append(f"history {number}: {error!r}")
        scripts += [(person.name, begin, person.script) for person in rehearsal.people]
        if len(scripts) >= AT_ONCE:
            problems += _told_by_typescript(scripts)
            scripts = []
    return played, problems + _told_by_typescript(scripts)


def _told_by_typescript(scripts: Sequence[Script]) -> list[str]:
    return [f"{script[0]}: {told}" for script, told in zip(scripts, differences(scripts), strict=True) if told]


def first_paper() -> Paper:
    fields = {NOTES: "abc", ("x", "title"): "X", ("x", "notes"): "de", ("y", "title"): "Y"}
    return Paper(fields, {"x": "a0", "y": "a1"})


def real_document() -> Document:
    items = [Item("x", "song", "a0", {"title": "X", "notes": "de"}), Item("y", "song", "a1", {"title": "Y"})]
    return Document("friday", "setlist", "band", 0, {"notes": "abc"}, {item.id: item for item in items})


@dataclass
class Person:
    """The model of somebody, and the product's; `script` is what the replica was asked, and what it then showed."""

    model: plainly.Author
    replica: Replica
    script: list[list[Any]]

    @property
    def name(self) -> str:
        return self.model.name

    def note(self, *step: Any) -> None:
        self.script.append([*step, self.replica.view.to_json()])


class Failed(AssertionError):
    """Model and product differ."""


class Rehearsal:
    """One history, as it goes on."""

    def __init__(self, number: int) -> None:
        self._draw = random.Random(number)  # noqa: S311  # no secret
        self._names = count()
        self.document, self.edits, self.history = real_document(), list[Edit](), list[Entry]()
        self.people = [
            Person(plainly.Author(name, first_paper()), Replica(real_document(), name), []) for name in NAMES
        ]

    def play(self, steps: Sequence[tuple[int, str]]) -> None:
        """Raises `Failed`."""
        for who, what in steps:
            person = self.people[who]
            if what == "make":
                if self._draw.random() < 0.5:
                    self._hear(person)
                self._make(person)
            else:
                self._store(person)
            self._compare(person)
        for person in self.people:
            self._hear(person)
            self._compare(person)
            if person.replica.view.to_json() != self.document.to_json():
                raise self._failed(f"{person.name} does not come to what is stored")

    def _make(self, person: Person) -> None:
        name = f"e{next(self._names)}"
        op = self._op(person.model.view(), name)
        person.model.make(name, op)
        made = real_op(op)
        person.replica.edit(name, [made], group=int(name[1:]))
        person.note("edit", name, [made.to_json()])

    def _store(self, person: Person) -> None:
        if person.replica.is_behind:
            self._hear(person)
        request = person.replica.send()
        if (request is None) is not (not person.model.mine):
            raise self._failed(f"{person.name} sends {request}, where {person.model.mine} is left")
        if request is None:
            return
        wanted, lost, overwritten = person.model.arrives(self.history)
        person.note("send", request.payload)
        outcome = self._stored(person, request.payload)
        if isinstance(outcome, Nothing):
            if wanted is not None or [lost] != [dropped.reason for dropped in outcome.dropped]:
                raise self._failed(f"{request.edit_id} is dropped for {outcome.dropped}, the model says {wanted, lost}")
            body = {"edit_id": request.edit_id, "version": outcome.version, "ops": [], "overwrote": []}
            self._answer(person, {**body, "dropped": [dropped.to_json() for dropped in outcome.dropped]})
            # The answer says so as of the head, up to which its author hears.
            self._hear(person)
            return
        edit = outcome.edit
        if wanted is None or edit.ops != (real_op(wanted),):
            raise self._failed(f"{edit.edit_id} is stored as {edit.ops}, the model says {wanted}")
        if [overwrote.author.id for overwrote in edit.overwrote] != ([overwritten] if overwritten else []):
            raise self._failed(f"{edit.edit_id} overwrote {edit.overwrote}, the model says {overwritten}")
        self.document = outcome.document
        self.edits.append(edit)
        self.history.append(Entry(person.name, edit.edit_id, wanted))
        answer = {"edit_id": edit.edit_id, "version": edit.version, "ops": [op.to_json() for op in edit.ops]}
        overwrote = [each.to_json() for each in edit.overwrote]
        self._answer(person, {**answer, "dropped": [], "overwrote": overwrote})
        if person.model.heard == edit.version - 1:
            person.model.hear(self.history, edit.version)

    def _answer(self, person: Person, answer: Any) -> None:
        person.replica.answer(answer_of(answer))
        person.note("answer", answer)

    def _stored(self, person: Person, payload: Any) -> Accepted | Nothing:
        author = Author(person.name, person.name)
        asked = tuple(map(real.from_json, payload["ops"]))
        base, rebased_to = payload["base_version"], payload.get("rebased_to")
        proposal = Proposal(payload["edit_id"], base, asked, author, None, AT, rebased_to=rebased_to)
        try:
            outcome = rebase(proposal, self.document, self.edits[base:], SETLIST)
        except CollabError as error:
            raise self._failed(f"{payload} is refused: {error!r}") from error
        if not isinstance(outcome, Accepted | Nothing):
            raise self._failed(f"{payload} comes to {outcome}")
        return outcome

    def _hear(self, person: Person) -> None:
        missed = [edit for edit in self.edits if edit.version > person.replica.confirmed.version]
        person.model.hear(self.history, len(self.history))
        if missed or person.replica.is_behind:
            person.replica.receive(missed)
            person.note("receive", [edit.to_json() for edit in missed])

    def _compare(self, person: Person) -> None:
        seen, wanted = person.replica.view, person.model.view()
        fields = {(None, name): value for name, value in seen.fields.items()} | {
            (item.id, name): value for item in seen.items.values() for name, value in item.fields.items()
        }
        items = {item.id: item.position for item in seen.items.values()}
        if (fields, items) != (wanted.fields, wanted.items):
            raise self._failed(f"{person.name} sees {fields, items}, the model says {wanted}")

    def _op(self, paper: Paper, name: str) -> Op:
        """What somebody does on what they see: few enough things that people meet."""
        draw, items = self._draw, sorted(paper.items)
        item = draw.choice(items) if items else None
        place = (item, "notes") if item is not None and draw.random() < 0.4 else NOTES
        letters = paper.fields.get(place, "")
        match draw.choice(("type", "type", "erase", "write", "write", "put", "add", "take out")):
            case "erase" if letters:
                at = draw.randrange(len(letters))
                return Erase(place, frozenset(range(at, min(at + 2, len(letters)))))
            case "write":
                return Write(place, draw.choice(("abc", name)))
            case "put" if item is not None:
                return Put(item, draw.choice(("a0", "a1", "a2", "a0V")))
            case "add":
                return Add(f"item-{name}", draw.choice(("a0", "a1", "a2")))
            case "take out" if item is not None:
                return TakeOut(item)
        return Type(place, draw.randrange(len(letters) + 1), name)

    def _failed(self, what: str) -> Failed:
        return Failed(what)


def real_op(op: Op) -> real.Op:
    """An op of the model as the product has it."""
    match op:
        case Write(place, value):
            return real.Set(*place, value)
        case Type(place, at, letters):
            return real.Text(*place, (at, letters) if at else (letters,))
        case Erase(place, letters):
            return real.Text(*place, _delta(letters))
        case Add(item, position):
            return real.Insert(Item(item, "song", position, {"title": item}))
        case Put(item, position):
            return real.Move(item, position)
        case TakeOut(item):
            return real.Remove(item)


def _delta(letters: frozenset[int]) -> text.Delta:
    """What takes out these letters."""
    delta: list[text.Component] = []
    done = 0
    for at in sorted(letters):
        if at > done:
            delta.append(at - done)
        last = delta[-1] if delta else None
        if isinstance(last, text.Delete):
            delta[-1] = text.Delete(last.n + 1)
        else:
            delta.append(text.Delete(1))
        done = at + 1
    return tuple(delta)
