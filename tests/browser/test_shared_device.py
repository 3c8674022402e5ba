"""A device that several people use: what is kept on it opens to who the server has let in there, and to nobody else."""

import base64
import json

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_offline import is_kept_on_the_device

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT = """async () => {
  const kept = Object.keys(localStorage).filter((key) => key !== "collab-theme");
  for (const { name } of await indexedDB.databases()) {
    const opened = indexedDB.open(name);
    await new Promise((resolve) => (opened.onsuccess = resolve));
    for (const store of opened.result.objectStoreNames) {
      const keys = opened.result.transaction(store).objectStore(store).getAllKeys();
      await new Promise((resolve) => (keys.onsuccess = resolve));
      kept.push(...keys.result);
    }
    opened.result.close();
  }
  return kept;
}"""


def made_up(user_id: str) -> str:
    """A token that nobody has signed."""
    parts: list[dict[str, object]] = [{"alg": "none"}, {"sub": user_id, "exp": 9_999_999_999}, {}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


async def come_with(page: Page, link: str) -> None:
    """Closes the tab, and opens another link in a new one."""
    page.link = link
    await page.reopen()


async def test_a_made_up_token_opens_nothing_that_is_kept(hall: Hall) -> None:
    ada = await hall.page("ada")
    link = ada.link
    await ada.write("Venue", "Tipitina's")
    await ada.sees_saved()
    await is_kept_on_the_device(ada)
    await ada.cut_line()
    await come_with(ada, f"{hall.server.url}/#token={made_up('ada')}")
    await expect(ada.tab.get_by_role("heading", name="No connection")).to_be_visible()
    await ada.tab.goto(f"{hall.server.url}/#/{hall.gig.band_id}/{hall.gig.setlist_id}")
    await expect(ada.tab.get_by_role("heading", name="No connection")).to_be_visible()
    await expect(ada.tab.get_by_text("Blue Nile")).to_have_count(0)

    # Nor does it take away what is another's.
    await ada.mend_line()
    await expect(ada.tab.get_by_role("heading", name="This link has run out")).to_be_visible()
    await ada.button("Sign out").click()
    await expect(ada.tab.get_by_role("heading", name="Open your link")).to_be_visible()
    await ada.cut_line()
    await come_with(ada, link)
    await ada.open_setlist("Friday")
    await expect(ada.field("Venue")).to_have_value("Tipitina's")
    ada.faults = [fault for fault in ada.faults if "401" not in fault]


async def test_who_signs_out_leaves_nothing_on_the_device_in_any_tab(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.write("Venue", "Tipitina's")
    await ada.sees_saved()
    other = await ada.context.new_page()
    await other.goto(ada.link)
    await other.get_by_role("region", name="Setlists").wait_for()
    assert await ada.tab.evaluate(KEPT) != []

    await ada.tab.get_by_role("navigation").get_by_role("link", name="Blue Nile").click()
    await ada.button("Sign out").click()
    for tab in (ada.tab, other):
        await expect(tab.get_by_role("heading", name="Open your link")).to_be_visible()
        assert await tab.evaluate("sessionStorage.getItem('collab-token')") is None
    assert await ada.tab.evaluate(KEPT) == []
    await is_kept_on_the_device(ada)
    await ada.cut_line()
    await come_with(ada, ada.link)
    await expect(ada.tab.get_by_role("heading", name="No connection")).to_be_visible()


async def test_who_signs_out_with_edits_that_are_not_sent_is_asked(hall: Hall) -> None:
    ada = await hall.page("ada")
    await is_kept_on_the_device(ada)
    await ada.cut_line()
    await ada.write("Venue", "Tipitina's")
    await ada.sees_saving("offline", "1 edit waiting")
    await ada.tab.get_by_role("navigation").get_by_role("link", name="Blue Nile").click()
    await ada.button("Sign out").click()
    toast = ada.toast("One edit that is not sent yet is lost if you sign out now.")
    await expect(toast).to_be_visible()
    await toast.get_by_role("button", name="Sign out").click()
    await expect(ada.tab.get_by_role("heading", name="Open your link")).to_be_visible()
    await ada.mend_line()
    assert await ada.tab.evaluate(KEPT) == []
