"""`collab history` beside a running server."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from collab.cli import cli
from collab.commands.history import print_history
from collab.commands.times import duration, since_when
from collab.domain.errors import NotFound
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.commands import collab, line_of
from tests.support.members import member, set_
from tests.support.serving import Running


@pytest.mark.asyncio
async def test_the_history_reads_as_sentences_and_follows_what_comes(
    server: Running, gig: Gig, database_url: str
) -> None:
    async with member(server, "ben") as ben:
        await ben.edit(gig.setlist_id, 0, {"op": "move", "item": "saints", "position": "Zz"})
        async with collab(database_url, "history", "Friday", "--follow") as following:
            assert (await line_of(following)).endswith("Ben moved 'When the Saints' from 3 to 1")
            edit_id = "00000000-0000-4000-8000-000000000001"
            await ben.edit(
                gig.setlist_id, 1, set_("iko", "key", "G"), set_(None, "venue", "Tipitina's"), edit_id=edit_id
            )
            told = await line_of(following)
            assert told.endswith(
                "Ben set the venue from 'Blue Nile' to 'Tipitina's'; set the key of 'Iko Iko' from F to G"
            )
            assert "\x1b" not in told
            undo = {"room_id": gig.room, "edit_id": "00000000-0000-4000-8000-000000000002", "target": edit_id}
            await ben.ok("undo_edit", undo)
            taken_back = "took back: set the venue from 'Blue Nile' to 'Tipitina's'"
            assert f"Ben {taken_back}; took back: set the key of 'Iko Iko' from F to G" in await line_of(following)


@pytest.mark.asyncio
async def test_the_history_is_narrowed_and_comes_as_json(
    server: Running, gig: Gig, database_url: str, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with member(server, "ben") as ben, member(server, "ada") as ada:
        for version, who in enumerate((ada, ben, ada, ben)):
            clock.advance(60)
            await who.edit(gig.setlist_id, version, set_("iko", "tempo", 100 + version))
        since = clock.now() - timedelta(seconds=90)
        await print_history(database_url, gig.setlist_id, "ben", since, follow=False, as_json=True)
        (edit,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert (edit["version"], edit["words"]) == (4, ["set the tempo of 'Iko Iko' from 102 to 103"])
    with pytest.raises(NotFound, match="expected the id or title of a content, got 'Monday'"):
        await print_history(database_url, "Monday", None, None, follow=False, as_json=False)


def test_what_is_wrong_on_the_command_line_is_said_in_a_sentence() -> None:
    answer = CliRunner().invoke(cli, ["history", "Friday", "--since", "yesterday"])
    assert answer.exit_code == 2
    assert answer.stderr.startswith("collab: --since: expected a number and a unit, such as 30m, 12h or 7d")


def test_times_are_typed_as_dates_or_as_so_long_ago() -> None:
    now = datetime(2026, 12, 4, 20, tzinfo=UTC)
    assert since_when("7d", now) == datetime(2026, 11, 27, 20, tzinfo=UTC)
    assert since_when("2026-12-01", now) == datetime(2026, 12, 1, tzinfo=UTC)
    assert since_when("2026-12-01T10:00+02:00", now) == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert duration("--ttl", "90m") == timedelta(minutes=90)
