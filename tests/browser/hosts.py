"""Host applications that install the package as it is published to npm, and two members who edit together in one."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Route, expect
from playwright.async_api import Page as BrowserPage

from tests.conftest import Gig
from tests.javascript import NODE
from tests.web.node import WEB

NEXT = WEB / "examples" / "next"

OnToken = Callable[[str, Route], Awaitable[None]]
"""Answers, for a user, what the page asks its own server for: a token."""


def packed(to: Path) -> Path:
    """The tarball that is published, made anew in a folder."""
    npm("run", "package", cwd=WEB)
    npm("pack", "--pack-destination", str(to), cwd=WEB / "npm")
    [tarball] = to.glob("*.tgz")
    return tarball


def vite_site(tarball: Path) -> Path:
    """A folder to serve: a page that Vite made with the package, as it is in a tarball, and the Next.js example's list.

    All else that a host installs is there already, beside it: a copy of React for one, of which there may be no second.
    """
    host = WEB / "node_modules" / ".hosts" / "vite"
    shutil.rmtree(host, ignore_errors=True)
    shutil.copytree(Path(__file__).parent / "vite_host", host)
    shutil.copy(NEXT / "app" / "Setlist.tsx", host)
    with tarfile.open(tarball) as archive:
        archive.extractall(host / "node_modules", filter="data")
    (host / "node_modules" / "package").rename(host / "node_modules" / "collab-bands")
    _run(NODE, WEB / "node_modules" / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn", cwd=host)
    return host / "dist"


async def two_members_edit(browser: Browser, link: Callable[[str], str], on_token: OnToken) -> None:
    """Ada gives the first song another key, Ben sees it and takes his own edit back; each sees who is there."""
    async with AsyncExitStack() as stack:
        ada = await stack.enter_async_context(_page(browser, link("ada"), "ada", on_token))
        ben = await stack.enter_async_context(_page(browser, link("ben"), "ben", on_token))
        for page in (ada, ben):
            await expect(page.get_by_label("Key").first).to_be_visible()
            await expect(page.locator("b")).to_have_text(["Ada", "Ben"])
        await ada.get_by_label("Key").first.fill("G")
        await expect(ben.get_by_label("Key").first).to_have_value("G")
        await ben.get_by_label("Key").first.fill("Ab")
        await expect(ada.get_by_label("Key").first).to_have_value("Ab")
        await ben.get_by_role("button", name="Undo").click()
        await expect(ada.get_by_label("Key").first).to_have_value("G")


async def two_members_write(browser: Browser, link: Callable[[str], str], on_token: OnToken) -> None:
    """Ada and Ben write in one title, by the page's own parts in the host's own colours."""
    async with AsyncExitStack() as stack:
        ada = await stack.enter_async_context(_page(browser, link("ada"), "ada", on_token))
        ben = await stack.enter_async_context(_page(browser, link("ben"), "ben", on_token))
        for page, end in ((ada, "Home"), (ben, "End")):
            await expect(page.locator("[data-saving=saved]")).to_be_visible()
            await page.get_by_label("Title").press(end)
        await ada.keyboard.type("Black ")
        await ben.keyboard.type(" night")
        for page, other in ((ada, "ben"), (ben, "ada")):
            await expect(page.get_by_label("Title")).to_have_value("Black Friday night")
            await expect(page.locator(".cursor")).to_have_attribute("data-user", other)
            await expect(page.get_by_label("Title")).to_have_css("outline-color", "rgb(1, 2, 3)")


def imported(name: str, tarball_site: Path) -> None:
    """Imports a part of the package where no page is, as a server does that renders one."""
    _run(NODE, "--input-type=module", "-e", f"await import('{name}')", cwd=tarball_site.parent)


def query(gig: Gig, user_id: str) -> str:
    return f"?content={gig.setlist_id}&user={user_id}"


def npm(*arguments: str, cwd: Path) -> None:
    _run(NODE, NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *arguments, cwd=cwd)


@asynccontextmanager
async def _page(browser: Browser, link: str, user_id: str, on_token: OnToken) -> AsyncIterator[BrowserPage]:
    context = await browser.new_context()
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.route("**/api/collab-token", lambda route: on_token(user_id, route))
    await page.goto(link)
    yield page
    await context.close()
    assert faults == []


def _run(*command: str | Path, cwd: Path) -> None:
    # npm's scripts run under the first `node` of the PATH.
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
