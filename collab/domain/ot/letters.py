"""Letters: a text field replayed with an identity for each letter, so that an edit can be taken out of it exactly.

A delta alone does not say enough: the inverse of a deletion knows where its words stood, but not on which side of words
that were deleted beside them and have come back since. So the field's history is replayed over letters that are never
thrown away. Each has a maker, the op that typed it, and hiders, the ops that deleted it. An op is a **cause**: it is on
until an undo switches it off, and on again once that is undone. A letter shows while its maker is on and all its hiders
are off. Nothing ever changes the order of two letters: whatever is undone and redone, in whichever order, each letter
comes back to its own place. (Deleted letters that keep their place are known from WOOT, Oster et al., CSCW 2006.)

- What is typed comes right after the letter that shows on its left, before any hidden ones. A history that begins
  later, and so knows fewer hidden letters, therefore puts it in the same place among those that it knows.
- A `set` replaces the text whole: it lays a **layer** upon the letters that were there. Undone, it is lifted off with
  all that was typed in it since; redone, it is laid on again. Only the top layer is seen and written.
- An undo in the history switches the causes of the edit that it undoes, where that comes to just what was stored. Where
  it does not, or that edit lies before the history, it is replayed as the plain ops that it is.
- Only ops that an undo names need an identity. All other letters run together, and what they delete is gone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from collab.domain.errors import NotFound
from collab.domain.ot import text
from collab.domain.ot.edits import Done
from collab.domain.ot.ops import Insert, Item, Op, Place, Set, Text, Value

Cause: TypeAlias = tuple[str, int]
"""An op: the id of its edit, and its index there."""

MAX_RUNS = 1_000_000
"""How many runs of letters are looked at for one field: some 0.1 s. As many come up where 500 edits that were undone
lie between others; those that follow each other cancel."""


@dataclass(slots=True, eq=False)
class _Run:
    """Letters in a row that share one history."""

    text: str
    maker: Cause | None = None
    hiders: tuple[Cause, ...] = ()
    shows: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is of those that no undo tells apart."""
        return self.maker is None and not self.hiders

    def split(self, at: int) -> "_Run":
        """Cuts it short, and returns the rest."""
        self.text, rest = self.text[:at], self.text[at:]
        return _Run(rest, self.maker, self.hiders, self.shows)


_Layer: TypeAlias = list[_Run]


class Letters:
    """A text field at the end of a history; `value` is what it holds there."""

    def __init__(self, place: Place, history: Sequence[Done], value: Value, named: Collection[str]) -> None:
        """`named` are the ids of the edits that undos take back: those of the history, and the one to come. Raises
        `NotFound`, as `switch` does, where that takes too long."""
        self._place = place
        self._named = named
        self._layers = [_layer(_value_before(place, history, value))]
        self._off: set[Cause] = set()
        self._written_in: dict[Cause, _Layer] = {}
        self._laid_on: dict[Cause, _Layer] = {}
        self._causes: dict[str, list[Cause]] = {}
        self._looked_at = 0
        for edit in lasting(place, history, named):
            self._replay(edit)

    @property
    def shown(self) -> str:
        """The text that people see."""
        return "".join(run.text for run in self._layers[-1] if run.shows)

    def causes(self, edit_id: str) -> list[Cause]:
        """The causes of a named edit in this field, one for each of its ops there: of an undo, those it switched."""
        return self._causes.get(edit_id, [])

    def switch(self, cause: Cause) -> text.Delta | None:
        """Switches a `text` op off, or on again. Returns what that changes; None where its text was replaced."""
        layer = self._written_in.get(cause)
        if layer is not self._layers[-1]:
            return None
        self._count(layer)
        self._off ^= {cause}
        return text.delta_of(part for run in layer if (part := self._switched(run, cause)) is not None)

    def switch_set(self, cause: Cause) -> bool:
        """Lifts off what a `set` laid on, or lays it on again. False where another lies upon it."""
        layer = self._laid_on.get(cause)
        if layer is not None and cause in self._off:
            self._layers.append(layer)
        elif layer is self._layers[-1]:
            self._layers.pop()
        else:
            return False
        self._off ^= {cause}
        return True

    def set_back(self, cause: Cause, op: Set) -> None:
        """Takes a `set` back with `op`: lifts it off, or lays another on where one lies upon it already."""
        if not self._is_switched(cause, op):
            self._layers.append(_layer(op.value))

    def restore(self, item: Item) -> None:
        """The item is there again: mostly as it was, but for what a host's own tools bring back."""
        value = item.fields.get(self._place[1])
        if _text_of(value) != self.shown:
            self._layers.append(_layer(value))

    def _switched(self, run: _Run, cause: Cause) -> text.Component | None:
        """What it means for a run that a cause was switched."""
        did_show = run.shows
        if run.maker == cause or cause in run.hiders:
            run.shows = run.maker not in self._off and self._off.issuperset(run.hiders)
        if did_show:
            return len(run.text) if run.shows else text.Delete(len(run.text))
        return run.text if run.shows else None

    def _replay(self, edit: Done) -> None:
        undone = self.causes(edit.undoes)[:] if edit.undoes is not None else []
        causes: list[Cause] = []
        for index, op in enumerate(edit.ops):
            match op:
                case Set(item_id, name, _) | Text(item_id, name, _) if (item_id, name) == self._place:
                    if undone and self._is_switched(undone[-1], op):
                        causes.append(undone.pop())
                    else:
                        undone = []
                        causes.append((edit.edit_id, index))
                        self._write(causes[-1], op)
                case Insert(item) if item.id == self._place[0]:
                    self.restore(item)
        if edit.edit_id in self._named:
            self._causes[edit.edit_id] = causes

    def _is_switched(self, cause: Cause, op: Set | Text) -> bool:
        """Replays an op of an undo as what it means, if that is what it did."""
        if isinstance(op, Text):
            delta = self.switch(cause)
            if delta == op.delta:
                return True
            if delta is not None:
                self.switch(cause)
            return False
        if not self.switch_set(cause):
            return False
        if self.shown == _text_of(op.value):
            return True
        self.switch_set(cause)
        return False

    def _write(self, cause: Cause, op: Set | Text) -> None:
        is_named = cause[0] in self._named
        if isinstance(op, Set):
            self._layers.append(_layer(op.value))
            layers = self._laid_on
        else:
            self._type(op.delta, cause if is_named else None)
            layers = self._written_in
        if is_named:
            layers[cause] = self._layers[-1]

    def _count(self, layer: _Layer) -> None:
        self._looked_at += len(layer)
        if self._looked_at > MAX_RUNS:
            raise NotFound("too much was typed since for this to be undone: change by hand what is to be as before")

    def _type(self, delta: text.Delta, cause: Cause | None) -> None:
        layer, at = self._layers[-1], 0
        self._count(layer)
        for part in delta:
            if isinstance(part, str):
                layer.insert(at, _Run(part, cause))
                at += 1
                continue
            left = text.length(part)
            while left:
                run = layer[at]
                at += 1
                if not run.shows:
                    continue
                if len(run.text) > left:
                    layer.insert(at, run.split(left))
                left -= len(run.text)
                if isinstance(part, int):
                    continue
                if cause is None:
                    at -= 1
                    del layer[at]
                else:
                    run.hiders, run.shows = (*run.hiders, cause), False
        if cause is None:
            _run_together(layer)


def _layer(value: Value) -> _Layer:
    words = _text_of(value)
    return [_Run(words)] if words else []


def _text_of(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _run_together(layer: _Layer) -> None:
    for at in range(len(layer) - 1, 0, -1):
        if layer[at].is_plain and layer[at - 1].is_plain:
            layer[at - 1].text += layer.pop(at).text


def lasting(place: Place, history: Sequence[Done], named: Collection[str]) -> list[Done]:
    """The edits of a history that count in a field: without those that the very next one undid, for good."""
    kept: list[Done] = []
    for edit in history:
        if not any(_is_about(op, place) for op in edit.ops):
            continue
        last = kept[-1] if kept else None
        is_undone = last is not None and edit.undoes == last.edit_id and edit.ops == last.inverse
        if is_undone and edit.edit_id not in named:
            kept.pop()
        else:
            kept.append(edit)
    return kept


def _is_about(op: Op, place: Place) -> bool:
    match op:
        case Set(item_id, name, _) | Text(item_id, name, _):
            return (item_id, name) == place
        case Insert(item):
            return item.id == place[0]
    return False


def _value_before(place: Place, history: Sequence[Done], value: Value) -> Value:
    """What a field held before a history, at whose end it holds `value`."""
    item_id, name = place
    for edit in reversed(history):
        for op in edit.inverse:
            match op:
                case Set(other, field, before) if (other, field) == place:
                    value = before
                case Text(other, field, delta) if (other, field) == place:
                    value = text.apply(_text_of(value), delta)
                case Insert(item) if item.id == item_id:
                    value = item.fields.get(name)
    return value
