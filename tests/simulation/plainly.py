"""What must become of edits that meet, written as plainly as it can be: one op an edit, and text letter by letter.

Nothing here is the product's but the key that follows a taken position. An edit is carried over what was stored since
its author looked, one by one, in the order in which it was stored. Whenever two meet, either may lose its meaning (None
here) or have its letters move:

- what removes an item leaves others' ops on that item nothing to do, and the other way round;
- a value that is set hides what others wrote in its field before, and takes its text from whoever typed there;
- letters that are typed where others typed stand after those that were stored first; letters are taken out once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from collab.domain.ot import positions

Place: TypeAlias = tuple[str | None, str]


@dataclass(frozen=True)
class Write:
    """Gives a field a value."""

    place: Place
    value: str


@dataclass(frozen=True)
class Type:
    """Puts letters before the one that is `at`."""

    place: Place
    at: int
    letters: str


@dataclass(frozen=True)
class Erase:
    """Takes letters out of a text, each named by where it stands."""

    place: Place
    letters: frozenset[int]


@dataclass(frozen=True)
class Add:
    """Puts a new item, with a title, in a place."""

    item: str
    position: str


@dataclass(frozen=True)
class Put:
    """Puts an item elsewhere."""

    item: str
    position: str


@dataclass(frozen=True)
class TakeOut:
    """Removes an item."""

    item: str


Op: TypeAlias = Write | Type | Erase | Add | Put | TakeOut
Lost: TypeAlias = Literal["item_removed", "field_replaced"]


@dataclass(frozen=True)
class Paper:
    """A document: what stands in its fields, and the position of each of its items."""

    fields: dict[Place, str]
    items: dict[str, str]

    def after(self, op: Op) -> Paper:
        fields, items = dict(self.fields), dict(self.items)
        match op:
            case Write(place, value):
                fields[place] = value
            case Type(place, at, letters):
                before = fields.get(place, "")
                fields[place] = before[:at] + letters + before[at:]
            case Erase(place, gone):
                fields[place] = "".join(letter for at, letter in enumerate(fields.get(place, "")) if at not in gone)
            case Add(item) | Put(item):
                items[item] = self.placed(op).position
                if isinstance(op, Add):
                    fields[item, "title"] = item
            case TakeOut(item):
                del items[item]
                fields = {place: value for place, value in fields.items() if place[0] != item}
        return Paper({place: value for place, value in fields.items() if value}, items)

    def placed(self, op: Add | Put) -> Add | Put:
        """The same in the next place that is free."""
        taken = {position for item, position in self.items.items() if item != op.item}
        position = op.position
        while position in taken:
            position = positions.next_free(position, taken)
        return replace(op, position=position)

    def stored(self, op: Op) -> Op:
        """An op as the history has it."""
        return self.placed(op) if isinstance(op, Add | Put) else op


@dataclass(frozen=True)
class Entry:
    """One edit of the history."""

    author: str
    name: str
    op: Op


def item_of(op: Op) -> str | None:
    return op.place[0] if isinstance(op, Write | Type | Erase) else op.item


def meet(mine: Op | None, stored: Op | None) -> tuple[Op | None, Op | None, Lost | None]:
    """An op of one's own on what was stored meanwhile; what was stored, on one's own; and what became of one's own."""
    if mine is None or stored is None:
        return mine, stored, None
    if isinstance(stored, TakeOut) and not isinstance(mine, Add) and item_of(mine) == stored.item:
        return None, None if isinstance(mine, TakeOut) else stored, "item_removed"
    if isinstance(mine, TakeOut) and not isinstance(stored, Add) and item_of(stored) == mine.item:
        return mine, None, None
    if (
        isinstance(mine, Write | Type | Erase)
        and isinstance(stored, Write | Type | Erase)
        and mine.place == stored.place
    ):
        if isinstance(mine, Write):
            return mine, None, None
        if isinstance(stored, Write):
            return None, stored, "field_replaced"
        return _moved(mine, stored, is_first=False), _moved(stored, mine, is_first=True), None
    return mine, stored, None


def _moved(op: Type | Erase, over: Type | Erase, *, is_first: bool) -> Type | Erase:
    """Where the letters stand once `over` is done. `is_first`: what both put in one place begins with the op's."""
    if isinstance(over, Type):
        count = len(over.letters)
        if isinstance(op, Erase):
            return replace(op, letters=frozenset(at + count if at >= over.at else at for at in op.letters))
        is_behind = op.at > over.at or (op.at == over.at and not is_first)
        return replace(op, at=op.at + count) if is_behind else op
    if isinstance(op, Erase):
        left = op.letters - over.letters
        return replace(op, letters=frozenset(at - sum(gone < at for gone in over.letters) for at in left))
    return replace(op, at=op.at - sum(gone < op.at for gone in over.letters))


@dataclass
class Mine:
    """An edit of one's own that is not done: its op as it now is, or why it has none any more."""

    name: str
    op: Op | None
    seen: int
    """How many edits of the history its author had seen of the field that it writes."""
    lost: Lost | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left of it."""
        return self.op is None or (isinstance(self.op, Erase) and not self.op.letters)


class Author:
    """What one person sees: the history as far as they heard it, and their own edits on top of that."""

    def __init__(self, name: str, paper: Paper) -> None:
        self.name = name
        self.heard = 0
        self.paper = paper
        self.mine: list[Mine] = []

    def view(self) -> Paper:
        paper = self.paper
        for edit in self.mine:
            if edit.op is not None:
                paper = paper.after(edit.op)
        return paper

    def make(self, name: str, op: Op) -> None:
        hiding = [edit.seen for edit in self.mine if isinstance(op, Write) and _writes(edit.op, op.place)]
        self.mine.append(Mine(name, op, min([self.heard, *hiding])))

    def hear(self, history: list[Entry], count: int) -> None:
        """Takes in the history up to an edit."""
        for entry in history[self.heard : count]:
            self.paper = self.paper.after(entry.op)
            if entry.author == self.name:
                self.mine = [edit for edit in self.mine if edit.name != entry.name]
            else:
                # Of what nothing is left nobody is told: it was never sent.
                self.mine = [edit for edit in carried(self.mine, entry.op) if not edit.is_idle]
        self.heard = max(self.heard, count)

    def arrives(self, history: list[Entry]) -> tuple[Op | None, Lost | None, str | None]:
        """What the server makes of the first edit: its op, or why it is lost; and whose value it overwrites."""
        mine, paper = [replace(edit) for edit in self.mine], self.paper
        for entry in history[self.heard :]:
            paper = paper.after(entry.op)
            mine = carried(mine, entry.op)
        first = mine[0]
        if first.op is None:
            # An item that is gone is the reason, also where its text had been replaced before.
            item = None if self.mine[0].op is None else item_of(self.mine[0].op)
            return None, "item_removed" if item is not None and item not in paper.items else first.lost, None
        return paper.stored(first.op), None, self._overwrote(first, history, paper)

    def _overwrote(self, edit: Mine, history: list[Entry], paper: Paper) -> str | None:
        op = edit.op
        if not isinstance(op, Write) or paper.fields.get(op.place) == op.value:
            return None
        for entry in reversed(history[edit.seen :]):
            if isinstance(entry.op, Write | Type | Erase) and entry.op.place == op.place:
                if entry.author != self.name:
                    return entry.author
                if isinstance(entry.op, Write):
                    return None
        return None


def carried(mine: list[Mine], stored: Op | None) -> list[Mine]:
    """One's own edits, in their order, over one that was stored."""
    moved: list[Mine] = []
    for edit in mine:
        op, stored, lost = meet(edit.op, stored)
        moved.append(replace(edit, op=op, lost=edit.lost or lost))
    return moved


def _writes(op: Op | None, place: Place) -> bool:
    return isinstance(op, Write) and op.place == place
