"""The edits of a band, and of contents by their titles, come one page after the other with none missing or twice."""

from datetime import UTC, datetime, timedelta

import pytest

from collab.domain.bands import User
from collab.domain.errors import Invalid
from collab.domain.ot.ops import Set
from collab.engine import Engine
from collab.services.browsing import Wanted
from tests.support.clock import ManualClock
from tests.support.serving import settings_for

ADA = User("ada", "Ada")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 9
"""Edits of each content in one instant: more than a page has."""


@pytest.mark.asyncio
async def test_pages_of_the_edits_of_several_contents(any_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.storage.browsing.PAGE_ROWS", 4)
    clock = ManualClock(BEGIN)
    engine = Engine(settings_for(any_database_url), clock=clock)
    made: list[tuple[datetime, str, int]] = []
    titles: dict[str, str] = {}
    async with engine.running():
        ours = (await engine.membership.create_band(ADA, "Blue Nile")).id
        other = (await engine.membership.create_band(ADA, "Panama")).id
        for band_id, title in ((ours, "Friday"), (ours, "Fringe"), (ours, "Sunday"), (other, "Friday")):
            content = await engine.contents.create(ADA, band_id, "setlist", title)
            titles[content.id] = f"{band_id}/{title}"
        for minute in range(3):
            clock.advance(60)
            for content_id in titles:
                # The second has none in the last minute: it comes in on a later page.
                for number in range(0 if minute == 2 and titles[content_id].endswith("Fringe") else AT_ONCE):
                    version = minute * AT_ONCE + number
                    edit_id, ops = f"{content_id[:24]}{version:012}", (Set(None, "venue", f"Venue {version}"),)
                    await engine.editing.edit(ADA, None, content_id, edit_id=edit_id, base_version=version, ops=ops)
                    made.append((clock.now(), content_id, version + 1))

        async def listed(wanted: Wanted) -> list[tuple[str, int]]:
            found: list[tuple[str, int]] = []
            after = None
            while True:
                page = await engine.browser.page(
                    "edits", Wanted(wanted.filters, wanted.begins, wanted.since, wanted.until, after)
                )
                found += [(row[4], row[5]) for row in page.rows]
                if (after := page.next_after) is None:
                    return found

        def expected(names: tuple[str, ...], since: datetime, until: datetime) -> list[tuple[str, int]]:
            meant = [edit for edit in made if titles[edit[1]] in names and since <= edit[0] <= until]
            return [(content_id, version) for _, content_id, version in sorted(meant, reverse=True)]

        of_band = (f"{ours}/Friday", f"{ours}/Fringe", f"{ours}/Sunday")
        second = BEGIN + timedelta(minutes=2)
        for since, until in ((None, None), (second, None), (None, second), (second, second)):
            limits = since or BEGIN, until or clock.now()
            assert await listed(Wanted({"band_id": ours}, None, since, until)) == expected(of_band, *limits)
            by_title = expected((f"{ours}/Friday", f"{other}/Friday", f"{ours}/Fringe"), *limits)
            assert await listed(Wanted({}, "Fri", since, until)) == by_title
            assert (await engine.browser.count("edits", Wanted({}, "Fri", since, until))).number == len(by_title)
        assert await listed(Wanted({"band_id": "nobody's"})) == []
        with pytest.raises(Invalid):
            await engine.browser.page("edits", Wanted({"band_id": ours}, "Fri"))
