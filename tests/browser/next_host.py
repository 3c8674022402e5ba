"""The Next.js example, installed with the package as it is published, built and played: `uv run poe next`.

It takes a package index and a minute, so that CI has a job for it. Next checks the types, too, the
package's among them.
"""

import asyncio
import os
import shutil
import socket
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from playwright.async_api import Route, async_playwright

from collab.storage.migrate import migrate
from tests.bench.measuring import free_port
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.hosts import NEXT, npm, packed, query, two_members_edit
from tests.conftest import make_gig
from tests.javascript import NODE
from tests.support.serving import SECRET, serving, settings_for, sqlite_url
from tests.support.waiting import until


def installed(folder: Path) -> Path:
    """The example with all that it needs, built."""
    host = folder / "host"
    shutil.copytree(NEXT, host)
    npm("install", "--no-audit", "--no-fund", str(packed(folder)), cwd=host)
    npm("run", "build", cwd=host)
    return host


async def play(folder: Path) -> None:
    """Two members edit in it."""
    host, port, url = installed(folder), free_port(), sqlite_url(folder / "collab.db")
    migrate(url)
    site = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(settings_for(url, allowed_origins=(site,))))
        gig = await make_gig(server)
        environment = {**os.environ, "COLLAB_URL": server.url, "COLLAB_JWT_SECRET": SECRET}
        command: tuple[str | Path, ...] = (
            NODE,
            host / "node_modules" / "next" / "dist" / "bin" / "next",
            "start",
            "-p",
            str(port),
        )
        process = await asyncio.create_subprocess_exec(*command, cwd=host, env=environment)
        stack.push_async_callback(process.wait)
        stack.callback(process.terminate)
        await until(lambda: _answers(port))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)

        async def ask(user_id: str, route: Route) -> None:
            # As the proxy would that the example stands behind.
            who = {"x-user-id": user_id, "x-user-name": user_id.capitalize()}
            await route.continue_(headers={**route.request.headers, **who})

        await two_members_edit(browser, lambda user_id: f"{site}/{query(gig, user_id)}", ask)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="collab-next-") as temporary:
        asyncio.run(play(Path(temporary)))
