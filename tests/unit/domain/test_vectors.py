"""The conformance vectors, through the domain. Their shape is told in tests/vectors/README.md."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collab.domain.errors import CollabError, Invalid
from collab.domain.kinds import KINDS
from collab.domain.ot import ops
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Edit, Proposal, Undo
from collab.domain.ot.rebase import Accepted, Conflict, Nothing, Outcome, rebase
from collab.domain.ot.undoing import undo
from tests.support.model import moved_over, stored

VECTORS = Path(__file__).parents[2] / "vectors"
NOW = datetime(2026, 12, 4, 20, 0, tzinfo=UTC)


def _cases(is_client: bool) -> list[Any]:
    files = sorted(file for file in VECTORS.glob("*.json") if (file.stem == "client") == is_client)
    return [
        pytest.param(case, id=f"{file.stem}: {case['name']}") for file in files for case in json.loads(file.read_text())
    ]


def _history(case: dict[str, Any]) -> tuple[Document, list[Edit]]:
    start = case["document"]
    document = Document.from_snapshot({"id": "content", "band_id": "band", "kind": case["kind"], "version": 0, **start})
    edits: list[Edit] = []
    for entry in case.get("history", ()):
        done, inverse, document = stored(map(ops.from_json, entry["ops"]), document)
        version = document.version
        author = Author(entry["by"], entry["by"])
        undoes = entry.get("undoes")
        edits.append(
            Edit("content", version, f"e{version}", version - 1, author, None, done, inverse, NOW, undoes=undoes)
        )
    return document, edits


def _outcome(case: dict[str, Any], document: Document, edits: list[Edit]) -> Outcome:
    kind = KINDS.get(case["kind"])
    if "undo" in case:
        asked = case["undo"]
        target = next(edit for edit in edits if edit.edit_id == asked["target"])
        author = Author(asked["by"], asked["by"])
        request = Undo("new", target.edit_id, author, None, NOW, asked.get("may_undo_others", False))
        return undo(request, target, document, edits, kind)
    asked = case["edit"]
    author = Author(asked["by"], asked["by"])
    wanted = tuple(map(ops.from_json, asked["ops"]))
    more = {name: asked.get(name) for name in ("expect", "rebased_to")}
    proposal = Proposal("new", asked["base_version"], wanted, author, None, NOW, **more)
    return rebase(proposal, document, edits[max(proposal.base_version, 0) :], kind)


def _told(case: dict[str, Any], document: Document, edits: list[Edit]) -> dict[str, Any]:
    """The outcome in the vectors' own words."""
    try:
        outcome = _outcome(case, document, edits)
    except Invalid as error:
        return {"outcome": "invalid", "paths": [problem.path for problem in error.problems]}
    except CollabError as error:
        return {"outcome": error.code}
    match outcome:
        case Accepted(edit, made):
            assert (edit.version, made.version) == (document.version + 1, document.version + 1)
            told: dict[str, Any] = {
                "outcome": "accepted",
                "ops": [op.to_json() for op in edit.ops],
                "dropped": [entry.to_json() for entry in edit.dropped],
                "overwrote": [entry.to_json() for entry in edit.overwrote],
                "document": {"fields": made.fields, "items": [item.to_json() for item in made.ordered()]},
            }
            if edit.undoes is not None:
                told["undoes"] = edit.undoes
            return told
        case Nothing(version, dropped):
            assert version == document.version
            return {"outcome": "nothing", "dropped": [entry.to_json() for entry in dropped]}
        case Conflict(version, overwrote):
            assert version == document.version
            return {"outcome": "conflict", "overwrote": [entry.to_json() for entry in overwrote]}
    raise AssertionError(f"no outcome of rebase or undo: {outcome}")


@pytest.mark.parametrize("case", _cases(is_client=False))
def test_a_server_answers_as_the_vectors_say(case: dict[str, Any]) -> None:
    document, edits = _history(case)
    expected = case["expect"]
    if expected["outcome"] == "accepted":
        expected = {"dropped": [], "overwrote": [], **expected}
    assert _told(case, document, edits) == expected


@pytest.mark.parametrize("case", _cases(is_client=True))
def test_a_client_moves_its_pending_ops_as_the_vectors_say(case: dict[str, Any]) -> None:
    pending, remote = ([ops.from_json(op) for op in case[key]] for key in ("pending", "remote"))
    assert [op.to_json() for op in moved_over(pending, remote)] == case["expect"]["pending"]


def test_every_case_has_a_name_of_its_own() -> None:
    for file in VECTORS.glob("*.json"):
        names = [case["name"] for case in json.loads(file.read_text())]
        assert len(names) == len(set(names)), file.name
