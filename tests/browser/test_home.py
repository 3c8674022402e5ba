"""A band's first page: its gigs in order, who is in them, what is put away, and what is made from them."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.test_offline import is_kept_on_the_device
from tests.browser.test_shared_device import KEPT
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_gigs_stand_by_their_date_with_where_how_long_and_who_is_in_them(hall: Hall) -> None:
    path = f"/api/bands/{hall.gig.band_id}/contents"
    async with hall.server.rest("ada") as rest:
        for title, date in (("Carnival", "2099-02-17"), ("New Year", "2098-12-31"), ("Last year", "2020-01-01")):
            items = [{"type": "song", "fields": {"title": "Iko Iko", "duration": 5_400}}]
            document = {"fields": {"date": date, "venue": "Tipitina's"}, "items": items}
            made = await rest.post(path, json={"kind": "setlist", "title": title, "document": document})
            made.raise_for_status()
    ben = await hall.page("ben", at="band")
    await ben.open_setlist("Carnival")
    ada = await hall.page("ada", at="band", is_phone=True)
    setlists = ada.tab.get_by_role("region", name="Setlists").get_by_role("link")
    await expect(setlists.first).to_contain_text("New Year")
    titles = await setlists.locator("strong").all_inner_texts()
    assert titles == ["New Year", "Carnival", "Friday", "Last year"]
    await expect(setlists.nth(1)).to_contain_text("17 Feb 2099 · Tipitina's · 1 h 30")
    await expect(setlists.nth(1)).to_contain_text("In it now: Ben")


async def test_a_setlist_is_archived_brought_back_and_made_the_template_of_another(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.write("Venue", "Tipitina's")
    await ada.sees_saved()
    await ada.more("Another night like this")
    await expect(ada.field("Title")).to_have_value("Like Friday")
    await expect(ada.field("Venue")).to_have_value("")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await ada.more("Archive")
    await expect(ada.toast("Like Friday is archived.")).to_be_visible()
    setlists = ada.tab.get_by_role("region", name="Setlists").get_by_role("link")
    await expect(setlists).to_have_count(1)
    await ada.button("Archived").click()
    await ada.button("Bring Like Friday back").click()
    await expect(ada.tab.get_by_text("Nothing is archived.")).to_be_visible()
    await ada.button("Close").click()
    await expect(setlists).to_have_count(2)


async def test_a_double_click_makes_one_setlist(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    await ada.button("New setlist").last.dblclick()
    await ada.sees_saved()
    async with hall.server.rest("ada") as rest:
        contents = (await rest.get(f"/api/bands/{hall.gig.band_id}/contents")).json()["contents"]
    assert [content["title"] for content in contents if content["kind"] == "setlist"] == ["Friday", "New setlist"]


async def test_the_next_gigs_are_there_in_the_van_though_nobody_has_opened_them(hall: Hall) -> None:
    ada = await hall.page("ada", at="band", is_phone=True)
    await is_kept_on_the_device(ada)

    async def is_there() -> bool:
        return any(hall.gig.setlist_id in str(key) for key in await ada.tab.evaluate(KEPT))

    await until(is_there)
    await ada.cut_line()
    await ada.open_setlist("Friday")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])


async def test_by_plain_http_the_page_says_what_it_can_not_do(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    await expect(ada.tab.get_by_role("note")).to_have_count(0)
    await ada.tab.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    await ada.tab.reload()
    await expect(ada.tab.get_by_role("note")).to_contain_text("By https it does both.")


async def test_the_page_is_an_app_on_a_phone(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    manifest = await ada.tab.evaluate("fetch('/manifest.webmanifest').then((answer) => answer.json())")
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "./", "./")
    shown = [icon["src"] for icon in manifest["icons"]] + ["apple-touch-icon.png"]
    sizes = await ada.tab.evaluate(
        """(sources) => Promise.all(sources.map(async (source) => {
            const image = new Image();
            image.src = source;
            await image.decode();
            return image.naturalWidth;
        }))""",
        shown,
    )
    assert sizes == [192, 512, 512, 180]
