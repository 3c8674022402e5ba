"""The Next.js example: its types are checked with the front end's own, its tokens are good, and the docs show it."""

import json
import subprocess

import pytest

from tests.docs.pages import DOCS
from tests.javascript import NODE
from tests.support.serving import SECRET, Running
from tests.web.node import WEB

NEXT = WEB / "examples" / "next"

ASK = """
const { GET } = await import(process.argv[1]);
const answer = await GET(new Request("http://localhost/api/collab-token", { headers: JSON.parse(process.argv[2]) }));
console.log(JSON.stringify([answer.status, await answer.text()]));
"""


def _ask(headers: dict[str, str], secret: str) -> tuple[int, str]:
    route = NEXT / "app" / "api" / "collab-token" / "route.ts"
    command = [str(NODE), "--input-type=module", "--eval", ASK, route.as_uri(), json.dumps(headers)]
    done = subprocess.run(
        command, env={"COLLAB_JWT_SECRET": secret}, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    status, body = json.loads(done.stdout)
    return status, body


@pytest.mark.asyncio
async def test_the_token_of_its_route_lets_its_user_in(server: Running) -> None:
    status, token = _ask({"x-user-id": "ada", "x-user-name": "Ada Ünlü"}, SECRET)
    assert status == 200
    async with server.rest(None) as rest:
        me = (await rest.get("/api/me", headers={"Authorization": f"Bearer {token}"})).json()
    assert (me["user"]["id"], me["user"]["name"]) == ("ada", "Ada Ünlü")


def test_who_is_not_logged_in_gets_no_token() -> None:
    assert _ask({}, SECRET) == (401, "")
    assert _ask({"x-user-id": "ada"}, "") == (503, "")


def test_the_page_shows_the_route() -> None:
    assert f"```ts\n{(NEXT / 'app/api/collab-token/route.ts').read_text()}```" in (DOCS / "embed.md").read_text()


def test_its_types_are_checked_with_the_front_end_s() -> None:
    assert "examples" in json.loads((WEB / "tsconfig.json").read_text())["include"]
