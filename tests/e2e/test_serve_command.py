"""`collab serve`: its first start, and where it can't serve."""

import re
import socket

import httpx
import pytest

from tests.support.commands import collab, line_of, run


@pytest.mark.asyncio
@pytest.mark.parametrize("command", [["serve"], ["serve", "--workers", "2"], ["demo"]], ids=" ".join)
async def test_a_port_that_is_taken_is_told_in_a_sentence(
    sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", "s" * 32)
    monkeypatch.setenv("COLLAB_BUS_URL", "redis://127.0.0.1:1")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = await run(sqlite_database_url, *command, "--port", str(port))

    assert answer == (1, "", f"collab: port {port} is taken; choose another by --port\n")


@pytest.mark.asyncio
async def test_the_first_start_prints_a_link_that_lets_the_first_owner_in(
    sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JWT_SECRET", "JWKS_URL", "JWT_PUBLIC_KEY"):
        monkeypatch.delenv(f"COLLAB_{name}", raising=False)
    link = None
    async with collab(sqlite_database_url, "serve", "--port", "0") as process:
        while link is None:
            link = re.search(r"(http://\S+)/#join=(\S+)", await line_of(process))
        async with httpx.AsyncClient(base_url=link[1]) as ada:
            answer = (await ada.post("/api/join", json={"secret": link[2], "name": "Ada"})).json()
            token = {"Authorization": f"Bearer {answer['token']}"}
            band = (await ada.post("/api/bands", json={"name": "Blue Nile"}, headers=token)).json()
        code, said, _ = await run(sqlite_database_url, "invite", band["id"], "--role", "viewer", "--uses", "2")
        invited = re.search(r"#join=(\S+)", said)
        assert invited
        async with httpx.AsyncClient(base_url=link[1]) as dex:
            joined = (await dex.post("/api/join", json={"secret": invited[1], "name": "Dex"})).json()
    assert (band["role"], code, joined["band"]["role"]) == ("owner", 0, "viewer")
    assert (await run(sqlite_database_url, "invite", "nothing"))[0] == 1
