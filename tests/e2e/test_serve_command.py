"""`collab serve` and `demo` where they can't serve."""

import socket

import pytest

from tests.support.commands import run


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
