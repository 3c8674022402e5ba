"""A content without a server: its history as the domain makes it, and random edits of it for property tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from collab.domain.kinds import SETLIST
from collab.domain.ot import positions
from collab.domain.ot.document import Document, Draft, apply_stored
from collab.domain.ot.edits import Author, Edit, Proposal, Undo
from collab.domain.ot.ops import Insert, Item, Move, Op, Remove, Set, Text, Value
from collab.domain.ot.rebase import Accepted, Outcome, rebase
from collab.domain.ot.undoing import undo
from tests.property.test_text_laws import deltas_of

NOW = datetime(2026, 12, 4, 20, 0, tzinfo=UTC)
ADA, BEN = Author("ada", "Ada"), Author("ben", "Ben")
AUTHORS = (ADA, BEN)

START = Document(
    "content",
    "setlist",
    "band",
    version=0,
    fields={"title": "Friday", "notes": "doors"},
    items={
        item.id: item
        for item in (
            Item("iko", "song", "a0", {"title": "Iko Iko", "tempo": 176, "notes": "slow"}),
            Item("rest", "break", "a1", {"title": "Break"}),
            Item("saints", "song", "a2", {"title": "Saints", "key": "Bb"}),
        )
    },
)


@dataclass
class History:
    """Every version of a content, and the edits between them."""

    versions: list[Document] = field(default_factory=lambda: [START])
    edits: list[Edit] = field(default_factory=list)
    asked: int = 0

    @property
    def head(self) -> Document:
        return self.versions[-1]

    def edit(self, ops: Sequence[Op], base_version: int | None = None, author: Author = ADA, **more: Any) -> Outcome:
        base = self.head.version if base_version is None else base_version
        proposal = Proposal(self._new_id(), base, tuple(ops), author, "session", NOW, **more)
        return self._keep(rebase(proposal, self.head, self.edits[base:], SETLIST))

    def undo(self, target: Edit, author: Author | None = None, *, as_owner: bool = False) -> Outcome:
        request = Undo(self._new_id(), target.edit_id, author or target.author, "session", NOW, as_owner)
        return self._keep(undo(request, target, self.head, self.edits, SETLIST))

    def _new_id(self) -> str:
        self.asked += 1
        return f"e{self.asked}"

    def _keep(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Accepted):
            self.edits.append(outcome.edit)
            self.versions.append(outcome.document)
        return outcome


def with_a_full_gap() -> Document:
    """`START` with the break so close behind the first song that no key between the two is short enough."""
    following = "a1"
    while positions.problem(key := positions.between("a0", following)) is None:
        following = key
    return replace(START, items={**START.items, "rest": replace(START.items["rest"], position=following)})


def content(document: Document) -> tuple[Any, Any]:
    """What people see of a document, whatever its version."""
    return dict(document.fields), {item.id: item for item in document.items.values()}


def replayed(history: History) -> Document:
    document = START
    for edit in history.edits:
        document = apply_stored(document, edit.ops)
    return document


def comparable(ops: Sequence[Op]) -> list[Op]:
    """Ops but for what is the server's to say: positions, and that an empty text is an unset field."""
    return [_comparable(op) for op in ops]


def _comparable(op: Op) -> Op:
    match op:
        case Insert(item):
            return Insert(replace(item, position="", fields={k: v for k, v in item.fields.items() if v}))
        case Move(item_id, _):
            return Move(item_id, "")
        case Set(item_id, "notes", ""):
            return Set(item_id, "notes", None)
    return op


_FIELDS: dict[str | None, dict[str, st.SearchStrategy[Value]]] = {
    None: {
        "title": st.sampled_from(["Friday", "Saturday", None]),
        "notes": st.sampled_from(["doors", "", "no show", None]),
    },
    "song": {
        "tempo": st.sampled_from([120, 176, None]),
        "key": st.sampled_from(["F", "Bb", None]),
        "notes": st.sampled_from(["slow", "fast", "", None]),
    },
    "break": {"title": st.sampled_from(["Break", "Set 2", None]), "notes": st.sampled_from(["tea", None])},
}
_WORDS = st.text("ab🎷", min_size=1, max_size=3)
_POSITIONS = st.sampled_from(["Zz", "a0", "a0V", "a1", "a1G", "a2", "a3"])


@st.composite
def edits_of(draw: st.DrawFn, document: Document, new_id: Callable[[], str]) -> tuple[Op, ...]:
    """The ops of an edit that fits a document: each fits the document after those before it."""
    draft = Draft(document)
    ops: list[Op] = []
    for _ in range(draw(st.integers(1, 4))):
        op = draw(_ops_of(draft, new_id))
        ops.append(op)
        draft.apply(op)
    return tuple(ops)


@st.composite
def _ops_of(draw: st.DrawFn, draft: Draft, new_id: Callable[[], str]) -> Op:
    items = sorted(draft.items)
    kinds = ["set", "text", "text", "insert", *(["move", "remove"] if items else [])]
    match draw(st.sampled_from(kinds)):
        case "insert":
            type_ = draw(st.sampled_from(["song", "break"]))
            fields = draw(st.fixed_dictionaries({}, optional=_FIELDS[type_]))
            return Insert(Item(new_id(), type_, draw(_POSITIONS), fields))
        case "move":
            return Move(draw(st.sampled_from(items)), draw(_POSITIONS))
        case "remove":
            return Remove(draw(st.sampled_from(items)))
        case kind:
            item_id = draw(st.sampled_from([None, *items]))
            fields = _FIELDS[None if item_id is None else draft.items[item_id].type]
            if kind == "text":
                return Text(item_id, "notes", draw(deltas_of(draft.value(item_id, "notes") or "", _WORDS)))
            name = draw(st.sampled_from(sorted(fields)))
            return Set(item_id, name, draw(fields[name]))


def problems_of(document: Document) -> list[str]:
    """What no document may ever be."""
    found = [f"position {item.position}" for item in document.items.values() if positions.problem(item.position)]
    taken = [item.position for item in document.items.values()]
    found += [f"two items at {position}" for position in {*taken} if taken.count(position) > 1]
    found += [f"{item_id} is there and removed" for item_id in document.items if item_id in document.removed]
    holders = [(SETLIST.fields, document.fields)]
    holders += [(SETLIST.item_types[item.type], item.fields) for item in document.items.values()]
    for types, fields in holders:
        for name, value in fields.items():
            if value is None or (name == "notes" and value == "") or types[name].problem(value):
                found.append(f"{name} holds {value!r}")
    return found
