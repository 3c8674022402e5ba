"""The TypeScript SDK against the real server; more of it with a Hypothesis profile that tries more."""

import json
from pathlib import Path
from typing import Any

import pytest

from collab.client.events import Edited, Notice, Overwritten, Overwrote, Reloaded, Saved
from collab.domain.ot.edits import Author, Edit
from collab.storage.readers import StoredHistory
from tests.conftest import make_gig
from tests.support.clashes import Clashes
from tests.support.examples import is_thorough
from tests.support.serving import serving, settings_for
from tests.web.node import run_vitest

PEOPLE = ("ada", "ben", "ada")
SEEDS = range(1, 101 if is_thorough() else 5)
TURNS = 250 if is_thorough() else 100


# As long as its own three tests may take on a busy machine.
@pytest.mark.timeout(300)
@pytest.mark.asyncio
@pytest.mark.parametrize("seed", SEEDS)
async def test_members_at_random_over_bad_lines_end_with_one_document_and_are_told_what_happened(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    report = tmp_path / "report.json"
    async with serving(settings_for(database_url, rate_limits=False)) as server:
        setlist_id = (await make_gig(server)).setlist_id
        live = {
            "url": server.url,
            "members": [(user, server.token(user)) for user in PEOPLE],
            "contentId": setlist_id,
            "seed": seed,
            "turns": TURNS,
            "report": str(report),
        }
        await run_vitest(json.dumps(live))
        reader = StoredHistory(server.engine.reading)
        edits = await reader.edits(setlist_id, 0, 1_000_000)
        clashes = Clashes(await reader.document(setlist_id, 0), edits)
    assert [edit.version for edit in edits] == list(range(1, len(edits) + 1))
    for member in json.loads(report.read_text()):
        heard = [notice for body in member["told"] for notice in notices_of(body)]
        told = [notice for notice in heard if isinstance(notice, Saved | Overwrote | Overwritten)]
        assert clashes.are_based_on_what_was_seen(member["made"])
        expected = clashes.told(member["user"], member["made"], heard, member["since"])
        assert sorted(map(repr, told)) == sorted(map(repr, expected))


def notices_of(body: dict[str, Any]) -> list[Notice]:
    """What the TypeScript SDK told, in the words of Python's."""
    match body["type"]:
        case "saved":
            return [Saved(body["editId"], body["version"])]
        case "edited":
            return [Edited(Edit.from_json(body["edit"]), ())]
        case "reloaded":
            return [Reloaded(body["version"])]
        case "overwrote":
            return [Overwrote(body["editId"], *clash_of(body))]
        case "overwritten":
            return [Overwritten(*clash_of(body))]
    return []


def clash_of(body: dict[str, Any]) -> Any:
    names = ("item", "field", "mine", "theirs")
    return *(body.get(name) for name in names), Author.from_json(body["by"]), body["version"]
