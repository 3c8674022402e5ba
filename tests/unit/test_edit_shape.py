"""An edit's shape: what `Edit` states, the wire, the models and the table have, all of it and nothing else."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from collab.domain.ot.edits import Author, Dropped, Edit, Overwrite
from collab.domain.ot.ops import Remove, Set
from collab.protocol import models
from collab.storage import tables
from collab.storage.rows import SELECT_TOLD_EDITS, edit_of, row_of

ADA, BEN = Author("ada", "Ada"), Author("ben", "Ben")
AT = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)

FULL = Edit(
    content_id="c1",
    version=7,
    edit_id="0193b1f2-04c1-7f0b-8a3e-2f6d0c9b7e51",
    base_version=5,
    author=ADA,
    session_id="kX2hT9wqLr5mAAAB",
    ops=(Set("iko", "key", "G"),),
    inverse=(Set("iko", "key", "F"),),
    at=AT,
    undoes="0193b1f2-04c1-7f0b-8a3e-2f6d0c9b7e50",
    dropped=(Dropped(1, "item_removed"),),
    overwrote=(Overwrite(0, 6, BEN, "F"),),
)

KEPT_TO_ITSELF = {"inverse": (), "dropped": (), "overwrote": ()}
"""What nobody is told but the author, in the answer."""


def _told(edit: Edit) -> dict[str, Any]:
    return {field.name: getattr(edit, field.name) for field in fields(edit)} | KEPT_TO_ITSELF


def test_the_edit_of_this_test_has_a_value_of_its_own_in_every_field() -> None:
    bare = Edit("", 0, "", 0, BEN, None, (), (), AT.replace(year=1))
    assert [field.name for field in fields(Edit) if getattr(FULL, field.name) == getattr(bare, field.name)] == []


def test_what_travels_is_all_that_everybody_may_know() -> None:
    body = json.loads(json.dumps(FULL.to_json()))
    assert Edit.from_json(body) == Edit(**_told(FULL))
    assert set(body) == set(models.Edit.model_fields)


def test_a_row_has_all_of_an_edit() -> None:
    assert set(row_of(FULL, AT)) == set(tables.edits.c.keys())
    assert edit_of(_read(row_of(FULL, AT))) == FULL


def test_a_told_row_has_all_that_everybody_may_know() -> None:
    assert set(SELECT_TOLD_EDITS.selected_columns.keys()) == {*tables.edits.c.keys(), "author_name"}
    assert edit_of(_read(row_of(FULL, AT) | dict.fromkeys(KEPT_TO_ITSELF))) == Edit(**_told(FULL))


def test_an_edit_that_has_only_what_each_must_have_is_read_too() -> None:
    bare = Edit("c1", 1, FULL.edit_id, 0, ADA, None, (Remove("iko"),), (), AT)
    assert Edit.from_json(bare.to_json()) == bare
    assert edit_of(_read(row_of(bare, AT))) == bare


def _read(row: dict[str, Any]) -> Any:
    """A row as SQLAlchemy reads it, which knows the author's name from the users."""
    lists = ("ops", "inverse", "dropped", "overwrote")
    values = {name: json.loads(value) if name in lists and value else value for name, value in row.items()}
    return SimpleNamespace(**values, author_name=ADA.name)
