"""No token is ever logged: not by us, nor by a library, nor in the traceback of a fault."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import socketio

from collab.domain.bands import User
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.log import Log, logged
from tests.support.members import Member, member, set_
from tests.support.polling import polling
from tests.support.serving import RunningEngine

pytestmark = pytest.mark.asyncio

LIBRARIES = ("engineio", "socketio", "collab.socketio", "sqlalchemy.engine", "multipart", "asyncio")


@contextmanager
def everything_logged() -> Iterator[Log]:
    """The log at DEBUG, with libraries that somebody has made say all that they can."""
    before = {name: logging.getLogger(name).level for name in LIBRARIES}
    with logged("DEBUG") as log:
        for name in LIBRARIES:
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            yield log
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)


def _told(log: Log, tokens: list[str]) -> list[str]:
    """The tokens of which a part is in the log, however its lines are broken."""
    text = "".join(log.text.split())
    return [token for token in tokens for part in (token[:40], token.split(".")[-1][:20]) if part and part in text]


async def _refused(server: RunningEngine, token: Any) -> None:
    someone = Member("ada")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await someone.connect(server.url, {"token": token})
    await someone.forget()


async def test_no_token_is_logged_on_any_way_that_it_takes(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    good, renewed, expired = server.token("ada"), server.token("ada", ttl_s=7_200), server.token("ada", ttl_s=-60)
    operator, forged = server.token("olga", is_operator=True), f"{server.token('ada')[:-6]}AAAAAA"
    with everything_logged() as log:
        for bad in (expired, forged, f"{good}.{good}", good * 20):
            await _refused(server, bad)
        late = Member("ada")
        await late.connect(server.url)
        await late.refused("authenticate", {"token": forged})
        await late.refused("authenticate", {"token": good, "extra": 1})
        await late.refused("edit_content", {"token": good})
        await late.ok("authenticate", {"token": good})
        await late.ok("authenticate", {"token": renewed})
        await late.close()
        async with member(server, "ada") as ada:
            await ada.edit(gig.setlist_id, 0, set_("iko", "title", good))
        async with polling(server.url) as client:
            await client.connect(good)
        async with polling(server.url) as client:
            await client.send(f"40{{{good}")
            await client.send(good)
        async with server.rest(None) as rest:
            for header in (f"Bearer {good}", f"Bearer {forged}", good, f"Basic {good}"):
                await rest.get("/api/me", headers={"Authorization": header})
            await rest.get(f"/api/contents/{good}", headers={"Authorization": f"Bearer {good}"})
            await rest.get("/admin/login")
            await rest.post("/admin/login", data={"username": "x", "password": operator})
            rest.cookies.set("collab_admin", operator)
            await rest.get("/admin/")
    # The test's own client logs the addresses that it calls.
    log.stream.seek(0)
    lines = [line for line in log.stream if not line.startswith("HTTP Request:")]
    log.stream.seek(0)
    log.stream.truncate()
    log.stream.writelines(lines)
    assert "sqlalchemy" in log.text.lower() or "BEGIN" in log.text
    assert _told(log, [good, renewed, expired, forged, operator]) == []


async def test_no_token_is_in_the_traceback_of_a_fault(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def trip(_user: User) -> None:
        raise RuntimeError("a fault of the server")

    token = server.token("ada")
    with everything_logged() as log:
        late = Member("ada")
        await late.connect(server.url)
        monkeypatch.setattr(server.engine.membership, "welcome", trip)
        assert (await late.refused("authenticate", {"token": token}))["code"] == "unavailable"
        await late.close()
        await _refused(server, token)
        async with server.rest("ada") as rest:
            assert (await rest.get("/api/me")).status_code == 503
        assert log.text.count("RuntimeError: a fault of the server") == 3
    assert _told(log, [token]) == []
