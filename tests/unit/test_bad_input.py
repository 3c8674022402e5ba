"""Input of which nothing is right: the work that it makes has a bound, however much is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import current_thread, main_thread
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from collab.domain.bands import User
from collab.domain.errors import MAX_PROBLEMS, Invalid
from collab.domain.fields import Line
from collab.domain.kinds import Kind, Kinds
from collab.domain.ot.ops import Item, Set, Value
from collab.engine import Engine
from collab.protocol.base import MAX_FINDINGS, MAX_KEYS, validate
from collab.protocol.requests import EDIT_CONTENT, MAX_OPS
from collab.protocol.rest import CreateContent
from collab.services.bands.contents import SMALL_SEED
from tests.support.serving import settings_for

ADA = User("ada", "Ada")
EDIT_ID = "00000000-0000-4000-8000-000000000001"
UNKNOWN = dict.fromkeys((f"u{number}" for number in range(90_000)), 1)


@dataclass
class Asked:
    """A host's own type, which takes nothing and knows how often, and where, it was asked."""

    is_wrong: bool = True
    on_loop: list[bool] = field(default_factory=list)

    def problem(self, value: Value) -> str | None:
        self.on_loop.append(current_thread() is main_thread())
        return "expected another value" if self.is_wrong else None


def kinds(asked: Asked) -> Kinds:
    fields: Mapping[str, Any] = {"title": Line(), **dict.fromkeys((f"f{number}" for number in range(900)), asked)}
    return Kinds(Kind("odd", fields=fields, item_types={"thing": fields}))


def things(count: int, fields: int) -> list[Item]:
    given = dict.fromkeys((f"f{number}" for number in range(fields)), 1)
    return [Item(f"i{number}", "thing", f"a{number:04}5", given) for number in range(count)]


@pytest.mark.asyncio
async def test_nobody_looks_for_more_problems_than_are_told(database_url: str) -> None:
    asked = Asked()
    engine = Engine(settings_for(database_url), kinds(asked))
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile")
        with pytest.raises(Invalid, match="at least 99 more") as of_a_seed:
            await engine.contents.create(ADA, band.id, "odd", "x", {}, things(1_000, 900))
        assert len(asked.on_loop) == len(of_a_seed.value.details) == MAX_PROBLEMS
        asked.on_loop.clear()
        content = await engine.contents.create(ADA, band.id, "odd", "x")
        ops = tuple(Set(None, f"f{number % 900}", 1) for number in range(MAX_OPS))
        with pytest.raises(Invalid, match="at least 99 more") as of_an_edit:
            await engine.editing.edit(ADA, None, content.id, edit_id=EDIT_ID, base_version=0, ops=ops)
        assert len(asked.on_loop) == len(of_an_edit.value.details) == MAX_PROBLEMS


@pytest.mark.asyncio
async def test_a_seed_that_takes_a_while_is_not_checked_on_the_event_loop(database_url: str) -> None:
    asked = Asked(is_wrong=False)
    engine = Engine(settings_for(database_url), kinds(asked))
    async with engine.running():
        band = await engine.membership.create_band(ADA, "Blue Nile")
        await engine.contents.create(ADA, band.id, "odd", "x", {}, things(SMALL_SEED + 1, 10))
    assert asked.on_loop == [False] * (SMALL_SEED + 1) * 10


def edit(op: Any, count: int = 1) -> Any:
    return {"room_id": "content_x", "edit_id": EDIT_ID, "base_version": 0, "ops": [op] * count}


WRONG = {"op": "set", **dict.fromkeys(("item", "field", "x", "y", "z"), 1)}


@pytest.mark.parametrize(
    "payload",
    [
        edit({"op": "set", "item": None, "field": "key", "value": 1, **UNKNOWN}),
        edit({"op": "insert", "item": {"id": "x", "type": "song", "position": "a0", **UNKNOWN}}),
        edit(WRONG, MAX_OPS),
        {**edit(WRONG), **UNKNOWN},
    ],
)
def test_of_an_event_with_thousands_of_problems_none_is_told(payload: Any) -> None:
    with pytest.raises(Invalid, match=r"expected a payload of this event, got one with \d+ problems") as refused:
        validate(EDIT_CONTENT, payload)
    assert len(refused.value.problems) == 1


def test_of_an_event_with_a_few_problems_all_are_told() -> None:
    with pytest.raises(Invalid) as refused:
        validate(EDIT_CONTENT, edit(WRONG, MAX_FINDINGS // 10))
    assert {problem.path for problem in refused.value.problems} >= {"ops.0.x", "ops.1.z"}


@pytest.mark.parametrize(
    "document",
    [
        {"items": [{"type": "song", **UNKNOWN}]},
        {"items": [{"type": 1, "position": 2, **dict.fromkeys("abcdefgh", 3)}] * 10_000},
        {"items": [{"type": "song", "fields": {}, **dict.fromkeys(map(str, range(90)), 3)}] * 10_000},
        UNKNOWN,
    ],
)
def test_pydantic_finds_little_in_a_body_however_much_is_wrong(document: Any) -> None:
    for body in ({"document": document}, {"document": {}, **UNKNOWN}):
        with pytest.raises(ValidationError) as refused:
            TypeAdapter(CreateContent).validate_python({"kind": "setlist", "title": "x", **body})
        assert refused.value.error_count() <= MAX_KEYS
