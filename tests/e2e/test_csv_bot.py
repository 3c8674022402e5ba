"""The bot of the docs is the one that is run here, and does what they say."""

from pathlib import Path

import pytest

from collab.client import CollabClient
from collab.domain.errors import Invalid
from tests.conftest import Gig
from tests.docs.pages import DOCS, section
from tests.examples import csv_bot
from tests.support.serving import RunningEngine


def test_the_page_shows_the_bot() -> None:
    shown = section(DOCS / "embed.md", "Bots and scripts: the Python SDK")
    assert f"```python\n{Path(csv_bot.__file__).read_text()}```" in shown


@pytest.mark.asyncio
async def test_the_bot_adds_every_song_of_the_file(server: RunningEngine, gig: Gig, tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    file.write_text('title,key,tempo\nTipitina,F,\n"Li\'l Liza Jane",Bb,132\n', encoding="utf-8")
    await csv_bot.add_songs(server.url, server.token("ben"), gig.setlist_id, csv_bot.read_songs(str(file)))
    async with CollabClient(server.url, server.token("ada")) as ada:
        setlist = await ada.open(gig.setlist_id)
        assert [item.fields for item in setlist.document.ordered()][-2:] == [
            {"title": "Tipitina", "key": "F"},
            {"title": "Li'l Liza Jane", "key": "Bb", "tempo": 132},
        ]


@pytest.mark.asyncio
async def test_the_bot_fails_where_a_song_is_refused(server: RunningEngine, gig: Gig) -> None:
    with pytest.raises(Invalid, match="expected a key"):
        await csv_bot.add_songs(server.url, server.token("ben"), gig.setlist_id, [{"title": "Tipitina", "key": "H"}])
